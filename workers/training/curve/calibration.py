"""Learning from real curves: the weights of shapes, and how far an interval must be stretched to hold what it says.

A curve is used in parts: six sizes are known, every third of a quarter-octave grid, and the truth lies some quarter-octaves
further on. What is stretched is judged on datasets the weights have not seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from workers.training.curve import fit, forecast
from workers.training.curve.prior import EPSILON, Known, Prior, learn

Array = NDArray[np.float64]

POINTS, EVERY = 6, 3  # known sizes of a part, and their distance on the grid
AHEAD = 13  # quarter-octaves from the last known size to the truth the weights are learned by
DISTANCES = (4, 8, AHEAD, 18)  # at which the interval is calibrated
INNER = 4
LAST = 4  # parts of a curve that the interval is calibrated on


@dataclass(frozen=True)
class RealCurve:
    """A measured curve: the dataset it is of, sizes on a quarter-octave grid, and errors, both of shape (n,)."""

    dataset: str
    sizes: Array
    errors: Array


def parts(one: RealCurve, ahead: int, step: int = 1) -> Iterator[Known]:
    """Return the parts of a curve with the truth some quarter-octaves ahead, the furthest first."""
    before = (POINTS - 1) * EVERY
    for last in range(len(one.sizes) - 1 - ahead, before - 1, -step):
        known = np.arange(last - before, last + 1, EVERY)
        yield Known(
            one.sizes[known], one.errors[known], float(one.sizes[last + ahead]), float(one.errors[last + ahead])
        )


def folds(curves: list[RealCurve], count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each curve; all curves of a dataset are in one."""
    names = sorted({one.dataset for one in curves})
    fold = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % count, strict=True))
    return np.array([fold[one.dataset] for one in curves], dtype=np.int64)


def weights(curves: list[RealCurve], step: int = 2) -> Array:
    """Return the weights of the shapes that explain curves best."""
    return learn([part for one in curves for part in parts(one, AHEAD, step)])


def learned(curves: list[RealCurve], seed: int = 0) -> Prior:
    """Return the prior learned from curves: weights by all of them, factors of the interval across datasets.

    Raises ValueError where the curves are too few or too short to learn from.
    """
    if len({one.dataset for one in curves}) < 2 * INNER:
        raise ValueError(f"curves of at least {2 * INNER} datasets are needed")
    inner = folds(curves, INNER, seed)
    scores: dict[int, list[tuple[float, float]]] = {distance: [] for distance in DISTANCES}
    for fold in range(INNER):
        prior = Prior(weights([one for one, at in zip(curves, inner, strict=True) if at != fold], step=3))
        for one in (one for one, at in zip(curves, inner, strict=True) if at == fold):
            for distance in DISTANCES:
                # The last parts of a curve: forecasts are asked for from its end, not from its beginning.
                scores[distance] += [_score(part, prior) for part in islice(parts(one, distance, step=3), LAST)]
    factors = []
    for side in (0, 1):
        at = [(distance / 4, [score[side] for score in found]) for distance, found in scores.items() if found]
        factors.append(tuple((octaves, float(np.quantile(each, 0.9))) for octaves, each in at))
    return Prior(weights(curves), *factors)


def _score(part: Known, prior: Prior) -> tuple[float, float]:
    """Return by how much the truth lies under the middle, and above it, in units of the interval's halves."""
    law = fit.fit(part.sizes, part.errors, prior=prior)
    low, middle, high = forecast.log_quantiles(law, part.size, np.array([0.1, 0.5, 0.9]))
    truth = np.log(part.error + EPSILON)
    return (middle - truth) / max(middle - low, 1e-6), (truth - middle) / max(high - middle, 1e-6)
