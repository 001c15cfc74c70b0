"""Dawid–Skene: each worker has a confusion matrix, learned together with the labels."""

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation import many_classes
from datasets.aggregation.answers import Answers
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import LEAST, Passes, by_answer, class_prior
from datasets.aggregation.result import Result

Array = NDArray[np.float64]


def dawid_skene(
    answers: Answers,
    *,
    smoothing: float = 0.0,
    diagonal: float = 0.0,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
) -> Result:
    """Estimate labels and worker confusion by expectation maximisation.

    Model: item i has truth t_i ~ Categorical(π); worker w answers a with probability Θ_w[t_i, a], independently.

    - Start: q_i = the majority vote's probabilities.
    - M: Θ_w[t, a] ∝ Σ_i q_i[t] · [w answered i with a] + smoothing + diagonal · [t = a];  π ∝ Σ_i q_i.
    - E: q_i[t] ∝ π[t] · Π_(w, a given to i) Θ_w[t, a].

    Each worker's rows start from a Dirichlet prior with parameters `smoothing` (every cell) and `diagonal` (added for the right
    answer). Both 0 is the method as published; it trusts a worker with few answers too much. With more than 100 classes, only
    those given to an item are considered possible for it (see `many_classes`).

    Args:
        answers: the answers; an item without any gets π, a known one keeps its class.
        smoothing, diagonal: pseudo-answers, at least 0.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities (half the L1 distance) falls under it.

    Returns:
        A Result with confusion matrices (none if there are more than 100 classes).

    Raises:
        ValueError: a negative prior or no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> dawid_skene(a, smoothing=0.1, diagonal=1.0).labels
        array([1, 0])

    Source: A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm", Applied
    Statistics 28(1), 1979.
    """
    if smoothing < 0 or diagonal < 0 or max_iterations < 1:
        raise ValueError("smoothing and diagonal must not be negative, max_iterations at least 1")
    if many_classes.is_so(answers):
        return many_classes.dawid_skene(answers, smoothing + diagonal, max_iterations, tolerance)
    passes = Passes(answers)
    probabilities = majority(answers).probabilities
    pseudo = smoothing + diagonal * np.eye(answers.n_classes)
    converged, iteration = len(answers) == 0, 0
    confusion, prior = _maximise(passes, probabilities, pseudo)
    while not converged and iteration < max_iterations:
        iteration += 1
        if iteration > 1:
            confusion, prior = _maximise(passes, probabilities, pseudo)
        table = np.log(np.maximum(confusion, np.finfo(np.float64).tiny))
        converged = passes.expect(by_answer(table), prior, probabilities) < tolerance
    probabilities[answers.per_item == 0] = prior
    probabilities = answers.settle(probabilities)
    accuracy = np.einsum("t,wtt->w", prior, confusion)
    return Result(probabilities, confusion, prior, accuracy, iteration, converged)


def _maximise(passes: Passes, probabilities: Array, pseudo: Array) -> tuple[Array, Array]:
    """Return confusion (n_workers, n_classes, n_classes) and prior (n_classes,) given the items' probabilities."""
    counts = passes.count(probabilities) + pseudo
    # A class that a worker never met, without a prior: nothing is known, so all their answers are equally likely.
    used = counts.sum(axis=1, keepdims=True) > 0
    counts = np.where(used, np.maximum(counts, LEAST), 0.0)
    totals = counts.sum(axis=2, keepdims=True)
    confusion = np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), 1.0 / counts.shape[2])
    return confusion, class_prior(passes.answers, probabilities)
