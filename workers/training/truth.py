"""What models say, held against the truth instead of the crowd's labels.

A label that people gave is wrong now and then, and so is a model. Where the two disagree, one of them errs; how often it is the
label follows from how sure people's answers make it, from how sure the model is, and from items whose truth is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MISLED = np.array([0.0, 0.003, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.23, 0.32])
MISLED_PRIOR = np.array([0.20, 0.16, 0.15, 0.14, 0.11, 0.08, 0.06, 0.05, 0.03, 0.02])
SHARP = np.array([0.4, 0.55, 0.75, 1.0, 1.3, 1.8])
SHARP_PRIOR = np.array([0.08, 0.15, 0.22, 0.27, 0.18, 0.10])
TRUST = np.array([0.05, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3])  # power of the model's probabilities
LEAST = 1e-6


@dataclass(frozen=True)
class Side:
    """Items that people and a model spoke of: `crowd` and `model`, both of shape (n, k), rows that sum to 1.

    The model has not learned from these items. `label` and `said` follow: the likeliest class of each.
    """

    crowd: Array
    model: Array

    @property
    def label(self) -> NDArray[np.int64]:
        """The crowd's labels, shape (n,)."""
        return np.asarray(self.crowd.argmax(axis=1), dtype=np.int64)

    @property
    def said(self) -> NDArray[np.int64]:
        """What the model says, shape (n,)."""
        return np.asarray(self.model.argmax(axis=1), dtype=np.int64)


class Truth:
    """The joint posterior of what is not known: how often everyone is misled, how sharp people's chances are, and, for each set of
    items, how far the model's chances can be trusted.
    """

    def __init__(self, sides: Sequence[Side], gold: tuple[Array, NDArray[np.int64]] | None = None) -> None:
        self.sides = list(sides)
        shape = (len(MISLED), len(SHARP))
        logs = np.log(MISLED_PRIOR)[:, None] + np.log(SHARP_PRIOR)[None, :]
        self._each: list[Array] = []
        for side in self.sides:
            found = np.empty((*shape, len(TRUST)))
            for a, misled in enumerate(MISLED):
                for b, sharp in enumerate(SHARP):
                    crowd = _crowd(side.crowd, misled, sharp)
                    base = _base(crowd)
                    for c, trust in enumerate(TRUST):
                        found[a, b, c] = np.log((crowd * _evidence(side.model, base, trust)).sum(axis=1)).sum()
            self._each.append(found)
            peak = found.max(axis=2, keepdims=True)
            logs = logs + (np.log(np.exp(found - peak).mean(axis=2)) + peak[:, :, 0])
        if gold is not None:
            crowd, truth = gold
            for a, misled in enumerate(MISLED):
                for b, sharp in enumerate(SHARP):
                    logs[a, b] += np.log(
                        np.maximum(_crowd(crowd, misled, sharp)[np.arange(len(truth)), truth], LEAST)
                    ).sum()
        weight = np.exp(logs - logs.max())
        self.weight = weight / weight.sum()

    def cells(self, number: int) -> list[tuple[float, Array]]:
        """Return (weight, posterior of shape (n, k)) for what matters of the grid, for one set of items."""
        side, each = self.sides[number], self._each[number]
        found = []
        for a, b in zip(*np.nonzero(self.weight > 1e-3), strict=True):
            inner = np.exp(each[a, b] - each[a, b].max())
            inner /= inner.sum()
            crowd = _crowd(side.crowd, MISLED[a], SHARP[b])
            for c in np.flatnonzero(inner > 1e-2):
                joint = crowd * _evidence(side.model, _base(crowd), TRUST[c])
                found.append((float(self.weight[a, b] * inner[c]), joint / joint.sum(axis=1, keepdims=True)))
        return found


def wrong(truth: Truth, number: int, named: NDArray[np.int64], beyond: bool) -> tuple[float, float, float]:
    """Return the share of items whose named class is not the truth, with its 80 % interval.

    `beyond`: of all items like these, not only of these.
    """
    means, spreads, weights = [], [], []
    for weight, posterior in truth.cells(number):
        chance = 1 - posterior[np.arange(len(named)), named]
        n, mean = len(named), float(chance.mean())
        variance = (mean * (1 - mean) if beyond else float((chance * (1 - chance)).mean())) / n
        means.append(mean)
        spreads.append(variance)
        weights.append(weight)
    m, v, w = np.array(means), np.array(spreads), np.array(weights) / np.sum(weights)
    rng = np.random.default_rng(0)
    draws = []
    for mean, variance, weight in zip(m, v, w, strict=True):
        count = max(1, int(round(4000 * weight)))
        strength = max(mean * (1 - mean) / max(variance, 1e-9) - 1, 1.0)
        draws.append(rng.beta(mean * strength + 0.3, (1 - mean) * strength + 0.3, count))
    low, high = np.quantile(np.concatenate(draws), [0.1, 0.9])
    return float(w @ m), float(low), float(high)


def _base(crowd: Array) -> Array:
    """Return each class's share, none of them zero."""
    n, k = crowd.shape
    return np.asarray((crowd.sum(axis=0) + 1.0) / (n + k))


def _evidence(model: Array, base: Array, trust: float) -> Array:
    """Return how much likelier each class makes what the model says than the classes together do."""
    ratio = (np.maximum(model, LEAST) / base) ** trust
    return np.asarray(ratio / (ratio @ base)[:, None])


def _crowd(crowd: Array, misled: float, sharp: float) -> Array:
    powered = np.maximum(crowd, LEAST) ** sharp
    powered /= powered.sum(axis=1, keepdims=True)
    k = powered.shape[1]
    return np.asarray((1 - misled) * powered + misled * (1 - powered) / max(k - 1, 1))
