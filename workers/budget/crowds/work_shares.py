"""Draws of who does how much of the next batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.budget.crowds.mean_times import Paces
from workers.budget.crowds.people import Crowd, Person

Array = NDArray[np.float64]
UNSTEADY = 0.5  # squared coefficient of variation of a person's share of the work between batches
TURNOVER = (1.0, 4.0)  # Beta: the share of a batch's answers that come from people who did not answer before
JOINS = (2.0, 1.0)  # Beta: the share of those who may answer and have not begun who will ever come
NEW = 6  # drawn people that represent all new ones


@dataclass(frozen=True)
class Doers:
    """Draws of who does a batch: the share of its answers that each person gives, and the pace.

    Those seen come first, then new ones.

    `share`, `pace`: shape (draws, people + new). `like`: for each new one, an index in `pool`: they are paid like that person.
    `stands`: how many people each new one represents, shape (draws,).
    """

    share: Array
    pace: Array
    like: NDArray[np.int64]
    pool: Sequence[Person]
    stands: Array


def doers(crowd: Crowd, found: Paces, rng: np.random.Generator, new: int = NEW) -> Doers:
    """Return draws of who does how much of the next batch.

    People give hours, and answers come at their pace: fast people give more. People seen give about as many hours as before,
    unsteadily: what one did on a single day is half luck. Those who are paused or have left do nothing. The share of people not
    seen yet is, by Good and Turing, that of those seen on one day only, as far as there are people who have not begun. Some
    people change between batches in any case.
    """
    seen, draws = crowd.seen, len(found.between)
    here = np.array([one.here for one in seen], dtype=bool)
    work, fresh, waiting = np.zeros((draws, len(seen))), np.ones(draws), len(crowd.waiting)
    others = (
        np.maximum(1.0, np.round(waiting * rng.beta(*JOINS, draws))) if seen else np.full(draws, float(crowd.workforce))
    )
    if here.any():
        hours = np.array([one.answers * (one.mean or 1.0) for one in seen])
        days = np.array([max(1, one.days) for one in seen], dtype=float)
        mean = (hours * days + hours.mean()) / (days + 1)
        shape = 1 / (UNSTEADY * (1 + 1 / days) + 1 / np.array([one.answers + 0.5 for one in seen]))
        work = mean * here * rng.gamma(shape, 1 / shape, (draws, len(seen))) / found.seen
        once = float((days == 1).sum())
        unseen = rng.beta(once + 0.5, days.sum() - once + 1, draws) * waiting / (waiting + here.sum())
        weight = sum(TURNOVER) + len(crowd.newcomers)
        share = (TURNOVER[0] + sum(crowd.newcomers)) / weight
        changed = rng.beta(share * weight, (1 - share) * weight, draws)
        fresh = 1 - (1 - unseen) * (1 - changed)
        others = np.maximum(1.0, np.round(waiting * rng.beta(*JOINS, draws) + changed * here.sum()))
    stands = np.maximum(1.0, others / new)
    give = (rng.gamma(0.8, 1 / 0.8, (draws, new)) + 1e-6) * (np.arange(new) < others[:, None]) + 1e-12
    pace = (
        found.line[:, :1]
        + found.line[:, 1:] * np.log(give)
        + found.between[:, None] * rng.standard_normal((draws, new))
    )
    parts = [one / np.maximum(one.sum(axis=1, keepdims=True), 1e-300) for one in (work, give / np.exp(pace))]
    pool = crowd.waiting or [one for one in seen if one.here] or seen
    return Doers(
        np.hstack([parts[0] * (1 - fresh)[:, None], parts[1] * fresh[:, None]]),
        np.hstack([found.seen, np.exp(pace)]),
        rng.integers(0, max(1, len(pool)), (draws, new)),
        pool,
        stands,
    )
