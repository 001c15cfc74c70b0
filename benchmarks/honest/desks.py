"""People at work on batches, from a generator of its own: who comes when, how fast they are, and what is asked of them.

An independent account of the same world that `workers.budget.estimates` estimates: events one by one, no formula of the product.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Conditions:
    """What a simulated project is like.

    `skewed`: how far people's volumes differ (of the logarithm); `correlated`: how much more fast people do; `between`,
    `within`: how times differ between people and within one (of the logarithm); `again`: the certainty an item is asked up to, 0
    for none; `gold`: the rate of known items; `known`: how many there are; `spam`: the share of people who are found out and set
    aside; `hourly`: the share paid by the hour; `weekend`: how much of a weekday's work is done at weekends; `opens`, `closes`:
    the hours of the day in which people work; `replaced`: the share of people who are others in the batch; `drift`: how far pace
    and hours move between pilot and batch (of the logarithm).
    """

    people: int
    skewed: float
    correlated: float
    between: float
    within: float
    seconds: float
    overlap: int
    again: float = 0.0
    gold: float = 0.0
    known: int = 0
    spam: float = 0.0
    hourly: float = 0.0
    weekend: float = 1.0
    opens: float = 0.0
    closes: float = 24.0
    hours: float = 1.0
    replaced: float = 0.0
    drift: float = 0.1
    pilot: int = 30
    test_share: float = 0.2
    items: int = 200
    earlier: int = 0
    gap_hours: float = 2.0


@dataclass
class Person:
    """One person: their place among the people of the project, and how they work."""

    number: int
    seconds: float
    hours: float
    presence: float
    skill: float
    spammer: bool
    hourly: float | None
    known_done: int = 0


@dataclass(frozen=True)
class Given:
    """An answer: whose, to which item (negative: a known one), when, how long it took, and whether it was excluded later."""

    person: int
    item: int
    at: datetime
    seconds: float


@dataclass
class Came:
    """What a batch came to."""

    given: list[Given]
    wanted: dict[int, int]  # of each item, how many answers it was asked for
    aside: set[int]  # people whose answers were excluded
    opened: datetime
    ended: datetime

    def money(self, price: float, people: list[Person], most_seconds: float = 600.0) -> float:
        """Return what it cost."""
        rates = {one.number: one.hourly for one in people}
        return sum(
            price if (rate := rates[one.person]) is None else rate * min(one.seconds, most_seconds) / 3600
            for one in self.given
        )

    def hours(self) -> float:
        """Return people's hours at work."""
        return sum(one.seconds for one in self.given) / 3600


@dataclass
class Desk:
    """A crowd at a project, batch by batch."""

    conditions: Conditions
    rng: np.random.Generator
    people: list[Person] = field(default_factory=list)
    here: list[int] = field(default_factory=list)
    pace: float = 1.0
    supply: float = 1.0
    planned: dict[tuple[int, datetime], tuple[float, float]] = field(default_factory=dict)  # a person's hours on a day

    def __post_init__(self) -> None:
        self.here = [self._arrives() for _ in range(self.conditions.people)]

    def _arrives(self) -> int:
        one, rng = self.conditions, self.rng
        fast = rng.normal()
        busy = one.correlated * fast + np.sqrt(1 - one.correlated**2) * rng.normal()
        self.people.append(
            Person(
                len(self.people),
                one.seconds * float(np.exp(one.between * -fast)),
                one.hours * float(np.exp(one.skewed * busy)),
                float(rng.uniform(0.6, 1.0)),
                float(rng.beta(9, 1.5)),
                bool(rng.random() < one.spam),
                float(rng.uniform(8, 20)) if rng.random() < one.hourly else None,
            )
        )
        return len(self.people) - 1

    def changes(self) -> None:
        """Let some people be others, and everybody a little different."""
        one, rng = self.conditions, self.rng
        self.here = [self._arrives() if rng.random() < one.replaced else person for person in self.here]
        self.pace *= float(np.exp(one.drift * rng.normal()))
        self.supply *= float(np.exp(2 * one.drift * rng.normal()))

    def work(self, items: list[int], test: set[int], test_overlap: int, opened: datetime) -> Came:
        """Let people answer until every item has all it is asked for."""
        one, rng = self.conditions, self.rng
        most = max(one.overlap + 3, min(8, len(self.here) - 1)) if one.again else 0
        wanted = {item: test_overlap if item in test else one.overlap for item in items}
        votes: dict[int, list[tuple[int, int]]] = {item: [] for item in items}
        truth = {item: int(rng.integers(0, 2)) for item in items}
        hard = {item: bool(rng.random() < 0.25) for item in items}
        believed = float(np.clip(rng.normal(0.84, 0.03), 0.7, 0.95))
        queue = [item for item in rng.permutation(items).tolist() for _ in range(wanted[item])]
        queue.reverse()
        given: list[Given] = []
        aside: set[int] = set()
        met = {
            number: {item for item, said in votes.items() for who, _ in said if who == number} for number in self.here
        }
        for number, start, end in self._shifts(opened):
            if not queue:
                break
            heap_time = start
            person = self.people[number]
            while heap_time < end and queue and number not in aside:
                took = person.seconds * self.pace * float(rng.lognormal(0, one.within))
                heap_time += timedelta(seconds=took * 1.15 + 1)
                if person.known_done < one.known and rng.random() < one.gold:
                    given.append(Given(number, -1 - person.known_done, heap_time, took))
                    person.known_done += 1
                    if person.spammer and person.known_done >= 4:
                        aside.add(number)
                        for item in items:
                            again = [who for who, _ in votes[item] if who == number]
                            votes[item] = [pair for pair in votes[item] if pair[0] != number]
                            queue[:0] = [item] * len(again)
                    continue
                place = next(
                    (
                        at
                        for at in range(len(queue) - 1, max(-1, len(queue) - 400), -1)
                        if queue[at] not in met.setdefault(number, set())
                    ),
                    None,
                )
                if place is None:
                    break
                item = queue.pop(place)
                met[number].add(item)
                right = 0.5 if person.spammer else (0.62 if hard[item] else person.skill)
                said = truth[item] if rng.random() < right else 1 - truth[item]
                votes[item].append((number, said))
                given.append(Given(number, item, heap_time, took))
                if most and len(votes[item]) == wanted[item] < most and item not in queue:
                    ones = sum(vote for _, vote in votes[item])
                    odds = abs(2 * ones - len(votes[item])) * np.log(believed / (1 - believed))
                    if 1 / (1 + np.exp(-odds)) < one.again and wanted[item] < len(self.here) - len(aside):
                        wanted[item] += 1
                        queue.insert(0, item)
        given.sort(key=lambda each: each.at)
        return Came(given, wanted, aside, opened, given[-1].at if given else opened)

    def _shifts(self, opened: datetime) -> Iterator[tuple[int, datetime, datetime]]:
        """Yield stretches of work in their order: a person, from when to when; at most 400 days."""
        one, rng = self.conditions, self.rng
        for number in range(400):
            midnight = opened.replace(hour=0, minute=0, second=0, microsecond=0) + number * DAY
            factor = one.weekend if midnight.weekday() >= 5 else 1.0
            shifts: list[tuple[datetime, int, datetime]] = []
            for who in self.here:
                if (who, midnight) not in self.planned:
                    person = self.people[who]
                    comes = rng.random() < person.presence * factor
                    hours = min(person.hours * self.supply * float(rng.lognormal(0, 0.3)), one.closes - one.opens)
                    begins = one.opens + float(rng.uniform(0, one.closes - one.opens - hours + 1e-9))
                    self.planned[who, midnight] = (begins, hours if comes else 0.0)
                begins, hours = self.planned[who, midnight]
                pieces = max(1, round(hours / 0.25)) if hours else 0
                for piece in range(pieces):
                    start = midnight + timedelta(hours=begins + piece * hours / pieces)
                    heapq.heappush(shifts, (start, who, start + timedelta(hours=hours / pieces)))
            while shifts:
                start, who, end = heapq.heappop(shifts)
                if end > opened:
                    yield who, max(start, opened), end


def at(year: int, month: int, day: int, hour: float) -> datetime:
    """Return an instant in UTC."""
    return datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour)
