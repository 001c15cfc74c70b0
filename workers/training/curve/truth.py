"""Model predictions compared with the truth instead of the crowd's labels.

A label that people gave is sometimes wrong, and so is a model. If the two disagree, one of them errs. How often it is the label
follows from how sure people's answers make it, from how sure the model is, and from gold items.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MOST = 4000  # items of a side from which the posterior is computed
MISLED = np.array([0.0, 0.003, 0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.23, 0.32])
MISLED_PRIOR = np.array([0.20, 0.16, 0.15, 0.14, 0.11, 0.08, 0.06, 0.05, 0.03, 0.02])
SHARP = np.array([0.4, 0.55, 0.75, 1.0, 1.3, 1.8])
SHARP_PRIOR = np.array([0.08, 0.15, 0.22, 0.27, 0.18, 0.10])
TRUST = np.array([0.0, 0.05, 0.15, 0.3, 0.5, 0.75, 1.0, 1.4, 2.0, 3.0, 4.5])  # power of the model's probabilities
USELESS = 0.25  # how often a model knows nothing, however sure it is
TRUST_PRIOR = np.exp(-0.5 * (np.log(np.maximum(TRUST, 0.01)) / 1.0) ** 2)
TRUST_PRIOR[0] = USELESS * TRUST_PRIOR[1:].sum()
LEAST = 1e-6
ROUNDS = 12  # to find how common each class is
DRAWS = 4000
RARE = 10.0  # fewer expected events than this are drawn from a Poisson distribution


@dataclass(frozen=True)
class Side:
    """Items that people and a model judged: `crowd` and `model`, both of shape (n, k), rows that sum to 1.

    The model has not learned from these items. `label` and `said` are derived: the likeliest class of each.
    """

    crowd: Array
    model: Array

    @property
    def label(self) -> NDArray[np.int64]:
        """The crowd's labels, shape (n,)."""
        return np.asarray(self.crowd.argmax(axis=1), dtype=np.int64)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The model's predictions, shape (n,)."""
        return np.asarray(self.model.argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Share:
    """A share with its 80% interval; all from 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Found:
    """What people's answers and models' predictions say together.

    Attributes:
        noise: the share of the judged training labels that are wrong.
        test_noise: the same for the test labels.
        chances: shape (n_train, k), each class's probability for the judged training items.
        errors: by run, the share of all items like the test items that it gets wrong.
        misled: the estimated share of items about which all people are wrong.
        gold: the number of gold items it rests on.
    """

    noise: Share
    test_noise: Share
    chances: Array
    errors: dict[Any, Share]
    misled: float
    gold: int


def find(
    train: Side,
    test: Side,
    runs: Mapping[Any, NDArray[np.int64]],
    gold: tuple[Array, NDArray[np.int64]] | None = None,
) -> Found:
    """Return what people's answers and models' predictions say together about a version's items.

    Args:
        train: the training items that a model predicted without having learned from them; at least one.
        test: the test items, with the predictions of the best models.
        runs: each run's predictions of the test items, in the order of `test`, shape (n_test,).
        gold: the probabilities that answers alone give for gold items, shape (n, k), and their known classes, shape (n,).
    """
    truth = Truth([train, test], gold)
    return Found(
        noise=truth.wrong(0, {"": train.label}, beyond=False)[""],
        test_noise=truth.wrong(1, {"": test.label}, beyond=False)[""],
        chances=truth.chances(0),
        errors=truth.wrong(1, runs, beyond=True),
        misled=float(truth.weight.sum(axis=1) @ MISLED),
        gold=len(gold[1]) if gold else 0,
    )


class Truth:
    """The joint posterior of what is not known.

    The unknowns: how often everyone is misled, how sharp people's probabilities are, and, for each set of items, how far the
    model's can be trusted.
    """

    def __init__(self, sides: Sequence[Side], gold: tuple[Array, NDArray[np.int64]] | None = None) -> None:
        self.sides = list(sides)
        shape = (len(MISLED), len(SHARP))
        logs = np.log(MISLED_PRIOR)[:, None] + np.log(SHARP_PRIOR)[None, :]
        self._each: list[Array] = []
        for side in self.sides:
            found = np.empty((*shape, len(TRUST)))
            side = _some(side)
            labels = _base(side.crowd)
            for a, misled in enumerate(MISLED):
                for b, sharp in enumerate(SHARP):
                    crowd, base = _crowd(side.crowd, misled, sharp)
                    # How well this share of misled people explains how common each class is among the labels.
                    of_labels = np.log(_joint(side.crowd, misled, base).sum(axis=1)).sum()
                    for c, trust in enumerate(TRUST):
                        evidence = _evidence(side.model, labels, base, trust)
                        found[a, b, c] = of_labels + np.log((crowd * evidence).sum(axis=1)).sum()
            self._each.append(found)
            peak = found.max(axis=2, keepdims=True)
            chances = (np.exp(found - peak) * TRUST_PRIOR).sum(axis=2) / TRUST_PRIOR.sum()
            logs = logs + (np.log(chances) + peak[:, :, 0])
        if gold is not None:
            crowd, truth = gold
            for a, misled in enumerate(MISLED):
                for b, sharp in enumerate(SHARP):
                    chances, _ = _crowd(crowd, misled, sharp)
                    logs[a, b] += np.log(np.maximum(chances[np.arange(len(truth)), truth], LEAST)).sum()
        weight = np.exp(logs - logs.max())
        self.weight = weight / weight.sum()

    def cells(self, number: int) -> Iterator[tuple[float, Array]]:
        """Yield (weight, posterior of shape (n, k)) for the relevant cells of the grid, for one set of items; one at a time."""
        side, each = self.sides[number], self._each[number]
        labels = _base(side.crowd)
        for a, b in zip(*np.nonzero(self.weight > 1e-3), strict=True):
            inner = np.exp(each[a, b] - each[a, b].max()) * TRUST_PRIOR
            inner /= inner.sum()
            crowd, base = _crowd(side.crowd, MISLED[a], SHARP[b])
            for c in np.flatnonzero(inner > 1e-2):
                joint = crowd * _evidence(side.model, labels, base, TRUST[c])
                yield float(self.weight[a, b] * inner[c]), joint / joint.sum(axis=1, keepdims=True)

    def chances(self, number: int) -> Array:
        """Return each class's probability of being the truth, shape (n, k), for one set of items."""
        total = np.zeros_like(self.sides[number].crowd)
        for weight, posterior in self.cells(number):
            total += weight * posterior
        return np.asarray(total / total.sum(axis=1, keepdims=True))

    def wrong(self, number: int, named: Mapping[Any, NDArray[np.int64]], beyond: bool) -> dict[Any, Share]:
        """Return the share of items whose named class is not the truth, for each of several namings.

        `named`: a class for each item of the set, shape (n,). `beyond`: whether the interval is about all items like these, not
        only these.
        """
        draws: dict[Any, list[Array]] = {name: [] for name in named}
        luck = {name: np.random.default_rng(0) for name in named}
        values, whole = dict.fromkeys(named, 0.0), 0.0
        for weight, posterior in self.cells(number):
            n, count = len(posterior), max(1, round(DRAWS * weight))
            whole += weight
            for name, classes in named.items():
                chance = 1 - posterior[np.arange(n), classes]
                values[name] += weight * float(chance.mean())
                draws[name].append(_shares(luck[name], chance, count, beyond))
        found = {}
        for name, value in values.items():
            low, high = np.quantile(np.concatenate(draws[name]), [0.1, 0.9])
            mean = value / whole
            found[name] = Share(mean, min(float(low), mean), max(float(high), mean))
        return found


def _some(side: Side) -> Side:
    """Return at most MOST items of a side, drawn evenly: the posterior of a few numbers needs no more."""
    if len(side.crowd) <= MOST:
        return side
    chosen = np.random.default_rng(0).choice(len(side.crowd), MOST, replace=False)
    return Side(side.crowd[chosen], side.model[chosen])


def _shares(rng: np.random.Generator, chance: Array, draws: int, beyond: bool) -> Array:
    """Return draws of the share of items that are wrong, each with its probability; `beyond`: of all items like these."""
    if not beyond:
        return _counted(rng, chance, draws) / len(chance)
    mean, strength = float(chance.mean()), max(len(chance) - 1.0, 1.0)
    return rng.beta(mean * strength + 0.3, (1 - mean) * strength + 0.3, draws)


def _counted(rng: np.random.Generator, chance: Array, draws: int) -> Array:
    """Return draws of how many of several events happen, each with its probability; shape (draws,)."""
    mean, variance = float(chance.sum()), float((chance * (1 - chance)).sum())
    if mean < RARE:
        return rng.poisson(mean, draws).astype(np.float64)
    return np.clip(np.round(rng.normal(mean, np.sqrt(variance), draws)), 0, len(chance))


def _base(crowd: Array) -> Array:
    """Return each class's share, shape (k,), none of them zero."""
    n, k = crowd.shape
    return np.asarray((crowd.sum(axis=0) + 1.0) / (n + k))


def _evidence(model: Array, labels: Array, base: Array, trust: float) -> Array:
    """Return how much likelier each class makes the model's prediction than all classes together do, shape (n, k).

    `labels`: each class's share among the labels, from which the model learned how common it is. `base`: its share in truth.
    """
    ratio = (np.maximum(model, LEAST) / labels) ** trust
    return np.asarray(ratio / (ratio @ base)[:, None])


def _crowd(crowd: Array, misled: float, sharp: float) -> tuple[Array, Array]:
    """Return each class's probability before the model's prediction, shape (n, k), and the classes' shares, shape (k,).

    If everybody is misled, the truth is another class than people's, and a common class rather than a rare one: of the items
    for which people name the rare class, more are misled. Class shares and probabilities are computed in turn
    (expectation–maximisation), because misled people name rare classes too often.
    """
    powered = np.maximum(crowd, LEAST) ** sharp
    powered /= powered.sum(axis=1, keepdims=True)
    base = _base(powered)
    for _ in range(ROUNDS if misled else 1):
        joint = _joint(powered, misled, base)
        chances = joint / joint.sum(axis=1, keepdims=True)
        base = _base(chances)
    return np.asarray(chances), base


def _joint(powered: Array, misled: float, base: Array) -> Array:
    k = powered.shape[1]
    right = (1 - misled) * powered * (powered @ base)[:, None]
    return np.asarray(right + misled * base * (1 - powered) / max(k - 1, 1))
