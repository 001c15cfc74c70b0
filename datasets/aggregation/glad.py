"""GLAD: worker ability and item difficulty."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from datasets.aggregation import many_classes
from datasets.aggregation.answers import Answers
from datasets.aggregation.majority import majority
from datasets.aggregation.passes import class_prior, softmax
from datasets.aggregation.result import Result

Array = NDArray[np.float64]
STEPS = 10  # of the inner search, in each M-step


def glad(answers: Answers, *, max_iterations: int = 50, tolerance: float = 1e-4) -> Result:
    """Estimate labels, worker ability and item ease by expectation maximisation.

    Model: P(w is right about i) = σ(α_w · β_i), with ability α_w (negative: mostly wrong) and ease β_i = exp(b_i); when wrong,
    all other classes are equally likely. Priors α_w ~ N(1, 1), b_i ~ N(0, 1).

    - E: q_i[t] ∝ π[t] · Π_w (σ(α_w β_i) if w said t, else (1 − σ(α_w β_i)) ÷ (n_classes − 1)).
    - M: ascend Σ_(answers) [r · log σ(αβ) + (1 − r) · log σ(−αβ)] + log priors in α and b by L-BFGS, r = q_i[a_wi].

    With very many classes it is the one-coin model (see `many_classes`).

    Args:
        answers: the answers; a gold item keeps its class.
        max_iterations: at least 1.
        tolerance: stop when the mean change of an item's probabilities falls under it.

    Returns:
        A Result; worker_accuracy is σ(α_w · mean β).

    Raises:
        ValueError: no iteration.

    Example:
        >>> a = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 0]), 2, 3, 2)
        >>> glad(a).labels
        array([1, 0])

    Source: J. Whitehill et al., "Whose vote should count more: optimal integration of labels from labelers of unknown
    expertise", NIPS 22, 2009.
    """
    from scipy.optimize import minimize  # here, because nothing else needs it: half a second and 50 MB per process

    if max_iterations < 1:
        raise ValueError("max_iterations must be at least 1")
    if many_classes.is_so(answers):
        return many_classes.one_coin(answers)
    n_workers, n_items, n_classes = answers.n_workers, answers.n_items, answers.n_classes
    items, workers, classes = answers.items, answers.workers, answers.classes
    probabilities, ability, ease = majority(answers).probabilities, np.ones(n_workers), np.zeros(n_items)
    prior, converged, iteration = class_prior(answers, probabilities), len(answers) == 0, 0
    while not converged and iteration < max_iterations:
        iteration += 1
        right = probabilities[items, classes]

        def loss(point: Array, right: Array = right) -> tuple[float, Array]:
            a, b = point[:n_workers], point[n_workers:]
            strength = np.exp(np.minimum(b, 20.0))[items]
            x = a[workers] * strength
            value = (
                -(right * log_expit(x) + (1 - right) * log_expit(-x)).sum()
                + ((a - 1) ** 2).sum() / 2
                + (b**2).sum() / 2
            )
            slope = expit(x) - right
            by_worker = np.bincount(workers, weights=slope * strength, minlength=n_workers) + a - 1
            by_item = np.bincount(items, weights=slope * x, minlength=n_items) + b
            return float(value), np.concatenate([by_worker, by_item])

        found = minimize(
            loss, np.concatenate([ability, ease]), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}
        ).x
        ability, ease = found[:n_workers], found[n_workers:]
        prior = class_prior(answers, probabilities, pseudo=1.0)
        x = ability[workers] * np.exp(ease)[items]
        # All classes count as wrongly given except the answered one, whose logarithm replaces the other.
        gain = log_expit(x) - log_expit(-x) + np.log(max(n_classes - 1, 1))
        new = answers.settle(softmax(answers.tally(gain) + np.log(prior)))
        change = np.abs(new - probabilities).sum() / 2 / answers.answered
        probabilities, converged = new, bool(change < tolerance)
    probabilities[answers.per_item == 0] = prior
    accuracy = expit(ability * np.exp(ease).mean()) if n_items else expit(ability)
    return Result(answers.settle(probabilities), None, prior, accuracy, iteration, converged)
