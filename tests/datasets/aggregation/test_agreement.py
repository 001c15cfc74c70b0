"""Agreement, beside figures worked out elsewhere."""

import numpy as np
import pytest

from datasets.aggregation import Answers
from datasets.aggregation.agreement import fleiss, krippendorff, of_likeness, pairwise
from tests.datasets.aggregation.crowds import crowd

# Krippendorff's own example: 4 observers, 12 units, values 1 to 5; nominal 0.743, ordinal 0.815, interval 0.849.
OBSERVED = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]


def published():
    cells = [
        (unit, observer, int(value) - 1)
        for observer, line in enumerate(OBSERVED)
        for unit, value in enumerate(line.split())
        if value != "."
    ]
    return Answers(*(np.array(column) for column in zip(*cells, strict=True)), 12, 4, 5)


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_the_published_one(level, value):
    found = krippendorff(published(), level)
    assert abs(found.value - value) < 0.001 and found.low < found.value < found.high


# Fleiss' own example: 10 subjects, 14 raters, 5 categories; kappa 0.210.
FLEISS = [
    "0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1",
    "7 7 0 0 0", "3 2 6 3 0", "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7",
]  # fmt: skip


def test_kappa_is_the_published_one():
    cells = []
    for item, line in enumerate(FLEISS):
        said = [category for category, count in enumerate(line.split()) for _ in range(int(count))]
        cells += [(item, rater, category) for rater, category in enumerate(said)]
    answers = Answers(*(np.array(column) for column in zip(*cells, strict=True)), 10, 14, 5)
    assert abs(fleiss(answers) - 0.210) < 0.001


def test_chance_is_nought_and_full_agreement_one():
    luck = np.random.default_rng(0)
    items, workers = np.repeat(np.arange(2000), 3), np.tile(np.arange(3), 2000)
    guessed = Answers(items, workers, luck.integers(3, size=6000), 2000, 3, 3)
    assert abs(krippendorff(guessed, samples=0).value) < 0.05 and abs(fleiss(guessed)) < 0.05
    same = Answers(items, workers, items % 3, 2000, 3, 3)
    assert krippendorff(same, samples=0).value == 1 == fleiss(same)
    assert krippendorff(Answers(items, workers, items * 0, 2000, 3, 3), samples=0).value == 1


def test_its_interval_holds_the_truth_about_as_often_as_it_says():
    whole = krippendorff(crowd(20_000, (0.1, 0.2, 0.3), seed=99)[0], samples=0).value
    inside = [
        found.low <= whole <= found.high
        for found in (krippendorff(crowd(150, (0.1, 0.2, 0.3), seed=seed)[0], samples=300) for seed in range(40))
    ]
    assert 0.85 <= np.mean(inside) <= 1


def test_nothing_to_compare_is_not_a_number():
    alone = Answers(np.array([0, 1]), np.array([0, 0]), np.array([0, 1]), 2, 1, 2)
    assert np.isnan(krippendorff(alone).value) and np.isnan(fleiss(alone)) and np.isnan(pairwise(alone)).all()


def test_pairwise_names_who_stands_alone():
    found = pairwise(crowd(500, (0.05, 0.05, 0.05, 0.9), seed=1)[0])
    assert found.argmin() == 3 and found[:3].min() > 0.5


@pytest.mark.parametrize("wrong", [{"level": "ratio"}, {"coverage": 1.0}])
def test_unknown_levels_are_refused(wrong):
    with pytest.raises(ValueError, match="level"):
        krippendorff(published(), **wrong)


def test_answers_of_any_shape_have_an_alpha():
    luck = np.random.default_rng(0)
    items, workers = np.repeat(np.arange(100), 3), np.tile(np.arange(3), 100)
    near = [float(item * 10 + luck.normal()) for item in items]
    far = [float(luck.random() * 1000) for _ in items]

    def likeness(one, other):
        return max(0.0, 1 - abs(one - other) / 50)

    close, chance = (of_likeness(items, workers, values, likeness) for values in (near, far))
    assert close.value > 0.9 and close.low < close.value < close.high and abs(chance.value) < 0.1
