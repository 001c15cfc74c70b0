"""Signs that someone does not do the work."""

import numpy as np

from datasets.aggregation import communities
from datasets.aggregation.answers import Answers
from datasets.aggregation.suspicion import suspicion
from tests.datasets.aggregation.crowds import crowd


def judged(answers, times=None):
    result = communities(answers)
    times = np.full(answers.n_workers, 3000.0) if times is None else times
    return suspicion(answers, result.labels, result.worker_accuracy, times)


def test_each_kind_of_spammer_is_named_and_the_honest_are_not():
    answers, _ = crowd(300, (0.1, 0.15, 0.2, 0.25), n_classes=3, seed=0)
    luck = np.random.default_rng(1)
    classes = answers.classes.copy()
    classes[answers.workers == 2] = 1
    classes[answers.workers == 3] = luck.integers(3, size=300)
    spoilt = Answers(answers.items, answers.workers, classes, 300, 4, 3)
    found = judged(spoilt, np.array([3000.0, 700, 2500, 3500]))
    assert found[0] == [] and found[1] == ["too fast"] and "one key" in found[2] and found[3] == ["at random"]


def test_who_says_one_thing_because_it_is_nearly_always_true_is_honest():
    luck = np.random.default_rng(0)
    truth = (luck.random(300) < 0.04).astype(int)
    items, workers = np.repeat(np.arange(300), 3), np.tile(np.arange(3), 300)
    said = np.where(luck.random(900) < 0.03, 1 - truth[items], truth[items])
    assert judged(Answers(items, workers, said, 300, 3, 2)) == [[], [], []]


def test_nobody_is_named_on_few_answers():
    answers, _ = crowd(15, (0.1, 0.1, 0.95), seed=3)
    assert judged(answers, np.array([3000.0, 3000, 10])) == [[], [], []]
