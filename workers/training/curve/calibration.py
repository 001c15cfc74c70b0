"""Learning from real curves: the weights of shapes, and how far an interval must be stretched to be honest.

A curve is used in parts: six sizes are known, every third of a quarter-octave grid, and the truth lies a number of
quarter-octaves further on. Stretching is evaluated on datasets that the weights have not seen.
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
AHEAD = 13  # quarter-octaves from the last known size to the truth from which the weights are learned
DISTANCES = (4, 8, AHEAD, 18)  # distances at which the interval is calibrated
INNER = 4
LAST = 4  # parts of a curve on which the interval is calibrated


@dataclass(frozen=True)
class RealCurve:
    """A measured curve: its dataset, sizes on a quarter-octave grid, and errors, both of shape (n,)."""

    dataset: str
    sizes: Array
    errors: Array


def parts(one: RealCurve, ahead: int, step: int = 1) -> Iterator[Known]:
    """Return the parts of a curve with the truth `ahead` quarter-octaves further on, the furthest first."""
    before = (POINTS - 1) * EVERY
    for last in range(len(one.sizes) - 1 - ahead, before - 1, -step):
        known = np.arange(last - before, last + 1, EVERY)
        yield Known(
            one.sizes[known], one.errors[known], float(one.sizes[last + ahead]), float(one.errors[last + ahead])
        )


def folds(curves: list[RealCurve], count: int, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each curve, shape (n,); all curves of a dataset are in the same fold."""
    names = sorted({one.dataset for one in curves})
    fold = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % count, strict=True))
    return np.array([fold[one.dataset] for one in curves], dtype=np.int64)


def weights(curves: list[RealCurve], step: int = 2) -> Array:
    """Return the weights of the shapes that explain curves best, shape (n_shapes,)."""
    return learn([part for one in curves for part in parts(one, AHEAD, step)])


def learned(curves: list[RealCurve], seed: int = 0) -> Prior:
    """Return the prior learned from curves: weights from all of them, factors of the interval across datasets.

    Raises ValueError if there are too few curves or they are too short.
    """
    if len({one.dataset for one in curves}) < 2 * INNER:
        raise ValueError(f"curves of at least {2 * INNER} datasets are needed")
    inner = folds(curves, INNER, seed)
    scores: dict[int, list[tuple[float, float]]] = {distance: [] for distance in DISTANCES}
    for fold in range(INNER):
        prior = Prior(weights([one for one, at in zip(curves, inner, strict=True) if at != fold], step=3))
        for one in (one for one, at in zip(curves, inner, strict=True) if at == fold):
            for distance in DISTANCES:
                # The last parts of a curve: people ask for forecasts at its end, not at its beginning.
                scores[distance] += [_score(part, prior) for part in islice(parts(one, distance, step=3), LAST)]
    factors = []
    for side in (0, 1):
        at = [(distance / 4, [score[side] for score in found]) for distance, found in scores.items() if found]
        factors.append(tuple((octaves, float(np.quantile(each, 0.9))) for octaves, each in at))
    return Prior(weights(curves), *factors)


def _score(part: Known, prior: Prior) -> tuple[float, float]:
    """Return how far the truth lies under the median, and above it, in units of the interval's halves."""
    law = fit.fit(part.sizes, part.errors, prior=prior)
    low, middle, high = forecast.log_quantiles(law, part.size, np.array([0.1, 0.5, 0.9]))
    truth = np.log(part.error + EPSILON)
    return (middle - truth) / max(middle - low, 1e-6), (truth - middle) / max(high - middle, 1e-6)
