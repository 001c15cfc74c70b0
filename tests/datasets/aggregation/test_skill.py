"""How often a worker is right: the interval holds the truth as often as it says, and spammers are not overrated."""

import numpy as np
import pytest

from benchmarks.honest import simulated
from datasets.aggregation import UNKNOWN, Answers, communities
from datasets.aggregation.ordinal import ordinal
from datasets.aggregation.skill import skill
from datasets.labels.aggregate import Aggregated, AnswerRow, aggregate

LAYOUTS = ((100, 10, 3), (200, 30, 3), (200, 100, 5))  # items, answers a person, answers an item


def measured(name: str, n_classes: int, seeds: range) -> tuple[float, float, int]:
    """Return the share of intervals that hold the truth, how far spammers are overrated, and how many intervals there are."""
    inside, overrated = [], []
    for items, per_person, per_item in LAYOUTS:
        for seed in seeds:
            one = simulated.choice(name, n_classes, items, per_person, per_item, 7000 + seed)
            believed = aggregate(one.kind, one.config, one.rows, {})
            for worker, (low, high) in believed.between.items():
                inside.append(low <= one.right[worker - 1] <= high)
                if one.spammer[worker - 1]:
                    overrated.append(believed.quality[worker] - one.right[worker - 1])
    return float(np.mean(inside)), float(np.mean(overrated)) if overrated else 0.0, len(inside)


@pytest.mark.parametrize(("name", "n_classes"), [("usual", 2), ("misled", 3), ("noisy", 10)])
def test_the_interval_holds_the_truth_and_spammers_are_not_overrated(name, n_classes):
    """Stated is 95%; of some 150 intervals 88% are far below what luck alone would do. The seeds stand."""
    covered, overrated, count = measured(name, n_classes, range(3))
    assert count > 100 and covered > 0.88, (covered, count)
    assert overrated < 0.08, overrated


@pytest.mark.slow
def test_it_does_so_for_every_crowd_and_number_of_classes():
    found = {(name, k): measured(name, k, range(8)) for name in simulated.KINDS for k in (2, 3, 5, 10)}
    assert min(covered for covered, _, _ in found.values()) > 0.87, found
    assert np.mean([covered for covered, _, _ in found.values()]) > 0.93, found
    assert max(overrated for _, overrated, _ in found.values()) < 0.06, found


def test_answers_that_nobody_else_gave_tell_little():
    """One person alone has answered everything: nobody knows how good they are."""
    rows = [AnswerRow(item, 1, "a" if item % 2 else "b", False) for item in range(200)]
    believed = aggregate("choice", {"choices": [{"value": "a"}, {"value": "b"}]}, rows, {})
    low, high = believed.between[1]
    assert low < 0.2 and high > 0.8


def test_known_items_make_it_certain():
    items, workers = np.arange(200), np.zeros(200, int)
    truth = items % 3
    said = np.where(items % 4 == 0, (truth + 1) % 3, truth)  # three of four are right
    found = communities(Answers(items, workers, said, 200, 1, 3, truth)).skill
    assert found is not None and abs(found.accuracy[0] - 0.75) < 0.03
    assert 0.65 < found.low[0] < 0.75 < found.high[0] < 0.85
    unknown = communities(Answers(items, workers, said, 200, 1, 3, np.full(200, UNKNOWN))).skill
    assert unknown is not None and unknown.high[0] - unknown.low[0] > 2 * (found.high[0] - found.low[0])


def test_more_agreement_of_others_makes_it_narrower():
    right = np.full(30, 0.95)
    sure = skill(np.zeros(30, int), right, 1 - right, 1)
    unsure = skill(np.zeros(30, int), np.full(30, 0.6), np.full(30, 0.4), 1)
    assert sure.high[0] - sure.low[0] < unsure.high[0] - unsure.low[0]


def test_who_gave_no_answer_has_no_accuracy():
    found = skill(np.zeros(3, int), np.ones(3), np.zeros(3), 2)
    assert np.isfinite(found.accuracy[0]) and np.isnan(found.accuracy[1]) and np.isnan(found.low[1])


def test_items_that_may_mislead_everyone_lower_it():
    right, workers = np.full(60, 0.99), np.zeros(60, int)
    plain, doubted = (skill(workers, right, 1 - right, 1, misled=one) for one in ((0.0, 0.0), (0.1, 5.0)))
    assert doubted.low[0] < plain.low[0] - 0.1 and doubted.accuracy[0] < plain.accuracy[0]


def bounds(believed: Aggregated) -> list[tuple[float, float, float]]:
    return [(*believed.between[worker], quality) for worker, quality in believed.quality.items()]


@pytest.mark.parametrize("kind", simulated.SHAPES)
def test_every_kind_has_an_interval_around_its_estimate(kind):
    one = simulated.SHAPES[kind]("usual", 40, 8, 3, 5)
    believed = aggregate(one.kind, one.config, one.rows, {})
    assert all(0 <= low <= quality <= high <= 1 and low < high for low, high, quality in bounds(believed))


def test_a_set_has_the_intervals_of_its_parts():
    parts = [
        {"name": "kind", "kind": "choice", "config": {"choices": [{"value": "a"}, {"value": "b"}]}},
        {"name": "worth", "kind": "scale", "config": {"points": 5, "low": "no", "high": "yes"}},
    ]
    luck = np.random.default_rng(3)
    rows = [
        AnswerRow(item, worker, {"kind": "ab"[int(luck.random() < 0.3)], "worth": int(luck.integers(1, 6))}, False)
        for item in range(30)
        for worker in (1, 2, 3)
    ]
    believed = aggregate("set", {"parts": parts}, rows, {})
    assert all(0 <= low <= quality <= high <= 1 for low, high, quality in bounds(believed))


def test_very_many_classes_have_intervals_too():
    luck = np.random.default_rng(0)
    truth = luck.integers(10_000, size=400)
    items, workers = (
        np.repeat(np.arange(400), 3),
        np.concatenate([luck.choice(12, 3, replace=False) for _ in range(400)]),
    )
    chance = np.where(np.arange(12) < 10, 0.85, 0.0)  # two spammers
    said = np.where(luck.random(1200) < chance[workers], truth[items], luck.integers(10_000, size=1200))
    found = communities(Answers(items, workers, said, 400, 12, 10_000)).skill
    assert found is not None and ((found.low <= chance + 0.01) & (chance <= found.high)).mean() > 0.8
    assert found.accuracy[10:].max() < 0.05


def test_a_scale_tells_who_guesses():
    luck = np.random.default_rng(4)
    items, workers = np.repeat(np.arange(150), 4), np.tile(np.arange(4), 150)
    truth = luck.integers(5, size=150)
    said = np.where(workers == 3, luck.integers(5, size=600), truth[items])
    found = ordinal(Answers(items, workers, said, 150, 4, 5)).skill
    assert found is not None and found.accuracy.argmin() == 3 and found.high[3] < found.low[:3].min()
