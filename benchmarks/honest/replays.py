"""Managers who follow every advice on the digits, from 20 labels to a goal; what they bought against the least that is enough.

Each replay has its own order of items, its own people and its goal. The manager knows what the product knows: people's answers,
the models' judgement on the test labels, the curve. The least is found afterwards with the truth: the smallest size on a grid
of quarter octaves from which the models' true error stays under the goal.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from benchmarks.figure import figure
from benchmarks.honest import prepare, projects, worlds
from benchmarks.honest.crowds import CROWDS, People
from benchmarks.honest.projects import OVERLAP, Lab, Made, Project
from benchmarks.honest.versions import Known
from datasets.labels.aggregate import aggregate
from workers.training.curve import advice, fit, sizes

REPLAYS, FIRST, TEST, FURTHER = 10, 20, 300, 600
GOALS = (0.2, 0.12, 0.08)
PRICE, TRAINING = 0.06, 0.05
MOST_PURCHASES, SEEDS = 10, 3


@dataclass
class Replayed:
    """What came of one: labels bought in all, the least that is enough (infinite where none is), purchases, the last advice."""

    goal: float
    labels: int
    least: float
    purchases: int
    ended: str
    error: float


def replay(seed: int) -> Replayed:
    """Follow every advice from FIRST labels on."""
    goal = GOALS[seed % len(GOALS)]
    world = worlds.MAKERS["digits"](np.random.default_rng([seed, 9]), 1797)
    people = People(CROWDS["usual" if seed % 2 else "clean"], world, seed)
    test, further = list(range(TEST)), list(range(len(world.truth) - FURTHER, len(world.truth)))
    most = further[0] - TEST
    project = Project(world, people, projects.rows_of(world, people.ask(np.array(test), OVERLAP)), [])
    lab = Lab(world, list(range(TEST, further[0])))
    size, had, purchases, ended = FIRST, 0, 0, ""
    while not ended:
        train = list(range(TEST, TEST + size))
        project.answers += projects.rows_of(world, people.ask(np.array(train[had:]), OVERLAP))
        had = size
        believed = aggregate("choice", projects.config_of(world), project.answers, {})
        made = Made(purchases + 1, train, test, believed, projects.runs_of(lab, train, test, further, believed))
        try:
            known = Known(project, made)
        except fit.TooFewPoints:  # the page says how many labels make a forecast
            purchases, size = purchases + 1, sizes.least_for_a_curve(len(world.classes))
            continue
        said = advice.advise(known.law, goal, PRICE, TRAINING)
        if said.action != "buy" or size >= most or purchases == MOST_PURCHASES:
            ended = said.action
            break
        purchases += 1
        size = min(most, size + said.labels)
    label, sure = projects.by_item(believed)
    if size < most:  # the least is looked for beyond what was bought, too
        project.answers += projects.rows_of(world, people.ask(np.array(range(TEST + size, TEST + most)), OVERLAP))
        label, sure = projects.by_item(aggregate("choice", projects.config_of(world), project.answers, {}))
    least = _least(lab, goal, most, label, sure, further)
    return Replayed(goal, size, least, purchases, ended, known.true)


def _least(
    lab: Lab, goal: float, most: int, label: dict[int, str], sure: dict[int, float], further: list[int]
) -> float:
    size, met = float(FIRST), float("inf")
    while size <= most * 1.01:
        places = list(range(TEST, TEST + min(most, round(size))))
        errors = []
        for seed in range(SEEDS):
            say = lab.model(places, [label[one] for one in places], [sure[one] for one in places], seed)
            errors.append(np.mean(say(further).argmax(axis=1) != lab.world.truth[further]))
        if np.mean(errors) > goal:
            met = float("inf")
        elif not np.isfinite(met):
            met = size
        elif size >= 2 * met:
            break
        size *= 2**0.25
    return met


def run(quick: bool = False) -> None:
    """Print the figures."""
    with ProcessPoolExecutor(2, get_context("spawn"), prepare) as pool:
        found = list(pool.map(replay, range(2 if quick else REPLAYS)))
    for number, one in enumerate(found):
        text = f"goal {one.goal}, error {one.error:.3f}, least {one.least:.0f}, {one.purchases} purchases, {one.ended}"
        figure(f"honest.replay_{number}_labels", one.labels, "count", text)
    ratios = [one.labels / one.least for one in found if np.isfinite(one.least)]
    figure(
        "honest.replay_labels_over_least",
        float(np.mean(ratios)),
        "ratio",
        f"of {len(ratios)} goals that are met at all",
    )
    met = [one.error <= one.goal * 1.05 for one in found]
    figure("honest.replay_met", 100 * float(np.mean(met)), "%", f"of {len(met)}")
