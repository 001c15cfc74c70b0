"""Learning curves in CSV files: one row per training run, with its training size and what was measured."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE, ERROR = "training_size", "test_error"


def read(path: Path, measure: str = ERROR) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sizes and one measure of each run, two arrays of shape (n,). A size may appear several times.

    Raises ValueError with the file, the line and the reason if it cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {SIZE, measure} <= set(reader.fieldnames or []):
                raise ValueError(f"{path}: the first line names the columns {SIZE} and {measure}.")
            rows = []
            for row in reader:
                try:
                    rows.append([float(row[name]) for name in (SIZE, measure)])
                except (TypeError, ValueError):
                    raise ValueError(f"{path}, line {reader.line_num}: two numbers are needed.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise ValueError(f"{path}: {getattr(problem, 'strerror', None) or problem}") from None
    table = np.array(rows, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]
