"""The rows that every format writes, in the manifest's order."""

from typing import Any

COLUMNS = ["sha256", "name", "split", "label", "probability", "answers", "simulated", "imported", "leaf"]


def row(entry: dict[str, Any]) -> dict[str, Any]:
    """Return one item as a flat row; `split` is train or test, and `leaf` its hash in the version's tree."""
    return {
        "sha256": entry["sha256"],
        "name": entry["name"],
        "split": entry["split"],
        "label": entry["label"],
        "probability": entry["probability"],
        "answers": entry["answers"],
        "simulated": entry["simulated"],
        "imported": entry["imported"],
        "leaf": entry["leaf"],
    }
