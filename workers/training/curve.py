"""The learning curve: how error falls with training size, with everything the points leave open.

Model: error(n) = min(g, a · n^−b + c), with g the error of guessing, a · n^−b what more data mends, c what it cannot.
The three regions follow: small data (error ≈ g), power law (the middle), irreducible error (c dominates).

Source of the form: J. Hestness et al., "Deep learning scaling is predictable, empirically", 2017; C. Cortes et al.,
"Learning curves: asymptotic values and rate of convergence", NIPS 1993.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST_POINTS = 3
SEED_NOISE = 0.10  # relative spread of the error between training runs that differ in their seed only
GUESSING = 0.9  # above this share of g, a model is "not better than guessing yet"
FLOOR = 0.5  # below this share of c, what data can still mend no longer matters


class TooFewPoints(ValueError):
    """The law has three parameters; fewer than three different sizes tell nothing of it."""


@dataclass(frozen=True)
class Law:
    """Weighted draws of the law's parameters.

    Attributes:
        a, b, c: shape (n_draws,).
        weight: shape (n_draws,), sums to 1.
        guess: g, the error of always naming the commonest class.
    """

    a: Array
    b: Array
    c: Array
    weight: Array
    guess: float

    def error(self, sizes: Array) -> Array:
        """Return the error at some sizes under each draw, shape (n_draws, n_sizes)."""
        n = np.asarray(sizes, dtype=np.float64)
        return np.minimum(self.guess, self.a[:, None] * n[None, :] ** -self.b[:, None] + self.c[:, None])

    def middle(self) -> tuple[float, float, float]:
        """Return the means of a (geometric), b and c: the line that is drawn."""
        return (float(np.exp(self.weight @ np.log(self.a))), float(self.weight @ self.b), float(self.weight @ self.c))

    def small_data_until(self) -> float:
        """Return the size up to which a model is hardly better than guessing (the median over draws), or infinity."""
        left = GUESSING * self.guess - self.c
        with np.errstate(over="ignore"):
            until = np.where(left > 0, (self.a / np.where(left > 0, left, 1.0)) ** (1 / self.b), np.inf)
        return float(weighted_quantiles(until, self.weight, np.array([0.5]))[0])

    def floor_from(self) -> float:
        """Return the size from which the irreducible error dominates (the median over draws), or infinity."""
        with np.errstate(over="ignore"):
            start = np.where(self.c > 0, (self.a / np.where(self.c > 0, FLOOR * self.c, 1.0)) ** (1 / self.b), np.inf)
        return float(weighted_quantiles(start, self.weight, np.array([0.5]))[0])

    def region(self, size: float) -> str:
        """Name the region of a size: "small data", "power law" or "irreducible error"."""
        if size <= self.small_data_until():
            return "small data"
        return "irreducible error" if size >= self.floor_from() else "power law"


def weighted_quantiles(values: Array, weight: Array, levels: Array) -> Array:
    """Return quantiles of weighted values: shapes (n,), (n,), (k,) → (k,)."""
    order = np.argsort(values)
    cumulated = np.cumsum(weight[order])
    positions = np.searchsorted(cumulated, levels * cumulated[-1])
    return np.asarray(values[order][np.minimum(positions, len(values) - 1)], dtype=np.float64)


def fit(sizes: Array, errors: Array, test_count: int, guess: float) -> Law:
    """Weigh every law of a grid by how well it explains the measured errors.

    Likelihood: measured error ~ Normal(e(n), e(1−e)/test_count + (SEED_NOISE · e)²): the finite test set and the seed.
    Prior: b ~ Normal(0.6, 0.4) on [0.05, 2]; c log-uniform from 0.0005 to the lowest error (and 0, no floor); the
    reducible error at the sizes' geometric mean log-uniform.

    Args:
        sizes: shape (n,), training sizes, positive.
        errors: shape (n,), measured errors from 0 to 1.
        test_count: items in the test set.
        guess: the error of guessing, from 0 to 1.

    Returns:
        The laws that matter, with their weights.

    Raises:
        TooFewPoints: fewer than three different sizes.
        ValueError: sizes, errors, test_count or guess out of range, or not finite.

    Example:
        >>> law = fit(np.array([50.0, 100, 200, 400]), np.array([0.4, 0.28, 0.2, 0.14]), 1000, 0.9)
        >>> law.region(400)
        'power law'
    """
    n, measured = _checked(sizes, errors, test_count, guess)
    centre = float(np.exp(np.log(n).mean()))
    b = np.linspace(0.05, 2.0, 40)
    c = np.concatenate([[0.0], np.geomspace(5e-4, max(float(measured.max()), 1e-3), 40)])
    reducible = np.geomspace(1e-4, 2.0, 80)
    grid = np.stack(np.meshgrid(reducible, b, c, indexing="ij"), axis=-1).reshape(-1, 3)
    a = grid[:, 0] * centre ** grid[:, 1]
    log_prior = -0.5 * ((grid[:, 1] - 0.6) / 0.4) ** 2
    everything = Law(a, grid[:, 1], grid[:, 2], np.ones(len(a)), guess)
    expected = np.clip(everything.error(n), 1e-6, 1 - 1e-6)
    variance = expected * (1 - expected) / test_count + (SEED_NOISE * expected) ** 2
    log_likelihood = (-0.5 * (measured - expected) ** 2 / variance - 0.5 * np.log(variance)).sum(axis=1)
    log_weight = log_prior + log_likelihood
    weight = np.exp(log_weight - log_weight.max())
    kept = weight > 1e-5
    weight = weight[kept] / weight[kept].sum()
    return Law(a[kept], grid[kept, 1], grid[kept, 2], weight, guess)


def _checked(sizes: Array, errors: Array, test_count: int, guess: float) -> tuple[Array, Array]:
    n, measured = np.asarray(sizes, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if n.shape != measured.shape or n.ndim != 1:
        raise ValueError("sizes and errors must be two lists of the same length")
    if not (np.isfinite(n).all() and np.isfinite(measured).all()):
        raise ValueError("sizes and errors must be finite numbers")
    if (n <= 0).any() or (measured < 0).any() or (measured > 1).any():
        raise ValueError("sizes must be positive and errors from 0 to 1")
    if test_count < 1 or not 0 < guess <= 1:
        raise ValueError("test_count must be at least 1 and guess between 0 and 1")
    if len(np.unique(n)) < FEWEST_POINTS:
        raise TooFewPoints(f"{FEWEST_POINTS} different sizes are needed, there are {len(np.unique(n))}")
    return n, measured
