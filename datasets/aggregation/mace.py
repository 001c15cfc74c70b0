"""MACE: workers who know, and workers who spam."""

import numpy as np
from scipy.special import digamma

from datasets.aggregation import many_classes
from datasets.aggregation.answers import Answers
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import softmax
from datasets.aggregation.result import Result


def mace(
    answers: Answers,
    *,
    knowing: float = 0.5,
    spamming: float = 0.5,
    habit: float = 10.0,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
) -> Result:
    """Estimate labels, how often each worker spams, and what they say when they do, by variational Bayes.

    Model: for each answer, worker w spams with probability s_w and then says a with probability ξ_w[a], whatever the item.
    Otherwise w says the truth, and all classes are equally probable. s_w ~ Beta(spamming, knowing), ξ_w ~ Dirichlet(habit).

    - E: q_i[t] ∝ Π_w (s_w · ξ_w[a] + (1 − s_w) · [a = t]); an answer was known with
      Σ_t q_i[t] · [a = t] · (1 − s_w) ÷ (s_w · ξ_w[a] + 1 − s_w).
    - M: s_w and ξ_w from the expected counts, with exp(ψ(count + prior) − ψ(total + prior)) instead of shares.

    With very many classes it is the one-coin model (see `many_classes`).

    Args:
        answers: the answers; a gold item keeps its class.
        knowing, spamming, habit: the priors, above 0.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities falls under it.

    Returns:
        A Result; worker_accuracy is the expected share of right answers, known or lucky.

    Raises:
        ValueError: a prior that is not above 0, or no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> mace(a).labels
        array([1, 0])

    Source: D. Hovy, T. Berg-Kirkpatrick, A. Vaswani and E. Hovy, "Learning whom to trust with MACE", NAACL-HLT, 2013.
    """
    if min(knowing, spamming, habit) <= 0 or max_iterations < 1:
        raise ValueError("the priors must be above 0, max_iterations at least 1")
    if many_classes.is_so(answers):
        return many_classes.one_coin(answers)
    n_workers, n_classes = answers.n_workers, answers.n_classes
    items, workers, classes = answers.items, answers.workers, answers.classes
    habits = workers.astype(np.int64) * n_classes + classes
    probabilities = majority(answers).probabilities
    known = probabilities[items, classes] * 0.8  # for each answer: the probability that its author knew
    converged, iteration, tiny = len(answers) == 0, 0, np.finfo(np.float64).tiny
    while not converged and iteration < max_iterations:
        iteration += 1
        knew = np.bincount(workers, weights=known, minlength=n_workers)
        spam = np.bincount(habits, weights=1 - known, minlength=n_workers * n_classes).reshape(n_workers, n_classes)
        whole = digamma(answers.per_worker + knowing + spamming)
        log_spam = digamma(answers.per_worker - knew + spamming) - whole
        log_know = digamma(knew + knowing) - whole
        said = spam + habit
        log_said = digamma(said) - digamma(said.sum(axis=1, keepdims=True))
        spammed = np.exp(log_spam[workers] + log_said[workers, classes])
        knowingly = np.exp(log_know[workers])
        gain = np.log(spammed + knowingly + tiny) - np.log(spammed + tiny)
        new = answers.settle(softmax(answers.tally(gain)))
        known = new[items, classes] * knowingly / (spammed + knowingly + tiny)
        change = np.abs(new - probabilities).sum() / 2 / answers.answered
        probabilities, converged = new, bool(change < tolerance)
    right = np.bincount(workers, weights=probabilities[items, classes], minlength=n_workers)
    accuracy = np.where(answers.per_worker > 0, right / np.maximum(answers.per_worker, 1), np.nan)
    prior = probabilities[answers.per_item > 0].mean(axis=0) if len(answers) else np.full(n_classes, 1 / n_classes)
    probabilities[answers.per_item == 0] = prior
    return Result(answers.settle(probabilities), None, prior, accuracy, iteration, converged)
