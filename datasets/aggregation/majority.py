"""Majority vote."""

import numpy as np

from datasets.aggregation.answers import Answers
from datasets.aggregation.result import Result


def majority(answers: Answers) -> Result:
    """Count votes.

    Model: every worker counts alike; p(item is k) = votes for k ÷ votes. An item without answers gets the mean of the rest.

    Example:
        >>> a = Answers(np.array([0, 0, 0]), np.array([0, 1, 2]), np.array([1, 1, 0]), 1, 3, 2)
        >>> majority(a).probabilities.round(2)
        array([[0.33, 0.67]])
    """
    counts = answers.counts()
    totals = counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0)
    prior = overall / overall.sum() if overall.sum() else np.full(answers.n_classes, 1.0 / answers.n_classes)
    probabilities = np.where(totals > 0, counts / np.maximum(totals, 1.0), prior)
    right = probabilities[answers.items, answers.classes]
    given = np.bincount(answers.workers, minlength=answers.n_workers)
    agreed = np.bincount(answers.workers, weights=right, minlength=answers.n_workers)
    accuracy = np.where(given > 0, agreed / np.maximum(given, 1), np.nan)
    return Result(probabilities, None, prior, accuracy, iterations=1, converged=True)
