"""Compute anew what `tests/datasets/aggregation/test_reference.py` compares with: crowd-kit's Dawid–Skene on three crowds."""

import json
from pathlib import Path

import pandas
from crowdkit.aggregation import DawidSkene

from tests.datasets.aggregation.crowds import crowd, sparse_crowd

VECTORS = Path(__file__).resolve().parent.parent / "tests" / "datasets" / "aggregation" / "crowdkit_vectors.json"
ROUNDS = (1, 7, 30)


def main() -> None:
    """Write the answers of each crowd, and the probabilities (items × classes) after each number of rounds."""
    vectors = []
    for answers, _ in (crowd(200, seed=1), sparse_crowd(seed=2), sparse_crowd(n_classes=6, per_item=3, seed=3)):
        table = pandas.DataFrame({"task": answers.items, "worker": answers.workers, "label": answers.classes})
        shape = {"index": range(answers.n_items), "columns": range(answers.n_classes)}
        found = {
            rounds: DawidSkene(n_iter=rounds, tol=-1.0).fit_predict_proba(table).reindex(**shape).fillna(0.0)
            for rounds in ROUNDS
        }
        columns = {name: getattr(answers, name).tolist() for name in ("items", "workers", "classes")}
        counts = {name: int(getattr(answers, name)) for name in ("n_items", "n_workers", "n_classes")}
        rounded = {rounds: table.round(6).to_numpy().tolist() for rounds, table in found.items()}
        vectors.append(columns | counts | {"probabilities": rounded})
    VECTORS.write_text(json.dumps(vectors, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
