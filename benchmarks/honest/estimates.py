"""Whether what a batch is expected to take comes true: batches simulated answer by answer, with the estimate before.

The past of each project (a pilot, sometimes an earlier batch) is written as rows of a database of the bench's own. The
estimate is `workers.budget.estimates.estimate`, as the plan page takes it. What came is counted from the simulation.
"""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.figure import figure
from benchmarks.honest.desks import Came, Conditions, Desk, at
from benchmarks.honest.past import PRICE, begin_database, write

BATCHES, QUICK = 144, 27
MEASURES = ("answers", "money", "hours", "days")


def conditions(kind: str, rng: np.random.Generator) -> Conditions:
    """Draw the conditions of one project of a kind."""
    plain = Conditions(
        people=int(rng.choice([4, 6, 9, 14, 25])),
        skewed=float(rng.uniform(0.4, 1.2)),
        correlated=float(rng.uniform(0.0, 0.8)),
        between=float(rng.uniform(0.2, 0.6)),
        within=float(rng.uniform(0.35, 0.9)),
        seconds=float(6 * np.exp(rng.normal(0, 0.6))),
        overlap=int(rng.choice([1, 2, 3])),
        hours=float(rng.uniform(0.03, 0.3)),
        opens=float(rng.choice([0.0, 8.0, 9.0])),
        closes=float(rng.choice([17.0, 20.0, 24.0])),
        drift=float(rng.uniform(0.0, 0.2)),
        pilot=int(rng.choice([20, 30, 50, 80])),
        test_share=float(rng.choice([0.0, 0.2])),
        items=int(rng.choice([60, 120, 250, 500])),
        earlier=int(rng.choice([0, 0, 100])),
        gap_hours=float(rng.choice([0.2, 3, 20, 70])),
    )
    again = {"again": float(rng.choice([0.9, 0.95, 0.985])), "overlap": 2, "people": int(rng.choice([8, 14, 25]))}
    gold = {"gold": float(rng.uniform(0.05, 0.25)), "known": int(rng.choice([5, 15, 60]))}
    hourly = {"hourly": float(rng.choice([0.3, 0.6, 1.0]))}
    weekdays = {"weekend": 0.0, "opens": 8.0, "closes": 18.0, "items": int(rng.choice([250, 500]))}
    part = {"pilot": 20, "earlier": 0, "gap_hours": 0.2, "opens": 9.0, "closes": 17.0}
    changed = {"replaced": float(rng.choice([0.4, 1.0])), "drift": 0.25}
    found_out = gold | {"spam": 0.15, "people": int(rng.choice([9, 14, 25]))}
    kinds: dict[str, dict[str, Any]] = {
        "plain": {},
        "again": again,
        "gold": gold,
        "found out": found_out,
        "hourly": hourly,
        "weekdays": weekdays,
        "part of a day": part,
        "changed": changed,
        "all": again | gold | hourly | weekdays | changed | {"spam": 0.08},
    }
    # Most projects have known items or ask again: without, the number of answers is known beforehand.
    more = [{}, gold, again, again | gold][int(rng.integers(0, 4))] if kind in ("hourly", "weekdays", "changed") else {}
    return replace(plain, **(more | kinds[kind]))


KINDS = ("plain", "again", "gold", "found out", "hourly", "weekdays", "part of a day", "changed", "all")


@dataclass(frozen=True)
class Outcome:
    """One batch: of each measure the interval, the middle, and what came."""

    kind: str
    ranges: dict[str, tuple[float, float, float]]
    came: dict[str, float]
    fair: tuple[
        float, float, float, float, float, float
    ]  # the share that earns the floor: low, stated, high, true; at the prices

    def where(self, name: str) -> int:
        """Return −1 where it came to less than the interval, 1 where it came to more, else 0."""
        low, _, high = self.ranges[name]
        slack = 1e-6 + (0.5 if name == "answers" else 0.0)  # the page shows whole answers
        return -1 if self.came[name] < low - slack else 1 if self.came[name] > high + slack else 0


def one_batch(kind: str, seed: int) -> Outcome | None:
    """Simulate one project up to the end of its batch; None where the people could not end it."""
    from django.db import transaction

    from tests import make
    from workers.budget import estimates
    from workers.budget.models import BudgetSettings

    rng = np.random.default_rng([seed, KINDS.index(kind)])
    one = conditions(kind, rng)
    desk = Desk(one, rng)
    now = at(
        2026, 3, 2 + int(rng.integers(0, 7)), one.opens + float(rng.uniform(0, max(0.5, one.closes - one.opens - 3)))
    )
    past: list[Came] = []
    next_item = 0
    test_overlap = max(one.overlap, min(one.overlap + 2, one.people - 2))

    def batch_of(count: int) -> tuple[list[int], set[int]]:
        nonlocal next_item
        items = list(range(next_item, next_item + count))
        next_item += count
        return items, set(items[: round(count * one.test_share)])

    for count in [size for size in (one.pilot, one.earlier) if size]:
        items, test = batch_of(count)
        past.append(desk.work(items, test, test_overlap, now))
        now = past[-1].ended + timedelta(hours=one.gap_hours)
        if count == one.pilot and one.earlier:
            desk.pace *= float(np.exp(one.drift * rng.normal()))
    with transaction.atomic():
        with mock.patch("django.utils.timezone.now", lambda: now):
            manager = make.user(f"manager{uuid.uuid4()}")
            project = make.project(manager, money=1_000_000)
            question = make.question(
                project,
                plan="batches",
                price=Decimal(str(PRICE)),
                overlap=one.overlap,
                test_overlap=test_overlap,
                adaptive=bool(one.again),
                most_overlap=max(one.overlap + 3, min(8, one.people - 1)) if one.again else 10,
                gold_rate=one.gold,
            )
            write(question, desk, past, one, test_overlap, manager)
            items, test = batch_of(one.items)
            limit = one.seconds * float(np.exp(rng.normal(0, one.between)))  # who is faster earns the floor
            BudgetSettings.objects.create(project=project, wage_floor=Decimal(str(round(PRICE * 3600 / limit, 2))))
            found = estimates.estimate(question, len(items) - len(test), len(test))
        transaction.set_rollback(True)
    fair = _fair(desk, found, limit)
    desk.changes()
    came = desk.work(items, test, test_overlap, now)
    if len([given for given in came.given if given.item >= 0 and given.person not in came.aside]) < sum(
        came.wanted.values()
    ):
        return None
    ranges = {name: (part.low, part.middle, part.high) for name in MEASURES for part in [getattr(found, name)]}
    counted = {
        "answers": float(len(came.given)),
        "money": came.money(PRICE, desk.people),
        "hours": came.hours(),
        "days": (came.ended - now) / timedelta(days=1),
    }
    return Outcome(kind, ranges, counted, fair)


def _fair(desk: Desk, found: Any, limit: float) -> tuple[float, float, float, float, float, float]:
    """Return what is said of how many earn the floor, what is true, and how many earn it at the prices for more of them."""
    out = {number for number in desk.here if desk.people[number].hourly is not None}
    mean = desk.pace * np.exp(desk.conditions.within**2 / 2)  # of log-normal times, over their median
    paces = np.array([desk.people[number].seconds * mean for number in desk.here if number not in out])
    if not len(paces):
        return (np.nan,) * 6
    earn = found.fair.earn
    at_prices = [float(np.mean(paces <= limit * float(price) / PRICE)) for price in found.fair.prices.values()]
    return earn.low, earn.middle, earn.high, float(np.mean(paces <= limit)), at_prices[0], at_prices[1]


def measure(count: int = BATCHES, first: int = 0) -> list[Outcome]:
    """Return the outcomes of so many batches, of all kinds in turn."""
    found: list[Outcome] = []
    seed = first
    while len(found) < count:
        if outcome := one_batch(KINDS[len(found) % len(KINDS)], seed):
            found.append(outcome)
        seed += 1
    return found


def told(found: list[Outcome]) -> None:
    """Print the share of batches inside each interval, and how far middles are off."""
    names = {"answers": "answers", "money": "money", "hours": "time", "days": "days"}
    for measure_, name in names.items():
        inside = 100 * np.mean([one.where(measure_) == 0 for one in found])
        figure(f"honest.estimate_{name}_coverage_low", inside, "%", ">= 74")
        figure(f"honest.estimate_{name}_coverage_high", inside, "%", "<= 88")
        figure(f"honest.estimate_{name}_under", 100 * np.mean([one.where(measure_) < 0 for one in found]), "%")
        figure(f"honest.estimate_{name}_over", 100 * np.mean([one.where(measure_) > 0 for one in found]), "%")
        off = [one.came[measure_] / max(one.ranges[measure_][1], 1e-9) for one in found]
        figure(f"honest.estimate_{name}_came_over_expected", float(np.median(off)), "ratio")
        wide = [one.ranges[measure_][2] / max(one.ranges[measure_][0], 1e-9) for one in found]
        figure(f"honest.estimate_{name}_width", float(np.median(wide)), "ratio")


def fairness(found: list[Outcome]) -> None:
    """Print how many people earn the floor, stated and true."""
    table = np.array([one.fair for one in found])
    low, middle, high, true, half, nine = table[np.isfinite(table[:, 0])].T
    inside = (true >= low - 1e-9) & (true <= high + 1e-9)
    figure("honest.fair_share_coverage", 100 * np.mean(inside), "%", "74 to 88")
    figure("honest.fair_share_error", 100 * np.mean(np.abs(true - middle)), "points")
    figure("honest.fair_share_bias", 100 * np.mean(middle - true), "points")
    figure("honest.fair_share_at_the_price_for_half", 100 * np.mean(half), "%", 50)
    figure("honest.fair_share_at_the_price_for_nine_in_ten", 100 * np.mean(nine), "%", 90)


def run(quick: bool = False) -> None:
    """Print the figures of estimates."""
    begin_database()
    found = measure(QUICK if quick else BATCHES)
    told(found)
    fairness(found)


if __name__ == "__main__":
    import sys
    import time

    begin_database()
    began = time.perf_counter()
    found = measure(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    told(found)
    fairness(found)
    for kind in KINDS:
        some = [one for one in found if one.kind == kind]
        line = {name: "".join("-.+"[one.where(name) + 1] for one in some) for name in MEASURES}
        ratios = {
            name: float(np.median([one.came[name] / max(one.ranges[name][1], 1e-9) for one in some]))
            for name in MEASURES
        }
        print(
            json.dumps({"kind": kind, "inside": line, "off": {key: round(value, 2) for key, value in ratios.items()}})
        )
    print(f"{time.perf_counter() - began:.0f} s")
