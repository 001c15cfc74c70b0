"""What is known about learning curves before one is seen: which shapes are common, and how wide an honest interval is.

Learned from real curves. The weights of the shapes come from expectation–maximisation (the nonparametric maximum-likelihood
mixing distribution). The factors of the interval come from curves whose dataset the weights had not seen (split conformal
calibration). The likelihood is tempered, since no shape of the grid is exactly true (a generalised posterior). `make prior`
learned the built-in prior; a benchmark learns one again on other datasets than those it tests on.

Sources: N. Laird, "Nonparametric maximum likelihood estimation of a mixing distribution", JASA 1978; J. Lei et al.,
"Distribution-free predictive inference for regression", JASA 2018; P. Grünwald, "The safe Bayesian", ALT 2012 (tempering).
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EPSILON = 1e-3  # errors are compared as log(error + ε): a tenth of a percentage point matters little
AWAY = 8.0  # by how much a shape's departure variance grows per halving of the largest size
DRIFT = 0.011  # standard deviation of log error, per doubling ahead, that no shape explains
TEMPER = 0.6  # no shape is exactly true: points count for less than they would if one were
USUAL = 0.02  # the usual σ
SMOOTH = 0.05  # share of the weight that is spread over all shapes
ROUNDS = 30
FILE = Path(__file__).with_name("prior.json")

_R = np.concatenate([[0.0], np.linspace(0.05, 0.97, 16)])
_B = np.geomspace(0.05, 2.5, 20)
_S = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0])
_SIGMA = np.array([0.003, 0.008, 0.02, 0.05, 0.12])


@dataclass(frozen=True)
class Shapes:
    """The grid of shapes: four arrays of shape (n_shapes,); see `workers.training.curve.fit` for their meaning."""

    r: Array
    b: Array
    s: Array
    sigma: Array

    @classmethod
    def grid(cls) -> "Shapes":
        """Return every shape that is considered."""
        grid = np.meshgrid(_R, _B, _S, _SIGMA, indexing="ij")
        return cls(*(axis.ravel() for axis in grid))

    def log_shape(self, t: Array) -> Array:
        """Return log(e / A) at relative sizes, shape (n_shapes, n_sizes). Shapes that differ only in σ are computed once."""
        step = len(_SIGMA)
        r, b, s = self.r[::step, None], self.b[::step, None], self.s[::step, None]
        found = np.log(r + (1 - r) * ((t[None, :] + s) / (1 + s)) ** -b)
        return np.repeat(found, step, axis=0)

    def explain(self, t: Array, logs: Array, variance: Array) -> tuple[Array, Array, Array]:
        """Return how well each shape explains points.

        Args:
            t: shape (n,), relative sizes, the last one 1.
            logs: shape (n,), log(error + ε).
            variance: shape (n,), of each measurement's luck.

        Returns:
            Three arrays of shape (n_shapes,): the level log(A + ε), its variance, and the tempered log likelihood with the
            level integrated out.
        """
        away = departure(t)
        precision = 1 / (self.sigma[:, None] ** 2 * away[None, :] + variance[None, :])
        rest = logs[None, :] - self.log_shape(t)
        total = precision.sum(axis=1)
        level = (precision * rest).sum(axis=1) / total
        misfit = (precision * (rest - level[:, None]) ** 2).sum(axis=1)
        likelihood = -0.5 * misfit + 0.5 * np.log(precision).sum(axis=1) - 0.5 * np.log(total)
        return level, 1 / total, self._temper(away, variance) * likelihood

    @staticmethod
    def _temper(away: Array, variance: Array) -> float:
        """Return how much the points count: fully if luck explains their departures, less if only shapes could."""
        return TEMPER + (1 - TEMPER) * luck_share(away, variance)


def departure(t: Array) -> Array:
    """Return the factor by which σ² is larger at relative sizes than at the largest one."""
    return np.asarray(1 + AWAY * np.log2(t[-1] / t), dtype=np.float64)


def luck_share(away: Array, variance: Array) -> float:
    """Return the share of the points' departures that measurement explains, from 0 (exact points) to 1."""
    return float(np.mean(variance / (USUAL**2 * away + variance)))


def ahead_variance(sigma: Array, octaves: float | Array) -> Array:
    """Return the variance of log error some doublings ahead, besides that of shape and level."""
    ahead = np.maximum(octaves, 0.0)
    return np.asarray(sigma**2 * (1 + ahead) + DRIFT**2 * ahead, dtype=np.float64)


@dataclass(frozen=True)
class Prior:
    """Weights of the shapes, and the factors by which the lower and the upper half of an interval are stretched.

    `weight`: shape (n_shapes,), sums to 1. `low`, `high`: by doublings ahead, as pairs (doublings, factor).
    """

    weight: Array
    low: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    high: tuple[tuple[float, float], ...] = ((0.0, 1.0),)

    @cached_property
    def shapes(self) -> Shapes:
        """The grid that the weights belong to."""
        return Shapes.grid()

    def stretch(self, octaves: float) -> tuple[float, float]:
        """Return the factors of the interval's two halves at a number of doublings ahead."""
        return tuple(  # type: ignore[return-value]
            float(np.interp(octaves, [at for at, _ in side], [factor for _, factor in side]))
            for side in (self.low, self.high)
        )


@dataclass(frozen=True)
class Known:
    """A part of a real curve to learn from: known points, and the error at a size further on."""

    sizes: Array
    errors: Array
    size: float
    error: float


def learn(parts: list[Known]) -> Array:
    """Return the weights of the shapes that best explain parts of curves together with their later error; shape (n_shapes,)."""
    shapes = Shapes.grid()
    rows = []
    for part in parts:
        t = part.sizes / part.sizes[-1]
        level, open_, likelihood = shapes.explain(t, np.log(part.errors + EPSILON), np.zeros(len(t)))
        ahead = np.array([part.size / part.sizes[-1]])
        expected = level + shapes.log_shape(ahead)[:, 0]
        variance = ahead_variance(shapes.sigma, float(np.log2(ahead[0]))) + open_
        likelihood += -0.5 * (np.log(part.error + EPSILON) - expected) ** 2 / variance - 0.5 * np.log(variance)
        rows.append(np.exp(likelihood - likelihood.max()).astype(np.float32))
    table = np.stack(rows)
    weight: NDArray[np.float32] = np.full(table.shape[1], 1 / table.shape[1], dtype=np.float32)
    for _ in range(ROUNDS):
        each = table @ weight
        found = weight * (table.T @ (1 / each)) / len(table)
        weight = np.asarray((found + SMOOTH / len(found)) / (1 + SMOOTH), dtype=np.float32)
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def save(prior: Prior, path: Path = FILE) -> None:
    """Write a prior: the weights above the uniform rest, by their index."""
    rest = float(np.median(prior.weight))
    above = np.flatnonzero(prior.weight > 3 * rest)
    kept = {str(place): round(float(prior.weight[place]), 7) for place in above}
    content = {"rest": rest, "weights": kept, "low": prior.low, "high": prior.high}
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


def load(path: Path = FILE) -> Prior:
    """Read a prior."""
    content = json.loads(path.read_text())
    weight = np.full(len(Shapes.grid().r), content["rest"])
    for place, value in content["weights"].items():
        weight[int(place)] = value
    low, high = (tuple((float(at), float(factor)) for at, factor in content[side]) for side in ("low", "high"))
    return Prior(weight / weight.sum(), low, high)
