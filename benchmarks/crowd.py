"""Recorded crowd answers, for benches and tests: the folder `MARGINALIA_DATA` names."""

import csv
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation import Answers

SETS = ("rte", "dog", "web")


def folder() -> Path:
    """Return the folder of recorded data. Raises FileNotFoundError where there is none."""
    found = Path(os.environ.get("MARGINALIA_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (found / "crowd").is_dir():
        raise FileNotFoundError(f"there is no recorded data in {found}; name its folder in MARGINALIA_DATA")
    return found


def load(name: str) -> tuple[Answers, NDArray[np.int64]]:
    """Return a set's answers, and the true class of each item, −1 where it is not recorded."""
    with (folder() / "crowd" / name / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder() / "crowd" / name / "gold.csv").open(newline="") as file:
        gold = {row["task"]: row["label"] for row in csv.DictReader(file)}
    order = sorted({row["label"] for row in rows} | set(gold.values()))
    columns = [[row[key] for row in rows] for key in ("task", "worker", "label")]
    answers, items, _, _ = Answers.coded(columns[0], columns[1], columns[2], order=order)
    place = {label: number for number, label in enumerate(order)}
    truth = np.array([place[gold[str(item)]] if item in gold else -1 for item in items])
    return answers, truth
