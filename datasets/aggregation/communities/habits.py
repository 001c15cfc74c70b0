"""Habits: the confusion matrices of communities and of their members, and what they say about an item."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from datasets.aggregation.answers import UNKNOWN
from datasets.aggregation.passes import LEAST, Passes, class_prior, softmax

Array = NDArray[np.float64]
# From workers who know nothing to workers who are nearly always right: how far each community starts from guessing.
SKILLS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.98)
STRENGTH = 12.0  # answers that a community's habits count in a member's own matrix, per row
INERTIA = 20.0  # pseudo-answers that hold a community near its start, per row
PRIOR_ITEMS = 2.0  # pseudo-items of each class
LEAST_WORTH = 0.01  # of a vote


@dataclass
class State:
    """What is estimated: communities' matrices (n_communities, truth, answer) and sizes, worker counts and memberships."""

    means: Array
    sizes: Array
    counts: Array
    totals: Array  # counts of each truth, whatever the answer
    own: Array  # a worker's communities' matrices, weighted by membership, times STRENGTH
    judged: Array  # the items' probabilities that workers were judged by
    prior: Array


def first(n_classes: int) -> Array:
    """Return the communities' first matrices, shape (n_communities, n_classes, n_classes)."""
    same, guess = np.eye(n_classes), 1 / n_classes
    right = [guess + skill * (1 - guess) for skill in SKILLS]
    return np.stack([p * same + (1 - p) * (1 - same) / max(n_classes - 1, 1) for p in right])


def voted(passes: Passes, state: State) -> Array:
    """Return the votes, each weighted by how far its worker is from always saying the same; rows sum to 1."""
    answers, n_classes = passes.answers, passes.answers.n_classes
    confusion = state.counts + state.own
    own = np.einsum("wtt->w", confusion / confusion.sum(axis=2, keepdims=True))
    worth = np.clip((own - 1) / max(n_classes - 1, 1), LEAST_WORTH, 1.0)
    votes = answers.tally(worth[answers.workers]) + LEAST
    return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def learn(passes: Passes, judged: Array, start: Array, means: Array, sizes: Array, step: float = 1.0) -> State:
    """Return communities and workers learned from the items' probabilities."""
    counts = passes.count(judged)
    totals = counts.sum(axis=2)
    fit = np.empty((len(counts), len(means)))
    for number, mean in enumerate(STRENGTH * means):
        fit[:, number] = (gammaln(counts + mean) - gammaln(mean)).sum(axis=(1, 2))
    member = softmax(fit + np.log(sizes))  # what all communities have in common, the totals' part, cancels out
    sizes = (member.sum(axis=0) + 1) / (len(counts) + len(means))
    heard = counts * (STRENGTH / (totals + STRENGTH))[:, :, None]
    together = np.tensordot(member, heard, axes=(0, 0))
    learned = (together + INERTIA * start) / (together.sum(axis=2, keepdims=True) + INERTIA)
    means = means + step * (learned - means)
    own = STRENGTH * np.tensordot(member, means, axes=(1, 0))
    return State(means, sizes, counts, totals, own, judged, class_prior(passes.answers, judged, PRIOR_ITEMS))


def chances(state: State, q: Array, workers: NDArray[np.int64], classes: NDArray[np.int64]) -> Array:
    """Return P(answer | truth) without the answer itself, shape (n_answers, n_classes).

    `q`: the probabilities of each answer's item, of the same shape.
    """
    said = state.counts[workers, :, classes] - q + state.own[workers, :, classes]
    whole = state.totals[workers] - q + STRENGTH
    return np.asarray(np.maximum(said, LEAST) / whole)


def evidence(passes: Passes, state: State) -> Iterator[tuple[slice, Array]]:
    """Yield for each block its items, and the sum over each item's answers of log P(answer | truth)."""
    for rows, items, workers, classes in passes.edges():
        logs = np.log(chances(state, state.judged[rows][items], workers, classes))
        per_item = passes.answers.per_item[rows]
        start, there = np.cumsum(per_item) - per_item, per_item > 0
        together = np.zeros((len(per_item), passes.answers.n_classes))
        if len(logs):
            together[there] = np.add.reduceat(logs, start[there], axis=0)
        yield rows, together


def expect(passes: Passes, state: State, probabilities: Array) -> float:
    """Write the items' new probabilities in place and return their mean change."""
    answers, change = passes.answers, 0.0
    log_prior = np.log(state.prior)
    for rows, said in evidence(passes, state):
        old, new = probabilities[rows], softmax(said + log_prior)
        if answers.known is not None:
            fixed = answers.known[rows] != UNKNOWN
            new[fixed] = old[fixed]
        change += float(np.abs(new - old).sum())
        old[:] = new
    return change / 2 / answers.answered
