"""Small charts on a run's page, as numbers for the page's own SVG."""

from typing import Any

from workers.training.models import TrainingRun


def loss_line(run: TrainingRun) -> dict[str, Any] | None:
    """Return the loss by epoch as lines in a box of 100 × 40, or None for fewer than two epochs.

    There is a line for training, and one for validation if items were kept aside for it.
    """
    losses = [entry["loss"] for entry in run.history]
    if len(losses) < 2:
        return None
    kept = [entry["validation_loss"] for entry in run.history if "validation_loss" in entry]
    top, epochs = max(losses + kept), max(run.epochs, len(losses))
    return {
        "points": _points(losses, top, epochs),
        "validation": _points(kept, top, epochs) if len(kept) == len(losses) else "",
        "first": losses[0],
        "last": losses[-1],
        "last_error": run.history[-1].get("validation_error"),
        "epochs": epochs,
    }


def _points(values: list[float], top: float, epochs: int) -> str:
    return " ".join(
        f"{100 * index / max(epochs - 1, 1):.2f},{40 - 40 * value / top if top else 40:.2f}"
        for index, value in enumerate(values)
    )


def confusion(run: TrainingRun) -> dict[str, Any]:
    """Return the confusion matrix as rows. Each cell has a shade from 0 to 5 by its share of the row."""
    if not run.result or "confusion" not in run.result:
        return {}
    names = [entry["class"] for entry in run.result["classes"]]
    rows = []
    for name, counts in zip(names, run.result["confusion"], strict=True):
        total = sum(counts)
        cells = [
            {"count": count, "shade": -(-5 * count // total) if total else 0, "right": names[column] == name}
            for column, count in enumerate(counts)
        ]
        rows.append({"name": name, "cells": cells, "total": total})
    return {"names": names, "confusion": rows}


def reliability(run: TrainingRun) -> dict[str, Any] | None:
    """Return the reliability diagram: the model's confidence against its accuracy, as dots in a box of 100 × 100.

    Returns None if the calibration is not known.
    """
    found = (run.result or {}).get("calibration")
    if not found or not found["bins"]:
        return None
    most = max(one["count"] for one in found["bins"])
    dots = [
        {
            "x": round(100 * one["sure"], 2),
            "y": round(100 - 100 * one["right"], 2),
            "r": round(1.5 + 3.5 * (one["count"] / most) ** 0.5, 2),
        }
        for one in found["bins"]
    ]
    ticks = [{"share": share, "up": 100 - share} for share in (0, 50, 100)]
    return {"dots": dots, "ticks": ticks} | {name: found[name] for name in ("error", "log_loss", "bins")}
