"""The learning curve: how error falls with training size, with all the uncertainty that the points leave.

Model: e(n) = A · [ r + (1 − r) · ((t + s) / (1 + s))^−b ] with t = n / n_last, the size relative to the largest one known. One
family covers all three regions. s holds back the small sizes (small data: the curve is flat until n ≈ s · n_last). b is the
exponent (power law). r is the share of the present error that stays whatever the size (irreducible error). A point departs from
its curve by σ, more so for smaller sizes. A measurement departs from that by the luck of seeds and of a finite test set. Every
shape (r, b, s, σ) of a grid is weighted by a prior, learned from real curves (`workers.training.curve.prior`), and by how well
it explains the points. A is integrated out in closed form.

Sources: C. Cortes et al., "Learning curves: asymptotic values and rate of convergence", NIPS 1993; J. Hestness et al., "Deep
learning scaling is predictable, empirically", 2017; T. Domhan et al., "Speeding up automatic hyperparameter optimization by
extrapolation of learning curves", IJCAI 2015 (a posterior over families instead of one fit).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from workers.training.curve import prior as priors
from workers.training.curve.prior import EPSILON, Prior

Array = NDArray[np.float64]

FEWEST_POINTS = 3
SEED_NOISE = 0.10  # usual relative spread of the error between trainings, for when few sizes were trained twice
GUESSING = 0.9  # above this share of the error of guessing, a model is "not better than guessing yet"
FLOOR = 0.75  # above this share of what is left, the irreducible error dominates
FURTHEST = 1e9  # training sizes beyond this are infinity


class TooFewPoints(ValueError):
    """There are fewer than three different sizes; they say nothing about a curve's shape."""


@dataclass(frozen=True)
class Law:
    """Weighted draws of curves that may go through the points.

    Attributes:
        level: shape (n_draws,), log(A + ε).
        spread: shape (n_draws,), remaining standard deviation of log error at the largest size.
        r, b, s, sigma: shape (n_draws,), each curve's shape.
        weight: shape (n_draws,), sums to 1.
        largest: n_last, the largest known size.
        guess: the error of always naming the commonest class; 1 if it is not known.
        points: the number of different known sizes.
        luck: relative variance of one measurement: the seed's, and the finite test set's.
        seed: relative variance of the error between two trainings that differ only in their seed.
        luck_share: the share of the points' departures from a curve that luck explains, from 0 to 1.
    """

    level: Array
    spread: Array
    r: Array
    b: Array
    s: Array
    sigma: Array
    weight: Array
    largest: float
    guess: float
    points: int
    luck: float
    seed: float
    luck_share: float
    prior: Prior

    def log_error(self, sizes: Array) -> Array:
        """Return log(e + ε) at sizes under each draw, without its own departure, shape (n_draws, n_sizes)."""
        t = np.asarray(sizes, dtype=np.float64)[None, :] / self.largest
        r, b, s = self.r[:, None], self.b[:, None], self.s[:, None]
        return self.level[:, None] + np.log(r + (1 - r) * ((t + s) / (1 + s)) ** -b)

    def error(self, sizes: Array) -> Array:
        """Return the error at sizes under each draw, shape (n_draws, n_sizes)."""
        return np.clip(np.exp(self.log_error(sizes)) - EPSILON, 0.0, 1.0)

    @property
    def floor(self) -> Array:
        """The irreducible error of each draw, shape (n_draws,)."""
        return np.maximum(self.r * np.exp(self.level) - EPSILON, 0.0)

    def mean(self, values: Array) -> float:
        """Return the weighted mean of a value of each draw."""
        return float(self.weight @ values)

    def median(self, values: Array) -> float:
        """Return the weighted median of a value of each draw."""
        return float(weighted_quantiles(values, self.weight, np.array([0.5]))[0])

    def small_data_until(self) -> float:
        """Return the size up to which a model is hardly better than guessing (the median over draws); 0 if it never was."""
        return self.median(self._size_of(np.full(len(self.level), np.log(GUESSING * self.guess + EPSILON))))

    def floor_from(self) -> float:
        """Return the size from which the irreducible error dominates (the median over draws), or infinity."""
        share = self.r / FLOOR
        return self.median(self._size_at(np.where(self.r > 0, share, 0.0)))

    def size_for(self, goal: float) -> Array:
        """Return the size at which each draw falls to an error, infinity if it never does, shape (n_draws,)."""
        return self._size_of(np.full(len(self.level), np.log(goal + EPSILON)))

    def size_for_log(self, log_errors: Array) -> Array:
        """Return the size at which each draw falls to its own log(error + ε), infinity if it never does, shape (n_draws,)."""
        return self._size_of(log_errors)

    def region(self, size: float) -> str:
        """Return the region of a size: "small data", "power law" or "irreducible error"."""
        if size <= self.small_data_until():
            return "small data"
        return "irreducible error" if size >= self.floor_from() else "power law"

    def _size_of(self, log_errors: Array) -> Array:
        return self._size_at(np.exp(np.clip(log_errors - self.level, -50, 50)))

    def _size_at(self, share: Array) -> Array:
        """Return the size at which each draw's error is a share of its error at the largest size."""
        left = (share - self.r) / (1 - self.r)
        with np.errstate(over="ignore", divide="ignore"):
            t = np.where(left > 0, np.where(left > 0, left, 1.0) ** (-1 / self.b) * (1 + self.s) - self.s, np.inf)
        size = np.maximum(t, 0.0) * self.largest
        return np.where(size > FURTHEST, np.inf, size)


def weighted_quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Return quantiles of weighted values: shapes (n,), (n,), (k,) → (k,)."""
    order = np.argsort(values)
    cumulated = np.cumsum(weight[order])
    positions = np.searchsorted(cumulated, np.asarray(levels) * cumulated[-1])
    return np.asarray(values[order][np.minimum(positions, len(values) - 1)], dtype=np.float64)


def fit(
    sizes: Array,
    errors: Array,
    test_count: int | None = None,
    guess: float | None = None,
    prior: Prior | None = None,
    doubt: Array | None = None,
) -> Law:
    """Return every shape of curve that matters, weighted by how well it explains the measured errors.

    Errors measured at one size (other seeds) are averaged. Their spread, pooled over the sizes, is the luck of a seed.

    Args:
        sizes: shape (n,), training sizes, positive, in any order; a size may appear several times.
        errors: shape (n,), measured errors from 0 to 1.
        test_count: items in the test set; None if the errors are (nearly) those of an infinite test set.
        guess: the error of guessing, above 0 and up to 1; None if it is not known.
        prior: what is known about curves beforehand; None for the built-in one.
        doubt: shape (n,), relative standard deviation of a size's error for its own reasons, such as labels of another time.

    Returns:
        The curves that matter, with their weights.

    Raises:
        TooFewPoints: fewer than three different sizes.
        ValueError: sizes, errors, test_count or guess out of range, or not finite.

    Example:
        >>> law = fit(np.array([50.0, 100, 200, 400]), np.array([0.4, 0.28, 0.2, 0.14]), 1000, 0.9)
        >>> law.region(400)
        'power law'
    """
    n, measured = _checked(sizes, errors, test_count, guess)
    known = prior or shipped()
    unique, mean, variance, luck, seed = _averaged(n, measured, test_count)
    if doubt is not None:
        # If several points share a size, their common doubt is that of the least doubtful one.
        variance = variance + np.array([float(np.min(doubt[n == size])) ** 2 for size in unique])
    shapes = known.shapes
    level, open_, log_likelihood = shapes.explain(unique / unique[-1], np.log(mean + EPSILON), variance)
    log_weight = np.log(known.weight) + log_likelihood
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > weight.sum() * 1e-6
    weight = weight[kept] / weight[kept].sum()
    return Law(
        level=level[kept],
        spread=np.sqrt(open_[kept]),
        r=shapes.r[kept],
        b=shapes.b[kept],
        s=shapes.s[kept],
        sigma=shapes.sigma[kept],
        weight=weight,
        largest=float(unique[-1]),
        guess=guess or 1.0,
        points=len(unique),
        luck=luck,
        seed=seed,
        luck_share=priors.luck_share(priors.departure(unique / unique[-1]), variance),
        prior=known,
    )


@cache
def shipped() -> Prior:
    """Return the built-in prior. It is read once."""
    return priors.load()


def _averaged(n: Array, measured: Array, test_count: int | None) -> tuple[Array, Array, Array, float, float]:
    """Return sizes, mean errors, the variance of each mean's log error, and two relative variances.

    The two are that of one measurement and that of a seed.
    """
    unique, place, counts = np.unique(n, return_inverse=True, return_counts=True)
    mean = np.bincount(place, measured) / counts
    if test_count is None and (counts == 1).all():
        return unique, mean, np.zeros(len(unique)), 0.0, 0.0
    # A test set without a mistake, or with only mistakes, still leaves some uncertainty.
    count = test_count or 10_000
    smooth = (mean * count + 0.5) / (count + 1)
    of_test = smooth * (1 - smooth) / count / (smooth + EPSILON) ** 2
    spare = int((counts - 1).sum())
    seed = SEED_NOISE**2
    if spare:
        pooled = float((((measured - mean[place]) / (mean[place] + EPSILON)) ** 2).sum())
        # Few pairs say little: they are mixed with the usual value, as if that had been seen four times.
        seed = (pooled + 4 * SEED_NOISE**2) / (spare + 4)
    # All runs are evaluated on the same test items: about half of their luck is common to all sizes and cancels out.
    return unique, mean, seed / counts + of_test / 2, seed + float(of_test[-1]) / 2, seed


def _checked(sizes: Array, errors: Array, test_count: int | None, guess: float | None) -> tuple[Array, Array]:
    n, measured = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if n.shape != measured.shape or n.ndim != 1:
        raise ValueError("sizes and errors must be two lists of the same length")
    if not (np.isfinite(n).all() and np.isfinite(measured).all()):
        raise ValueError("sizes and errors must be finite numbers")
    if (n <= 0).any() or (measured < 0).any() or (measured > 1).any():
        raise ValueError("sizes must be positive and errors from 0 to 1")
    if (test_count is not None and test_count < 1) or (guess is not None and not 0 < guess <= 1):
        raise ValueError("test_count must be at least 1 and guess between 0 and 1")
    if len(np.unique(n)) < FEWEST_POINTS:
        raise TooFewPoints(f"{FEWEST_POINTS} different sizes are needed, there are {len(np.unique(n))}")
    return n, measured
