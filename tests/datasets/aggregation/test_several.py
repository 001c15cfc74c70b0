"""Several choices: each option is decided by itself."""

import numpy as np

from datasets.aggregation.several import several
from tests.datasets.aggregation.given import given_


def test_options_are_decided_one_by_one():
    luck = np.random.default_rng(0)
    truth = [{option for option in "abcde" if luck.random() < 0.4} or {"a"} for _ in range(120)]
    answers = []
    for item, options in enumerate(truth):
        for worker in range(5):
            miss = 0.45 if worker == 4 else 0.1
            said = {option for option in options if luck.random() > miss} | (
                {"e"} if luck.random() < miss / 3 else set()
            )
            answers.append((item, worker, sorted(said)))
    found = several(given_(answers))
    right = np.array([set(value) == options for value, options in zip(found.values, truth, strict=True)])
    assert right.mean() > 0.8 and found.worker_quality.argmin() == 4
    assert abs(found.probabilities.mean() - right.mean()) < 0.15


def test_least_and_most_are_kept():
    answers = given_(
        [(0, 0, ["a"]), (0, 1, ["b"]), (0, 2, ["c"]), (1, 0, ["a", "b"]), (1, 1, ["a", "b"]), (1, 2, ["a", "b"])]
    )
    assert len(several(answers, least=1).values[0]) >= 1
    assert len(several(answers, most=1).values[1]) == 1


def test_nothing_named_is_an_empty_list():
    found = several(given_([(0, 0, []), (0, 1, [])]))
    assert found.values == [[]] and found.probabilities[0] == 0.75
