"""A simulated project, version by version: answers, labels, models and the curve, by the functions the product calls."""

import copy
import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.honest.crowds import CROWDS, Answered, People
from benchmarks.honest.worlds import MAKERS, World
from datasets.labels.aggregate import Aggregated, AnswerRow, aggregate
from workers.training.curve import active, sizes
from workers.training.learning import networks, trainer
from workers.training.learning.networks.base import Inputs, Network

Array = NDArray[np.float64]
TEST = 150
FIRST = 60  # training items of the first version; each version doubles them
OVERLAP = 3
VERSIONS = 4
FORK = 2  # the version from which money is spent in several ways
SEEDS = 2  # of the models that say what a way brought
FURTHER = 1500  # items on which the true error is measured


@dataclass
class Run:
    """A trained model: how large, which seed, what it said of test and of unseen training items, and its errors."""

    size: int
    seed: int
    chosen: bool
    error: float  # against the crowd's test labels
    true_error: float  # of the test items, against the truth
    large_error: float  # against the truth of many further items
    test: Array  # probabilities, shape (n_test, k)
    rest: dict[int, Array] = field(default_factory=dict)  # by place


@dataclass
class Made:
    """A version: its items by place, what was believed of all, and the runs."""

    number: int
    train: list[int]
    test: list[int]
    believed: Aggregated
    runs: list[Run]


@dataclass
class Project:
    """A project with its truth. `answers` are all so far."""

    world: World
    people: People
    answers: list[AnswerRow]
    versions: list[Made]
    forks: dict[str, float] = field(default_factory=dict)


class Lab:
    """What trains: the network over all items of a world, read once."""

    def __init__(self, world: World, look: list[int]) -> None:
        kind = networks.load(world.network)
        self.world = world
        self.network: Network = kind({}, world.classes, kind.fit_shape([world.contents[place] for place in look], {}))
        self.inputs: Inputs = self.network.read(world.contents)

    def model(self, places: list[int], labels: list[str], sure: list[float], seed: int) -> Any:
        """Return a function from places to probabilities."""
        mine = tuple(one[places] for one in self.inputs)
        plan = trainer.TrainingPlan(
            self.network, seed, mine, self.network.targets(labels, sure, mine), trainer.device()
        )
        outcome = trainer.train(plan)

        def say(asked: list[int]) -> Array:
            given = tuple(one[asked] for one in self.inputs)
            found = trainer.predict(self.network, outcome.model, given, plan.device, outcome.temperature).probabilities
            assert found is not None
            return found

        return say


def rows_of(world: World, answered: Answered) -> list[AnswerRow]:
    """Return answers as the aggregation takes them; people's ids begin at 1."""
    columns = zip(answered.items.tolist(), answered.workers.tolist(), answered.classes.tolist(), strict=True)
    return [AnswerRow(item, worker + 1, world.classes[code], False) for item, worker, code in columns]


def run(world_name: str, crowd_name: str, seed: int, versions: int = VERSIONS) -> Project:
    """Simulate a project: each version doubles the training items; the test set stays."""
    largest = FIRST * 2 ** (versions - 1)
    rng = np.random.default_rng([seed, hashlib.sha256(world_name.encode()).digest()[0]])
    world = MAKERS[world_name](rng, TEST + FIRST * 2**FORK * 5 + FURTHER)
    people = People(CROWDS[crowd_name], world, seed)
    test = list(range(TEST))
    further = list(range(max(TEST + FIRST * 2**FORK * 4, len(world.truth) - FURTHER), len(world.truth)))
    project = Project(world, people, [], [])
    project.answers += rows_of(world, people.ask(np.array(test), OVERLAP))
    lab = Lab(world, list(range(TEST, TEST + largest)))
    for number in range(versions):
        size = FIRST * 2**number
        train = list(range(TEST, TEST + size))
        project.answers += rows_of(
            world, people.ask(np.array(train[len(project.versions[-1].train) if number else 0 :]), OVERLAP)
        )
        believed = aggregate("choice", config_of(world), project.answers, {})
        project.versions.append(Made(number + 1, train, test, believed, runs_of(lab, train, test, further, believed)))
        if number == FORK:
            project.forks = _forks(lab, project, train, further)
    return project


def _forks(lab: Lab, project: Project, train: list[int], further: list[int]) -> dict[str, float]:
    """Return the true error after each way to go on from here, and the price in answers where it is not the same for all.

    `now`; `new`, `unsure`: as many labels again; `again`: the same money for further answers to unsure labels; `four`: four
    times the labels; `right`: the labels made right.
    """
    world, size = project.world, len(train)
    believed = project.versions[-1].believed
    label, sure = by_item(believed)
    known = {one: (label[one], sure[one]) for one in train}

    def true_error(found: dict[int, tuple[str, float]]) -> float:
        places = sorted(found)
        errors = []
        for seed in range(SEEDS):
            order = np.random.default_rng(seed).permutation(places).tolist()
            say = lab.model(order, [found[one][0] for one in order], [found[one][1] for one in order], seed)
            errors.append(float(np.mean(say(further).argmax(axis=1) != world.truth[further])))
        return float(np.mean(errors))

    def asked(places: list[int], answers: list[Answered]) -> dict[int, tuple[str, float]]:
        rows = project.answers + [row for one in answers for row in rows_of(world, one)]
        found, chance = by_item(aggregate("choice", config_of(world), rows, {}))
        return {one: (found[one], chance[one]) for one in places}

    pool = list(range(train[-1] + 1, further[0]))
    forks = {
        "now": true_error(known),
        "right": true_error({one: (world.classes[world.truth[one]], 1.0) for one in train}),
    }
    for name, places in (
        ("new", pool[:size]),
        ("four", pool[: 3 * size]),
        ("unsure", _unsure(lab, train, known, pool, size)),
    ):
        people = copy.deepcopy(project.people)
        forks[name] = true_error(asked(train + places, [people.ask(np.array(places), OVERLAP)]))
    people, gains = copy.deepcopy(project.people), {one.item: one.gain for one in believed.labels}
    order, budget, rounds = sorted(train, key=lambda one: (-gains[one], one)), size * OVERLAP, []
    for _ in range(2):
        some = order[: min(budget, size)]
        rounds.append(people.ask(np.array(some), 1))
        budget -= len(rounds[-1].items)
    forks["again"] = true_error(asked(train, rounds))
    forks["again_answers"] = float(sum(len(one.items) for one in rounds))
    return forks


def _unsure(lab: Lab, train: list[int], known: dict[int, tuple[str, float]], pool: list[int], count: int) -> list[int]:
    """Return the items of a pool that a model trained on what is known would ask about."""
    say = lab.model(train, [known[one][0] for one in train], [known[one][1] for one in train], 0)
    said = say(pool)
    taken = active.choose(active.unsureness(said), np.log(said + 1e-6), count)
    return [pool[place] for place in taken.tolist()]


def by_item(believed: Aggregated) -> tuple[dict[int, Any], dict[int, float]]:
    """Return the label of each item, and its probability."""
    return {one.item: one.value for one in believed.labels}, {one.item: one.probability for one in believed.labels}


def config_of(world: World) -> dict[str, Any]:
    """Return the question's configuration."""
    return {"choices": [{"value": one} for one in world.classes]}


def runs_of(lab: Lab, train: list[int], test: list[int], further: list[int], believed: Aggregated) -> list[Run]:
    """Train the runs that the product plans for a version, and judge them."""
    label = {one.item: one.value for one in believed.labels}
    sure = {one.item: one.probability for one in believed.labels}
    hashes = [hashlib.sha256(lab.world.contents[place]).hexdigest() for place in train]
    runs = []
    for planned in sizes.planned(len(train), len(lab.world.classes)):
        if planned.chosen:
            continue
        order = [train[at] for at in sizes.order(hashes, planned.seed)]
        taken, rest = order[: planned.size], order[planned.size :]
        say = lab.model(taken, [label[one] for one in taken], [sure[one] for one in taken], planned.seed)
        judged = len(train) <= 2 * planned.size + 1
        runs.append(_judged(lab, say, planned, test, further, label, rest if judged else []))
    return runs


def _judged(
    lab: Lab,
    say: Any,
    planned: sizes.Planned,
    test: list[int],
    further: list[int],
    label: dict[int, Any],
    rest: list[int],
) -> Run:
    said, truth = say(test), lab.world.truth
    codes = said.argmax(axis=1)
    of_crowd = np.array([lab.world.classes.index(label[one]) for one in test])
    large = say(further).argmax(axis=1)
    return Run(
        planned.size,
        planned.seed,
        planned.chosen,
        float(np.mean(codes != of_crowd)),
        float(np.mean(codes != truth[test])),
        float(np.mean(large != truth[further])),
        said,
        dict(zip(rest, say(rest), strict=True)) if rest else {},
    )
