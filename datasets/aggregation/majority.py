"""Votes: everyone counted alike, or weighted by how often they agree with the others."""

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation import many_classes
from datasets.aggregation.answers import Answers
from datasets.aggregation.result import Result


def majority(answers: Answers) -> Result:
    """Return the labels of the majority vote.

    Model: every worker counts alike; p(item is k) = votes for k ÷ votes. An item without answers gets the mean of the rest.

    Example:
        >>> a = Answers(np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, 1, 0]), 1, 3, 2)
        >>> majority(a).probabilities.round(2)
        array([[0.33, 0.67]])
    """
    return _vote(answers, None)


def weighted_majority(answers: Answers) -> Result:
    """Return the labels of a vote weighted by each worker's agreement with the others (worker agreement with aggregate, WAWA).

    Model: weight of w = (1 + Σ over w's answers of the share of the item's *other* votes that agree) ÷ (2 + answers that have
    others); p(item is k) = Σ weights of the votes for k ÷ Σ weights. The pseudo-answers give a worker who was never compared
    the weight one half. With very many classes it is the one-coin model (see `many_classes`).

    Example:
        >>> a = Answers(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 2, 3]), np.array([1, 0, 0, 0, 0]), 2, 4, 2)
        >>> weighted_majority(a).probabilities[0].round(2)
        array([0.4, 0.6])

    Source: the "worker agreement with aggregate" of crowd platforms; leaving one's own vote out is ours.
    """
    if many_classes.is_so(answers):
        return many_classes.one_coin(answers)
    counts, per_item = answers.counts(), answers.per_item[answers.items]
    others = per_item > 1
    alike = (counts[answers.items, answers.classes] - 1)[others] / (per_item[others] - 1)
    compared = np.bincount(answers.workers[others], minlength=answers.n_workers)
    agreed = np.bincount(answers.workers[others], weights=alike, minlength=answers.n_workers)
    return _vote(answers, (1 + agreed) / (2 + compared))


def _vote(answers: Answers, weights: NDArray[np.float64] | None) -> Result:
    if many_classes.is_so(answers):
        return many_classes.majority(answers)
    counts, n_classes = answers.tally(None if weights is None else weights[answers.workers]), answers.n_classes
    totals, overall = counts.sum(axis=1, keepdims=True), counts.sum(axis=0)
    prior = overall / overall.sum() if overall.sum() else np.full(n_classes, 1.0 / n_classes)
    probabilities = answers.settle(np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), prior))
    right = probabilities[answers.items, answers.classes]
    agreed = np.bincount(answers.workers, weights=right, minlength=answers.n_workers)
    accuracy = np.where(answers.per_worker > 0, agreed / np.maximum(answers.per_worker, 1), np.nan)
    return Result(probabilities, None, prior, accuracy, iterations=1, converged=True)
