"""Signs that someone does not do the work: one key, too fast, at random."""

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from datasets.aggregation.answers import Answers

FEWEST = 20  # answers before anything is said about anyone
ONE_KEY = 0.9
SURE = 1e-4  # probability that an honest person is named
FAST = 1 / 3  # of the crowd's usual time
LUCK = 0.1  # above guessing: a person whose quality is certainly lower answers at random


def suspicion(
    answers: Answers, labels: NDArray[np.int64], quality: NDArray[np.float64], milliseconds: NDArray[np.float64]
) -> list[list[str]]:
    """Return for each worker what makes them suspicious: any of "one key", "too fast" and "at random".

    - one key: at least ONE_KEY of their answers are one class. The probability that an honest person, whose items have that
      class as often as the labels say, gives that many is under SURE;
    - too fast: their median time per answer is under FAST of the median worker's;
    - at random: their quality plus two standard errors is still under guessing + LUCK.

    It is a reason to look, not a verdict. Nobody with fewer than FEWEST answers is named.

    Args:
        answers: all answers.
        labels: shape (n_items,), the labels of the items, −1 if it is none of the classes.
        quality: shape (n_workers,), the expected share of right answers, NaN if unknown.
        milliseconds: shape (n_workers,), their median time per answer, NaN if unknown.
    """
    found: list[list[str]] = [[] for _ in range(answers.n_workers)]
    usual = float(np.nanmedian(milliseconds)) if np.isfinite(milliseconds).any() else float("nan")
    guess = 1 / max(answers.n_classes, 2)
    order = np.argsort(answers.workers, kind="stable")
    ends = np.cumsum(answers.per_worker)
    for worker in np.flatnonzero(answers.per_worker >= FEWEST).tolist():
        mine = order[ends[worker] - answers.per_worker[worker] : ends[worker]]
        count = len(mine)
        votes = np.bincount(answers.classes[mine], minlength=answers.n_classes)
        top = int(votes.argmax())
        expected = (float((labels[answers.items[mine]] == top).sum()) + 1) / (count + 2)
        honest = expected * 0.95 + (1 - expected) * 0.05
        if votes[top] >= ONE_KEY * count and bdtrc(votes[top] - 1, count, honest) < SURE:
            found[worker].append("one key")
        if milliseconds[worker] < FAST * usual:
            found[worker].append("too fast")
        if quality[worker] + 2 * sqrt(quality[worker] * (1 - quality[worker]) / count) < guess + LUCK:
            found[worker].append("at random")
    return found
