"""How long an answer takes: measured if people have answered, otherwise what such questions usually take."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.models import Question
from annotator.server import sql

USUAL_SECONDS = {"choice": 6.0, "scale": 8.0, "text": 40.0, "span": 30.0, "box": 35.0, "pair": 10.0, "set": 30.0}
PRIOR_SPREAD = 0.7  # of the logarithm: a usual time is assumed to be right within a factor of about two
BETWEEN_PEOPLE = 0.4  # the same for how people whom we have not seen yet differ
MOST_WITHIN = 1.5  # variance within people; more is not work, but pages left open and keys pressed twice
Z80 = 1.2816
LATEST = 2000  # the most answers that are read

_TIMES = """
SELECT worker_id, avg(ln(active_ms / 1000.0))::float, var_samp(ln(active_ms / 1000.0))::float, count(*)::int
FROM (SELECT a.worker_id, a.active_ms FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
      WHERE t.question_id = %(question)s::bigint AND a.active_ms > 0 AND NOT a.decision AND NOT a.imported
      ORDER BY a.created_at DESC LIMIT %(latest)s::int) latest
GROUP BY worker_id
"""


@dataclass(frozen=True)
class Range:
    """A figure with its 80% interval, and in words what it rests on."""

    low: float
    middle: float
    high: float
    rests_on: str = ""

    def times(self, factor: float) -> "Range":
        """Return the same range in another unit."""
        return Range(self.low * factor, self.middle * factor, self.high * factor, self.rests_on)


def exactly(value: float, rests_on: str = "") -> Range:
    """Return a known figure as a range without width."""
    return Range(value, value, value, rests_on)


def usual_seconds(question: Question) -> float:
    """Return how long an answer to a question of its kind usually takes, in seconds."""
    return USUAL_SECONDS.get(question.kind, 20.0)


def interval(draws: NDArray[np.float64], rests_on: str = "") -> Range:
    """Return the median and the 80% interval of draws of a figure."""
    low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9]).tolist()
    return Range(low, middle, high, rests_on)


def seconds_an_answer(question: Question) -> Range:
    """Return the mean time at work on one answer of a question, in seconds. See `mean_time`."""
    rows = sql.rows(_TIMES, question=question.pk, latest=LATEST)
    return mean_time(usual_seconds(question), [(mean, variance, count) for _, mean, variance, count in rows])


def mean_time(usual: float, people: list[tuple[float, float | None, int]]) -> Range:
    """Return the mean time of an answer with its 80% interval, in seconds.

    Times are assumed to be log-normal: log t = m + p + e, with m the question's, p a person's own (spread 0.4) and e the
    answer's. Before anyone has answered, m is the logarithm of the usual time, right within a factor of two (spread 0.7). Each
    person's mean adds 1 / (0.4² + s² / n) of evidence. The mean time is exp(m + s² / 2 + 0.4² / 2).

    Args:
        usual: seconds that such a question usually takes.
        people: the mean and variance of the logarithms of a person's times, and their number, for each person.
    """
    weighted = [(mean, variance or 0.5, count) for mean, variance, count in people]
    total = sum(count for *_, count in weighted)
    within = min(MOST_WITHIN, sum(variance * count for _, variance, count in weighted) / total) if total else 0.5
    precision = 1 / PRIOR_SPREAD**2
    middle = math.log(usual) * precision
    for mean, variance, count in weighted:
        evidence = 1 / (BETWEEN_PEOPLE**2 + variance / count)
        middle, precision = middle + mean * evidence, precision + evidence
    middle /= precision
    up = (within + BETWEEN_PEOPLE**2) / 2 if total else 0.0  # a usual time is already a mean
    spread = Z80 / math.sqrt(precision)
    rests = (
        f"{total:,} answers of {len(people)} {'people' if len(people) != 1 else 'person'}"
        if total
        else "what such questions usually take; nobody has answered yet"
    )
    return Range(math.exp(middle + up - spread), math.exp(middle + up), math.exp(middle + up + spread), rests)
