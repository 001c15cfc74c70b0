"""How often a worker is right: an estimate and an interval that account for an uncertain truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from datasets.aggregation.answers import UNKNOWN, Answers
from datasets.aggregation.passes import LEAST, Passes, softmax

Array = NDArray[np.float64]
POINTS = 199  # of the grid of a worker's accuracy
BINS = 64  # into which the answers' evidence is sorted, so that the cost does not grow with the answers
LEVEL = 0.95
ROUNDS = 30
STRANGERS = 4.0  # pseudo-workers of unknown accuracy, added to the crowd
PULL = 0.5  # the weight of the crowd's own distribution in a worker's prior
DOUBTS = 9  # shares of misled items that are considered
HABIT = 2.0  # pseudo-answers, spread over the classes, added to a worker's own when their habit is computed


@dataclass(frozen=True)
class Skill:
    """Accuracy of each worker with an interval, each of shape (n_workers,); NaN if a worker gave no answer."""

    accuracy: Array
    low: Array
    high: Array


def skill(
    workers: NDArray[np.integer],
    right: Array,
    wrong: Array,
    n_workers: int,
    tested: NDArray[np.bool_] | None = None,
    misled: tuple[float, float] = (0.0, 0.0),
) -> Skill:
    """Return how often each worker is right.

    An answer is evidence of its worker's accuracy p by what the *others* say about its item. Its likelihood is p · right + (1 −
    p) · wrong: `right` is the probability that the truth is what was answered, and `wrong` the probability that it is something
    else and a worker who errs says this. The worker's own answer is not included: an answer does not vouch for itself. So an
    item on which others are unsure says little, and the interval is accordingly wide.

    The prior of p is half Jeffreys' and half the crowd's own distribution. The latter is found from all workers by maximum
    likelihood with STRANGERS workers of unknown accuracy: a crowd's good name does not extend to a spammer.

    If a share ε of items misleads everyone, the worker agrees with the others there and is wrong: the accuracy is (1 − ε) · p,
    with ε a Beta distribution whose mean and strength are given.

    Args:
        workers, right, wrong: one entry per answer.
        n_workers: how many there are.
        tested: which answers are to items whose truth is known; `right` is 1 or 0 there.
        misled: mean of ε, and the number of items that it is known from; a mean of 0 for none.

    Example:
        >>> found = skill(np.zeros(20, int), np.ones(20), np.zeros(20), 1)
        >>> bool(found.low[0] < 0.95 < found.accuracy[0] <= found.high[0])
        True

    Source: Jeffreys' interval, L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion",
    Statistical Science 16, 2001; the distribution of a crowd by nonparametric maximum likelihood, N. Laird, JASA 73, 1978.
    """
    grid = (np.arange(POINTS) + 0.5) / POINTS
    shares, weights = _doubt(*misled)
    tested = np.zeros(len(workers), bool) if tested is None else tested
    likely = _likelihood(workers[~tested], right[~tested], wrong[~tested], n_workers, grid)
    mean = float(shares @ weights)
    likely += _likelihood(workers[tested], right[tested], 1 - right[tested], n_workers, (1 - mean) * grid)
    likely -= likely.max(axis=1, keepdims=True)
    chance = np.exp(likely)
    count = np.bincount(workers, minlength=n_workers)
    plain = 1 / np.sqrt(grid * (1 - grid))
    plain /= plain.sum()
    posterior = chance * ((1 - PULL) * plain + PULL * _crowd(chance[count > 0], plain))
    posterior /= posterior.sum(axis=1, keepdims=True)
    reached = np.concatenate([np.zeros((n_workers, 1)), posterior.cumsum(axis=1)], axis=1)
    edges = np.arange(POINTS + 1) / POINTS
    found = np.stack(
        [_quantile(edges, reached, shares, weights, at) for at in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)], axis=1
    )
    low, _, high = found.T
    accuracy = posterior @ grid * (1 - mean)
    none = count == 0
    low, high, accuracy = (np.where(none, np.nan, one) for one in (low, high, accuracy))
    return Skill(accuracy, np.minimum(low, accuracy), np.maximum(high, accuracy))


def _likelihood(workers: NDArray[np.integer], right: Array, wrong: Array, n_workers: int, grid: Array) -> Array:
    """Return the log-likelihood of each worker's answers at each accuracy, shape (n_workers, POINTS)."""
    if not len(workers):
        return np.zeros((n_workers, len(grid)))
    share = np.clip(right / np.maximum(right + wrong, 1e-12), 0.0, 1.0)
    # Bins are narrow at both ends, where the evidence is strong.
    place = np.minimum((np.arcsin(np.sqrt(share)) * 2 / np.pi * BINS).astype(np.int64), BINS - 1)
    cells = workers.astype(np.int64) * BINS + place
    counts = np.bincount(cells, minlength=n_workers * BINS).reshape(n_workers, BINS)
    whole = np.bincount(place, minlength=BINS)
    middle = np.bincount(place, weights=share, minlength=BINS) / np.maximum(whole, 1)
    table = np.log(np.maximum(np.outer(middle, grid) + np.outer(1 - middle, 1 - grid), 1e-12))
    return np.asarray(counts @ table)


def _crowd(chance: Array, plain: Array) -> Array:
    """Return the crowd's distribution of accuracy, shape (POINTS,)."""
    shares = plain.copy()
    for _ in range(ROUNDS):
        member = chance * shares
        member /= np.maximum(member.sum(axis=1, keepdims=True), 1e-300)
        shares = (member.sum(axis=0) + STRANGERS * plain) / (len(chance) + STRANGERS)
    return shares


def _doubt(mean: float, strength: float) -> tuple[Array, Array]:
    """Return shares of misled items and their probabilities, both of shape (n,)."""
    if mean <= 0 or strength <= 0:
        return np.zeros(1), np.ones(1)
    at = (np.arange(DOUBTS) + 0.5) / DOUBTS
    return np.asarray(betaincinv(mean * strength, (1 - mean) * strength, at)), np.full(DOUBTS, 1 / DOUBTS)


def _quantile(edges: Array, reached: Array, shares: Array, weights: Array, at: float) -> Array:
    """Return the quantile of (1 − ε) · p for each worker, from p's cumulative distribution at the edges; shape (n_workers,)."""
    fine = np.linspace(0, 1, 2 * POINTS + 1)
    total = np.zeros((len(reached), len(fine)))
    for share, weight in zip(shares, weights, strict=True):
        where = np.minimum(fine / (1 - share), 1.0) * POINTS
        left = np.minimum(where.astype(np.int64), POINTS - 1)
        part = where - left
        total += weight * (reached[:, left] * (1 - part) + reached[:, left + 1] * part)
    place = np.minimum((total < at).sum(axis=1), len(fine) - 1)
    before = np.maximum(place - 1, 0)
    rows = np.arange(len(total))
    low, high = total[rows, before], total[rows, place]
    part = np.where(high > low, (at - low) / np.maximum(high - low, 1e-12), 1.0)
    return np.asarray(np.clip(fine[before] + np.clip(part, 0, 1) * (fine[place] - fine[before]), 0, 1))


def on_known(answers: Answers) -> NDArray[np.bool_]:
    """Return which answers are to gold items, shape (n_answers,)."""
    if answers.known is None:
        return np.zeros(len(answers), dtype=bool)
    return np.asarray(answers.known[answers.items] != UNKNOWN)


def judged_by(
    others: Array,
    workers: NDArray[np.integer],
    classes: NDArray[np.integer],
    given: Array,
    known: NDArray[np.integer] | None,
) -> tuple[Array, Array]:
    """Return `right` and `wrong` of answers, see `skill`.

    Args:
        others: shape (n_answers, n_classes), what others say about each answer's item; overwritten.
        workers, classes: of each answer.
        given: shape (n_workers, n_classes), how often each worker gave each class.
        known: the known class of each answer's item, UNKNOWN for the others.
    """
    n_classes = given.shape[1]
    habit = given + HABIT / n_classes
    habit /= habit.sum(axis=1, keepdims=True)
    if known is not None:
        fixed = np.flatnonzero(known != UNKNOWN)
        others[fixed] = np.eye(n_classes)[known[fixed]]
    place = np.arange(len(classes))
    right = others[place, classes].copy()
    others[place, classes] = 0.0
    # A worker who errs says what they also say at other times: if someone always says the same, an error is no surprise.
    said = habit[workers]
    others /= np.maximum(1 - said, LEAST)
    return right, np.minimum(others.sum(axis=1) * said[place, classes], 1.0)


def summed(values: Array, items: NDArray[np.integer], size: int) -> Array:
    """Return the sum over each item's answers, shape (size, n_columns)."""
    columns = [np.bincount(items, weights=column, minlength=size) for column in values.T]
    return np.asarray(np.stack(columns, axis=1), dtype=np.float64)


def in_given_order(answers: Answers, found: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Return columns of answers in the order of `answers`; `found` has the order of `Passes.edges`."""
    right, wrong = np.empty(len(answers)), np.empty(len(answers))
    if len(answers):
        order = np.lexsort((answers.workers, answers.items))
        right[order], wrong[order] = (np.concatenate(column) for column in zip(*found, strict=True))
    return right, wrong


def from_matrices(answers: Answers, confusion: Array, prior: Array) -> Skill:
    """Return how often each worker is right, with what others say computed from everybody's confusion matrix."""
    found, log_prior = [], np.log(np.maximum(prior, LEAST))
    given = np.zeros((answers.n_workers, answers.n_classes))
    np.add.at(given, (answers.workers, answers.classes), 1)
    for rows, items, workers, classes in Passes(answers).edges():
        logs = np.log(np.maximum(confusion[workers, :, classes], LEAST))
        size = rows.stop - rows.start
        total = summed(logs, items, size)
        known = None if answers.known is None else answers.known[rows][items]
        found.append(judged_by(softmax(total[items] - logs + log_prior), workers, classes, given, known))
    return skill(answers.workers, *in_given_order(answers, found), answers.n_workers, on_known(answers))
