"""Scales: judgements without each worker's bias and spread."""

import numpy as np
from scipy.special import ndtr

from datasets.aggregation.answers import UNKNOWN, Answers
from datasets.aggregation.consensus import weighted_median
from datasets.aggregation.result import Result
from datasets.aggregation.skill import from_matrices

BIAS_ANSWERS = 4.0  # answers that hold a worker's bias at 0
SPREAD_ANSWERS = 8.0  # answers that hold a worker's spread at the crowd's


def ordinal(answers: Answers, *, max_iterations: int = 100, tolerance: float = 1e-4) -> Result:
    """Estimate points of a scale, each worker's bias and spread.

    Model: item i lies at x_i ~ N(μ, τ²) on the scale 0 … n_classes − 1; worker w answers x_i + b_w + noise of N(0, s_w²), rounded
    to a point. Priors: b_w at 0 with the weight of BIAS_ANSWERS answers, s_w² at the crowd's with that of SPREAD_ANSWERS.

    Each round:

    - x_i: mean and variance v_i of its normal posterior, Σ_w (a_wi − b_w) ÷ s_w² + μ ÷ τ² over 1 ÷ v_i = Σ_w 1 ÷ s_w² + 1 ÷ τ²;
    - b_w = Σ_i (a_wi − x_i) ÷ (n_w + BIAS_ANSWERS);
    - s_w² = (Σ_i ((a_wi − x_i − b_w)² + v_i) + SPREAD_ANSWERS · s²) ÷ (n_w + SPREAD_ANSWERS), s² the mean over answers;
    - μ, τ² from the x_i.

    The biases' median is taken out: a crowd that is too strict as a whole can't be told from strict items. A point's probability
    is the normal posterior's share between the halves around it, the ends open.

    Args:
        answers: classes are points in their order; a known item keeps its point and shows the workers' bias.
        max_iterations: at least 1.
        tolerance: stop when items move by less, in points, on average.

    Returns:
        A Result; confusion matrices are those that bias and spread make.

    Raises:
        ValueError: no iteration.

    Example:
        >>> items, workers = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
        >>> said = np.array([1, 1, 3, 0, 0, 2, 2, 2, 4, 1, 1, 3])
        >>> ordinal(Answers(items, workers, said, 4, 3, 5)).labels
        array([1, 0, 2, 1])

    Source: the normal model of V. C. Raykar et al., "Learning from crowds", JMLR 11, 2010 (section 5), with biases and priors.
    """
    if max_iterations < 1:
        raise ValueError("max_iterations must be at least 1")
    n_items, n_workers, n_classes = answers.n_items, answers.n_workers, answers.n_classes
    items, workers = answers.items, answers.workers
    said = answers.classes.astype(np.float64)
    given = np.maximum(answers.per_item, 1)
    bias, spread = np.zeros(n_workers), np.full(n_workers, 1.0)
    centre, width = (said.mean(), max(said.var(), 0.25)) if len(said) else ((n_classes - 1) / 2, 1.0)
    place = np.where(answers.per_item > 0, np.bincount(items, weights=said, minlength=n_items) / given, centre)
    variance, converged, iteration = np.full(n_items, width), len(answers) == 0, 0
    known = np.zeros(n_items, dtype=bool) if answers.known is None else answers.known != UNKNOWN
    if answers.known is not None:
        place[known], variance[known] = answers.known[known], 0.0
    while not converged and iteration < max_iterations:
        iteration += 1
        off = said - place[items]
        bias = np.bincount(workers, weights=off, minlength=n_workers) / (answers.per_worker + BIAS_ANSWERS)
        if not known.any():
            bias -= weighted_median(bias.tolist(), np.maximum(answers.per_worker, 1e-9).tolist())
        left = (off - bias[workers]) ** 2 + variance[items]
        crowd = max(float(left.mean()), 0.05)
        spread = (np.bincount(workers, weights=left, minlength=n_workers) + SPREAD_ANSWERS * crowd) / (
            answers.per_worker + SPREAD_ANSWERS
        )
        weight = 1 / spread[workers]
        precision = np.bincount(items, weights=weight, minlength=n_items) + 1 / width
        pulled = np.bincount(items, weights=weight * (said - bias[workers]), minlength=n_items) + centre / width
        new = np.where(known, place, pulled / precision)
        variance = np.where(known, 0.0, 1 / precision)
        there = answers.per_item > 0
        change = float(np.abs(new - place)[there].mean())
        place, converged = new, change < tolerance
        centre = float(place[there].mean())
        width = max(float(place[there].var() + variance[there].mean()), 0.05)
    table = answers.settle(_points(place, np.sqrt(np.maximum(variance, 1e-6)), n_classes))
    prior = table[answers.per_item > 0].mean(axis=0) if len(answers) else np.full(n_classes, 1 / n_classes)
    points = np.arange(n_classes)
    matrices = [
        _points(points + b, np.full(n_classes, np.sqrt(s)), n_classes) for b, s in zip(bias, spread, strict=True)
    ]
    confusion = np.stack(matrices) if matrices else np.zeros((0, n_classes, n_classes))
    accuracy = np.einsum("t,wtt->w", prior, confusion)
    found = from_matrices(answers, confusion, prior)
    return Result(table, confusion, prior, accuracy, iteration, bool(converged), skill=found)


def _points(place: np.ndarray, spread: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the share of a normal distribution that falls on each point, shape (len(place), n_classes)."""
    edges = np.concatenate([[-np.inf], np.arange(n_classes - 1) + 0.5, [np.inf]])
    return np.asarray(np.diff(ndtr((edges - place[:, None]) / spread[:, None]), axis=1))
