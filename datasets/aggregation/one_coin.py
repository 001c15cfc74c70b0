"""One-coin Dawid–Skene: each worker has one accuracy, whatever the class."""

import numpy as np

from datasets.aggregation import many_classes
from datasets.aggregation.answers import Answers
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import Passes, by_answer, class_prior
from datasets.aggregation.result import Result


def one_coin(
    answers: Answers,
    *,
    right: float = 2.0,
    wrong: float = 1.0,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
) -> Result:
    """Estimate labels and one accuracy per worker by expectation maximisation.

    Model: worker w is right with probability p_w; when wrong, all other classes are equally likely: Θ_w[t, a] = p_w if a = t,
    else (1 − p_w) ÷ (n_classes − 1).

    - Start: q_i = the majority vote's probabilities.
    - M: p_w = (right + Σ_i q_i[a_wi]) ÷ (right + wrong + answers of w);  π ∝ Σ_i q_i.
    - E: q_i[t] ∝ π[t] · Π_w Θ_w[t, a_wi].

    It has fewer parameters than Dawid–Skene: it is better if workers gave few answers, worse if they confuse particular
    classes.

    Args:
        answers: the answers; a gold item keeps its class.
        right, wrong: pseudo-answers of each worker (the Beta prior of p_w), above 0.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities falls under it.

    Returns:
        A Result; its confusion matrices follow from the accuracies.

    Raises:
        ValueError: a prior that is not above 0, or no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> one_coin(a).labels
        array([1, 0])

    Source: Y. Zhang, X. Chen, D. Zhou and M. I. Jordan, "Spectral methods meet EM", JMLR 17, 2016 (the one-coin model).
    """
    if right <= 0 or wrong <= 0 or max_iterations < 1:
        raise ValueError("right and wrong must be above 0, max_iterations at least 1")
    if many_classes.is_so(answers):
        return many_classes.one_coin(answers, max_iterations, tolerance, right, wrong)
    n_classes = answers.n_classes
    passes, same = Passes(answers), np.eye(n_classes, dtype=bool)
    probabilities = majority(answers).probabilities
    converged, iteration = len(answers) == 0, 0
    accuracy, prior = np.full(answers.n_workers, right / (right + wrong)), class_prior(answers, probabilities)
    while not converged and iteration < max_iterations:
        iteration += 1
        hits = passes.count(probabilities)[:, same].sum(axis=1)
        accuracy = (hits + right) / (answers.per_worker + right + wrong)
        prior = class_prior(answers, probabilities, pseudo=1.0)
        converged = passes.expect(by_answer(np.log(_matrices(accuracy, same))), prior, probabilities) < tolerance
    probabilities[answers.per_item == 0] = prior
    return Result(answers.settle(probabilities), _matrices(accuracy, same), prior, accuracy, iteration, converged)


def _matrices(accuracy: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the workers' confusion matrices, shape (n_workers, n_classes, n_classes)."""
    if len(same) == 1:
        return np.ones((len(accuracy), 1, 1))
    return np.where(same, accuracy[:, None, None], (1 - accuracy[:, None, None]) / (len(same) - 1))
