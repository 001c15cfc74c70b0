"""`python -m benchmarks NAME...`: run some benches, or all."""

import importlib
import sys
from pathlib import Path

BENCHES = sorted(
    path.stem
    for path in [*Path(__file__).parent.glob("*.py"), Path(__file__).parent / "honest"]
    if path.stem
    not in (
        "__init__",
        "__main__",
        "figure",
        "crowd",
        "prior",
        "compare",
        "crowdkit_vectors",
        "gated",
        "gold_auc",
        "pdf_kill",
        "item_search",
    )  # parts of others
)


def main() -> None:
    """Run the benches named on the command line."""
    names = [name for argument in sys.argv[1:] for name in argument.split()]
    chosen = BENCHES if "all" in names or not names else names
    if unknown := set(chosen) - set(BENCHES):
        sys.exit(f"benchmarks: there is no bench {', '.join(sorted(unknown))}; there are: {', '.join(BENCHES)}")
    for name in chosen:
        importlib.import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    main()
