"""Items that mislead everyone: how many there are, and how that lowers a probability."""

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.communities.habits import State
from datasets.aggregation.passes import Passes

Array = NDArray[np.float64]
SHARED = 0.3  # of the usual worker's errors: those that the whole crowd makes, on an item that misleads everyone
MOST_SHARED = 0.08  # items that mislead everyone, at most, unless answers or gold items show more
LEAST_MISLED = 0.002
PAIRS = 10.0  # pairs of answers per item; with more, they show what people's errors have in common
KNOWN_MISLED = 20.0  # gold items that this share counts as, when gold items say otherwise


def usual_accuracy(accuracy: Array, given: NDArray[np.int64]) -> float:
    """Return the accuracy that splits the answers in half: half come from better workers, half from worse ones."""
    order = np.argsort(accuracy, kind="stable")
    reached = given[order].cumsum()
    if not len(reached) or not reached[-1]:
        return 1.0
    return float(accuracy[order][np.searchsorted(reached, reached[-1] / 2)])


def misled_share(passes: Passes, state: State, probabilities: Array, heard: Array | None, usual: float) -> float:
    """Return the estimated share of items about which the crowd as a whole is wrong.

    `heard`: see `Result`; `usual`: how often the usual worker is right.
    """
    answers, guess, whole = passes.answers, 0.0, 0.0
    for rows, items, workers, classes in passes.edges():
        q = probabilities[rows]
        label = q.argmax(axis=1)[items]
        chance = state.counts[workers, label] + state.own[workers, label]
        right = (classes == label).astype(np.float64)
        itself = state.judged[rows][items, label]
        expected = (chance[np.arange(len(label)), label] - right * itself) / (chance.sum(axis=1) - itself)
        expected = np.clip(expected, 1e-6, 1 - 1e-6)
        surprise, spread, size = right - expected, np.sqrt(expected * (1 - expected)), rows.stop - rows.start
        # Over pairs of answers to one item: Σ_{e≠f} x_e x_f = (Σ x)² − Σ x².
        guess += _over_pairs(items, surprise, size)
        whole += _over_pairs(items, spread, size)
    pairs = float((answers.per_item * (answers.per_item - 1)).sum()) / 2 / answers.answered
    shown = min(1.0, PAIRS / max(pairs, 1.0))
    shared = max(shown * min(SHARED * (1 - usual), MOST_SHARED), LEAST_MISLED)
    first = min(shared + max(guess / whole if whole > 0 else 0.0, 0.0), 0.3)
    if heard is None or answers.known is None or answers.n_classes == 1:
        return first  # nobody has answered a gold item yet, or nothing can be wrong
    truth = heard[np.arange(len(heard)), answers.known[answers.tested]]
    shares = np.linspace(0.001, 0.6, 600)
    likely = np.log(
        np.maximum((1 - shares) * truth[:, None] + shares * (1 - truth[:, None]) / (answers.n_classes - 1), 1e-12)
    )
    prior = KNOWN_MISLED * (first * np.log(shares) + (1 - first) * np.log1p(-shares))
    weight = likely.sum(axis=0) + prior
    weight = np.exp(weight - weight.max())
    return float(shares @ weight / weight.sum())


def _over_pairs(items: NDArray[np.int64], values: Array, size: int) -> float:
    summed = np.bincount(items, weights=values, minlength=size)
    return float((summed**2).sum() - (values**2).sum())


def soften(probabilities: Array, misled: float) -> Array:
    """Return probabilities with the share `misled` of each item's probability spread over the other classes."""
    others = probabilities.shape[1] - 1
    if not others:
        return probabilities
    return np.asarray((1 - misled) * probabilities + misled * (1 - probabilities) / others)
