"""Dawid–Skene: each worker has a confusion matrix, learned together with the labels."""

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.answers import Answers
from datasets.aggregation.majority import majority
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

    Each worker's rows start from a Dirichlet prior with parameters `smoothing` (every cell) and `diagonal` (added for the
    right answer); both 0 is the method as published, under which a worker with few answers is believed without doubt.

    Args:
        answers: the answers; an item without any gets π.
        smoothing, diagonal: pseudo-answers, at least 0.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities (half the L1 distance) falls under it.

    Returns:
        A Result with confusion matrices.

    Raises:
        ValueError: a negative prior or no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> dawid_skene(a, smoothing=0.1, diagonal=1.0).labels
        array([1, 0])

    Source: A. P. Dawid and A. M. Skene, "Maximum likelihood estimation of observer error-rates using the EM algorithm",
    Applied Statistics 28(1), 1979.
    """
    if smoothing < 0 or diagonal < 0 or max_iterations < 1:
        raise ValueError("smoothing and diagonal must not be negative, max_iterations at least 1")
    n_workers, n_classes = answers.n_workers, answers.n_classes
    given = answers.given
    answered = given.T.tocsr()
    probabilities = majority(answers).probabilities
    has_answers = np.bincount(answers.items, minlength=answers.n_items) > 0
    pseudo = smoothing + diagonal * np.eye(n_classes)
    confusion: Array = np.zeros((n_workers, n_classes, n_classes))
    prior = np.full(n_classes, 1.0 / n_classes)
    converged, iteration = len(answers) == 0, 0
    while not converged and iteration < max_iterations:
        iteration += 1
        confusion, prior = _maximise(answered, probabilities, has_answers, pseudo, n_workers)
        new = _expect(given, confusion, prior)
        change = np.abs(new - probabilities).sum() / 2 / max(int(has_answers.sum()), 1)
        probabilities, converged = new, bool(change < tolerance)
    accuracy = np.einsum("t,wtt->w", prior, confusion)
    return Result(probabilities, confusion, prior, accuracy, iteration, converged)


def _maximise(
    answered: object, q: Array, has_answers: NDArray[np.bool_], pseudo: Array, n_workers: int
) -> tuple[Array, Array]:
    """Return confusion (n_workers, n_classes, n_classes) and prior (n_classes,) given the items' probabilities."""
    n_classes = q.shape[1]
    # (n_workers · answered class, true class) -> (worker, true, answered)
    counts = np.asarray(answered @ q).reshape(n_workers, n_classes, n_classes).transpose(0, 2, 1) + pseudo  # type: ignore[operator]
    totals = counts.sum(axis=2, keepdims=True)
    # A class a worker never met, without a prior: nothing is known, so every answer is as likely.
    confusion = np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), 1.0 / n_classes)
    prior = q[has_answers].mean(axis=0)
    return confusion, prior


def _expect(given: object, confusion: Array, prior: Array) -> Array:
    """Return the items' probabilities (n_items, n_classes)."""
    n_workers, n_classes, _ = confusion.shape
    tiny = np.finfo(np.float64).tiny
    by_answer = np.log(np.maximum(confusion, tiny)).transpose(0, 2, 1).reshape(n_workers * n_classes, n_classes)
    log_q = np.asarray(given @ by_answer) + np.log(np.maximum(prior, tiny))
    q: Array = np.exp(log_q - log_q.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    return q
