"""People who answer about items of a world, with a known skill, from models that are not the product's.

A person is right about an item with a chance that falls with the item's hardness. Where wrong, they name one of the other
classes; a crowd that is misled names the same wrong class of the items that mislead.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.honest.worlds import World


@dataclass(frozen=True)
class Crowd:
    """How a crowd is made.

    `skill`: mean and concentration of people's skill (Beta); `spam`: the share of people who answer at random or always the
    same; `pull`: how much hardness takes from skill; `misled`: the share of items of which most people believe the same wrong
    class; `people`: how many there are.
    """

    name: str
    skill: tuple[float, float]
    spam: float
    pull: float
    misled: float
    people: int


CROWDS = {
    "clean": Crowd("clean", (0.985, 80), 0.0, 0.1, 0.0, 25),
    "usual": Crowd("usual", (0.88, 14), 0.08, 0.25, 0.01, 25),
    "misled": Crowd("misled", (0.9, 16), 0.05, 0.2, 0.12, 25),
    "noisy": Crowd("noisy", (0.72, 8), 0.2, 0.3, 0.02, 25),
    "few people": Crowd("few people", (0.88, 14), 0.0, 0.25, 0.01, 4),
}


@dataclass(frozen=True)
class Answered:
    """Answers as columns, each of shape (n_answers,): the item's place, the person, the class."""

    items: NDArray[np.int64]
    workers: NDArray[np.int64]
    classes: NDArray[np.int64]


class People:
    """A crowd at a world: everybody has their skill, each item what misleads."""

    def __init__(self, crowd: Crowd, world: World, seed: int) -> None:
        rng = np.random.default_rng([seed, 77])
        self.crowd, self.world, self.rng = crowd, world, rng
        mean, strength = crowd.skill
        k, n = len(world.classes), len(world.truth)
        self.skill = rng.beta(mean * strength, (1 - mean) * strength, crowd.people)
        self.kind = np.where(rng.random(crowd.people) < crowd.spam, rng.integers(1, 3, crowd.people), 0)
        self.favourite = rng.integers(0, k, crowd.people)
        self.load = rng.gamma(1.2, 1.0, crowd.people) + 0.05  # some do much, most do little
        # Each truth has a class that it is taken for most often.
        self.mistaken = np.array([rng.permutation([one for one in range(k) if one != code]) for code in range(k)])
        self.misleads = rng.random(n) < crowd.misled
        self.other = np.array([self.mistaken[code][0] for code in world.truth])
        self.asked: dict[int, set[int]] = {}

    def ask(self, places: NDArray[np.int64], count: int) -> Answered:
        """Ask so many further people about each item, nobody twice about one; fewer where there are no more."""
        rows: list[tuple[int, int, int]] = []
        for place in places.tolist():
            done = self.asked.setdefault(place, set())
            free = [person for person in range(self.crowd.people) if person not in done]
            weight = self.load[free]
            take = min(count, len(free))
            if not take:
                continue
            chosen = self.rng.choice(free, take, replace=False, p=weight / weight.sum())
            done.update(chosen.tolist())
            rows += [(place, person, self._say(place, person)) for person in chosen.tolist()]
        columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return Answered(*columns.T)

    def _say(self, place: int, person: int) -> int:
        k, truth = len(self.world.classes), int(self.world.truth[place])
        if self.kind[person] == 1:
            return int(self.rng.integers(0, k))
        if self.kind[person] == 2 and self.rng.random() < 0.9:
            return int(self.favourite[person])
        if self.misleads[place]:
            return int(self.other[place]) if self.rng.random() < 0.85 else truth
        right = self.skill[person] * (1 - self.crowd.pull * self.world.hardness[place])
        if self.rng.random() < max(right, 1 / k):
            return truth
        wrong = self.mistaken[truth]
        return int(wrong[min(int(self.rng.geometric(0.6)) - 1, k - 2)])
