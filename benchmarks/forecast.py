"""The forecast on real learning curves: known are six sizes up to an eighth of the largest, asked is the error at the largest.

What is learned (the weights of shapes, the factors of the interval) is learned on other datasets than it is tested on, by
8-fold cross-validation over datasets. The references are fitted to the same six points in the same run.
"""

import csv
import os
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from benchmarks.figure import figure
from workers.training.curve import fit, forecast
from workers.training.curve.calibration import RealCurve, folds, learned, parts

FOLDS = 8
FEWEST = 29  # sizes of a curve: an eighth of the largest, and a factor of 16 before it
HOPEFUL = 0.005
ROOT = Path(__file__).resolve().parent.parent


def curves() -> list[RealCurve]:
    """Read the curves of the folder MARGINALIA_DATA. Exits where it is missing."""
    path = Path(os.environ.get("MARGINALIA_DATA", ROOT.parent / "shared" / "data")) / "curves" / "curves.csv"
    if not path.exists():
        raise SystemExit(
            f"benchmarks: the curves are missing; set MARGINALIA_DATA to the folder that holds {path.parent.name}/"
        )
    rows = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file):
            rows[row["dataset"], row["learner"]].append((float(row["training_size"]), float(row["test_error"])))
    return [
        RealCurve(dataset, *(np.array(column) for column in zip(*sorted(found), strict=True)))
        for (dataset, _), found in rows.items()
    ]


def run() -> None:
    """Print the figures."""
    known = curves()
    fold = folds(known, FOLDS)
    rows, milliseconds = [], []
    for number in range(FOLDS):
        prior = learned([one for one, at in zip(known, fold, strict=True) if at != number])
        for one in (one for one, at in zip(known, fold, strict=True) if at == number):
            if len(one.sizes) < FEWEST:
                continue
            part = next(parts(one, 13))
            began = time.perf_counter()
            found = forecast.at(fit.fit(part.sizes, part.errors, prior=prior), part.size)
            milliseconds.append((time.perf_counter() - began) * 1e3)
            rows.append(
                (part.error, found.error, found.low, found.high, *_references(part.sizes, part.errors, part.size))
            )
    truth, error, low, high, offset, power, last = np.array(rows).T
    inside = 100 * float(np.mean((low <= truth) & (truth <= high)))
    references = {"least squares with offset": offset, "pure power law": power, "last value": last}
    figure("forecast.curves", len(truth), "count", 288)
    figure(
        "forecast.median_abs_error",
        _median(error, truth),
        "error",
        {k: _median(v, truth) for k, v in references.items()},
    )
    figure("forecast.coverage_80_low", inside, "%", ">= 77")
    figure("forecast.coverage_80_high", inside, "%", "<= 83")
    figure("forecast.width_80_median", float(np.median(high - low)), "error", "<= 0.05")
    figure(
        "forecast.hopeful_share", _hopeful(error, truth), "%", {k: _hopeful(v, truth) for k, v in references.items()}
    )
    figure("forecast.ms", float(np.max(milliseconds)), "ms", "<= 100, the slowest")


def _median(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return round(float(np.median(np.abs(found - truth))), 5)


def _hopeful(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return round(100 * float(np.mean(truth - found > HOPEFUL)), 1)


def _references(sizes: NDArray[np.float64], errors: NDArray[np.float64], size: float) -> tuple[float, float, float]:
    """Return what a power law with offset by least squares, a straight line in logarithms, and the last value say."""
    slope, level = np.polyfit(np.log(sizes), np.log(np.maximum(errors, 1e-6)), 1)
    power = float(np.exp(level + slope * np.log(size)))

    def law(n: NDArray[np.float64], a: float, b: float, c: float) -> NDArray[np.float64]:
        return a * n**-b + c

    try:
        bounds = ([0, 0, 0], [np.inf, 5, 1])
        found, _ = curve_fit(
            law, sizes, errors, p0=[np.exp(level), max(-slope, 0.05), 0.0], bounds=bounds, maxfev=20_000
        )
        offset = float(law(np.array([size]), *found)[0])
    except RuntimeError:
        offset = float(errors[-1])
    return offset, power, float(errors[-1])
