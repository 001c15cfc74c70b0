"""When to stop asking: whether the next answer to an item is worth its price."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.aggregation.answers import Answers
from datasets.aggregation.communities import communities
from datasets.aggregation.result import Result

Array = NDArray[np.float64]
LOOKED_AT = 4  # classes of an item that are considered one by one; the others count as one more outcome


@dataclass(frozen=True)
class Policy:
    """How many answers an item gets: `start`, then more while the next is worth its price, at most `most`.

    Attributes:
        start, most: the fewest and most answers of an item, 1 ≤ start ≤ most.
        worth: the value of a right label, counted in answers (its value ÷ the price of an answer), above 0.
        ahead: how many answers to look ahead, at least 1: one answer often does not overturn two that agree.

    Raises:
        ValueError: numbers outside these.
    """

    start: int = 2
    most: int = 10
    worth: float = 100.0
    ahead: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.start <= self.most:
            raise ValueError("start must be at least 1, and most at least start")
        if self.worth <= 0 or self.ahead < 1:
            raise ValueError("worth must be above 0, ahead at least 1")


def crowd_matrix(answers: Answers, result: Result) -> Array:
    """Return what the next answer would say, whoever gives it: shape (n_classes, n_classes), truth × answer.

    It is the mean of the workers' confusion matrices, each weighted by their share of the answers.
    """
    n_classes = answers.n_classes
    if result.confusion is not None and len(answers):
        return np.asarray(np.tensordot(answers.per_worker / len(answers), result.confusion, axes=(0, 0)))
    right = mean_accuracy(answers, result)
    return np.where(np.eye(n_classes, dtype=bool), right, (1 - right) / max(n_classes - 1, 1))


def mean_accuracy(answers: Answers, result: Result) -> float:
    """Return the share of right answers, over answers; 0.75 if nothing is known."""
    there = (answers.per_worker > 0) & np.isfinite(result.worker_accuracy)
    if not there.any():
        return 0.75
    return float(np.average(result.worker_accuracy[there], weights=answers.per_worker[there]))


def gain(probabilities: Array, crowd: Array, ahead: int = 3) -> Array:
    """Return how much likelier a right label becomes with each further answer, shape (n_items,).

    The value of sample information: with q an item's probabilities and Θ the crowd's matrix, after h answers a₁…a_h the label
    is the class with the largest q[t] · Π Θ[t, a_j]. Its expected probability is V_h = Σ_(a₁…a_h) max_t q[t] · Π Θ[t, a_j]. The
    gain per answer is the maximum over h ≤ `ahead` of (V_h − max_t q[t]) ÷ h: looking only one answer ahead would stop when two
    are needed to change a label. An item on which the crowd is split keeps its gain, however many answers it has.

    Args:
        probabilities: shape (n_items, n_classes), rows sum to 1.
        crowd: shape (n_classes, n_classes), truth × answer, rows sum to 1.
        ahead: at least 1; the cost grows as 5^ahead.

    Example:
        >>> crowd = np.array([[0.8, 0.2], [0.2, 0.8]])
        >>> gain(np.array([[0.5, 0.5], [0.99, 0.01]]), crowd).round(3)
        array([0.3, 0. ])

    Source: H. Raiffa and R. Schlaifer, "Applied Statistical Decision Theory", 1961 (expected value of sample information); for
    labels V. S. Sheng, F. Provost and P. G. Ipeirotis, "Get another label?", KDD 2008.
    """
    n_items, n_classes = probabilities.shape
    kept = min(n_classes, LOOKED_AT)
    chosen = np.argsort(-probabilities, axis=1, kind="stable")[:, :kept]
    now = np.take_along_axis(probabilities, chosen, axis=1)
    ways = [crowd[chosen, chosen[:, [way]]] for way in range(kept)]  # P(answer is the way-th class | each kept truth)
    if n_classes > kept:
        ways.append(np.clip(1 - sum(ways), 0.0, 1.0))
    best, joint = np.zeros(n_items), [now]
    for steps in range(1, ahead + 1):
        joint = [one * way for one in joint for way in ways]
        reached = sum((one.max(axis=1) for one in joint), np.zeros(n_items))
        best = np.maximum(best, (reached - now.max(axis=1)) / steps)
    return np.maximum(best, 0.0)


def gain_of(answers: Answers, result: Result, ahead: int = 3) -> Array:
    """Return `gain` for a result, shape (n_items,). With very many classes, only right and wrong are distinguished."""
    if isinstance(result.table, np.ndarray):
        return gain(result.from_answers, crowd_matrix(answers, result), ahead)
    return gain_of_certainty(result.confidence, mean_accuracy(answers, result), ahead)


def gain_of_certainty(certainty: Array, accuracy: float, ahead: int = 3) -> Array:
    """Return `gain` if only the certainty of a label and the accuracy of people are known; both from 0 to 1."""
    right = float(np.clip(accuracy, 0.5, 0.999))
    table = np.column_stack([certainty, 1 - certainty])
    return gain(table, np.array([[right, 1 - right], [1 - right, right]]), ahead)


@dataclass(frozen=True)
class Step:
    """A moment of a replay: how many answers had been asked for, and how good the labels were."""

    asked: int
    accuracy: float | None
    confidence: float


@dataclass(frozen=True)
class Replay:
    """What a policy would have asked for from recorded answers, and got.

    Attributes:
        policy: what was tried.
        stopped: where the policy itself stopped.
        path: moments from `start` answers per item, most wanted first, to where the policy stops or, if that is later and
            truth is given, to where labels are as right as the vote.
        recorded: how many answers there are.
        majority: the accuracy of the vote over all recorded answers, ties counted by their share; None without truth.
        full: the accuracy of the default model over all recorded answers.
        split: items that were asked `most` times, or as often as was recorded, and still needed more.
    """

    policy: Policy
    stopped: Step
    path: list[Step]
    recorded: int
    majority: float | None
    full: float | None
    split: int

    @property
    def saved(self) -> float:
        """The share of recorded answers that the policy did not ask for."""
        return 1 - self.stopped.asked / self.recorded if self.recorded else 0.0

    @property
    def saved_at_majority(self) -> float | None:
        """The share of answers not asked for when the labels first were as right as the vote over all of them."""
        if self.majority is None or not self.recorded:
            return None
        reached = [one.asked for one in self.path if one.accuracy is not None and one.accuracy >= self.majority]
        return 1 - min(reached) / self.recorded if reached else 0.0


SHARE = 0.04  # share of all items that are asked again between two moments of the path


def replay(answers: Answers, policy: Policy, truth: NDArray[np.int64] | None = None, seed: int | None = None) -> Replay:
    """Ask for recorded answers as a policy would have.

    Args:
        answers: all that was recorded.
        policy: what to try.
        truth: shape (n_items,), the true classes, −1 if unknown; the policy does not see it.
        seed: of the order of an item's answers; None for the recorded order.

    Returns:
        A Replay.
    """
    rank = _rank(answers, seed)
    wanted = np.full(answers.n_items, policy.start)
    goal = _of_majority(answers, truth)
    path: list[Step] = []
    stopped, split = None, 0
    while True:
        asked = rank < wanted[answers.items]
        part = answers.only(asked)
        result = communities(part)
        step = Step(int(asked.sum()), accuracy(result.labels, truth), float(result.confidence.mean()))
        path.append(step)
        gained = gain_of(part, result, policy.ahead)
        worth = gained * policy.worth > 1
        more = wanted < np.minimum(policy.most, answers.per_item)
        if stopped is None and not (worth & more).any():
            stopped, split = step, int((worth & ~more).sum())
        left = np.flatnonzero(more)
        as_right = goal is None or any((one.accuracy or 0.0) >= goal for one in path)
        if not len(left) or (stopped is not None and as_right):
            break
        first = left[np.argsort(-gained[left], kind="stable")][: max(1, round(SHARE * answers.n_items))]
        if stopped is None:  # never an answer that the policy itself would not have asked for
            first = first[worth[first]]
        wanted[first] += 1
    full = accuracy(communities(answers).labels, truth)
    return Replay(policy, stopped or step, path, len(answers), goal, full, split)


def _rank(answers: Answers, seed: int | None) -> NDArray[np.int64]:
    """Return the index of each answer among its item's answers, from 0, shape (n_answers,)."""
    order = np.arange(len(answers)) if seed is None else np.random.default_rng(seed).permutation(len(answers))
    sorted_ = order[np.argsort(answers.items[order], kind="stable")]
    start = np.cumsum(answers.per_item) - answers.per_item
    rank = np.empty(len(answers), np.int64)
    rank[sorted_] = np.arange(len(answers)) - np.repeat(start, answers.per_item)
    return rank


def accuracy(labels: NDArray[np.int64], truth: NDArray[np.int64] | None) -> float | None:
    """Return the share of right labels among items whose truth is known; None if there are none."""
    if truth is None or not (truth >= 0).any():
        return None
    return float((labels == truth)[truth >= 0].mean())


def _of_majority(answers: Answers, truth: NDArray[np.int64] | None) -> float | None:
    if truth is None or not (truth >= 0).any():
        return None
    counts = answers.counts()
    top = counts == counts.max(axis=1, keepdims=True)
    known = np.flatnonzero(truth >= 0)
    return float((top[known, truth[known]] / top[known].sum(axis=1)).mean())
