"""When to stop asking."""

import numpy as np
import pytest

from datasets.aggregation import Answers, communities
from datasets.aggregation.redundancy import Policy, crowd_matrix, gain, gain_of, gain_of_certainty, replay
from tests.datasets.aggregation.crowds import sparse_crowd

FAIR = np.array([[0.8, 0.2], [0.2, 0.8]])


def test_the_gain_is_what_one_would_work_out():
    # One answer from even odds: right with 0.8. Two of 0.7 against 0.3, then: one answer cannot overthrow it enough to gain.
    assert gain(np.array([[0.5, 0.5]]), FAIR, ahead=1)[0] == pytest.approx(0.3)
    assert gain(np.array([[0.7, 0.3]]), FAIR, ahead=1)[0] == pytest.approx(0.7 * 0.8 + 0.3 * 0.8 - 0.7)
    assert gain(np.array([[0.85, 0.15]]), FAIR, ahead=1)[0] == pytest.approx(0)


def test_looking_further_sees_what_one_answer_does_not():
    sure = np.array([[0.85, 0.15]])
    assert gain(sure, FAIR, ahead=1)[0] < 1e-9 < 0.001 < gain(sure, FAIR, ahead=3)[0]


def test_better_people_are_worth_more_and_guesses_nothing():
    split = np.array([[0.6, 0.4]])
    good, bad = np.array([[0.95, 0.05], [0.05, 0.95]]), np.full((2, 2), 0.5)
    assert gain(split, good)[0] > gain(split, FAIR)[0] > gain(split, bad)[0] == 0


def test_it_never_loses_and_many_classes_are_taken_together():
    luck = np.random.default_rng(0)
    q, crowd = luck.dirichlet(np.ones(9), 50), luck.dirichlet(np.ones(9), 9)
    assert (gain(q, crowd) >= 0).all()
    four = luck.dirichlet(np.ones(4), 30)
    matrix = luck.dirichlet(np.ones(4), 4)
    padded = np.pad(four, ((0, 0), (0, 1))), np.pad(matrix, ((0, 1), (0, 1)), constant_values=0.0)
    padded[1][4, 4] = 1.0
    assert np.allclose(gain(four, matrix), gain(*padded))


def test_a_split_item_keeps_its_gain():
    assert gain_of_certainty(np.array([0.5]), 0.8)[0] > 20 * gain_of_certainty(np.array([0.99]), 0.8)[0]


def test_the_crowd_is_the_mean_of_who_answers():
    answers, _ = sparse_crowd(seed=1)
    crowd = crowd_matrix(answers, communities(answers))
    assert np.allclose(crowd.sum(axis=1), 1) and np.diag(crowd).mean() > 0.5


def test_it_is_far_cheaper_than_asking_everyone_as_often():
    answers, truth = sparse_crowd(n_items=400, per_item=8, n_classes=2, skill=(6, 2), spammers=0, seed=4)
    found = replay(answers, Policy(start=2, most=8), truth, seed=0)
    assert found.saved > 0.3 and found.saved_at_majority > 0.4
    assert found.stopped.accuracy > found.majority - 0.02
    assert found.path[0].asked == 800 and found.stopped.asked >= 800


@pytest.mark.slow
def test_a_right_label_that_is_worth_more_is_asked_more():
    answers, truth = sparse_crowd(n_items=300, per_item=6, n_classes=2, seed=5)
    cheap, dear = (replay(answers, Policy(worth=worth), truth, seed=0).stopped.asked for worth in (5, 500))
    assert cheap < dear


def test_fixed_redundancy_is_the_policy_that_stops_where_it_starts():
    answers, _ = sparse_crowd(n_items=100, per_item=5, seed=6)
    assert replay(answers, Policy(start=3, most=3)).stopped.asked == 300


@pytest.mark.slow
def test_it_asks_no_more_than_was_recorded_or_allowed():
    answers, _ = sparse_crowd(n_items=100, per_item=5, skill=(1, 1), seed=7)
    assert replay(answers, Policy(start=2, most=4, worth=1e6)).stopped.asked <= 400
    assert replay(answers, Policy(start=2, most=40, worth=1e6)).stopped.asked <= 500


def test_without_truth_there_is_no_accuracy():
    answers, _ = sparse_crowd(n_items=50, seed=8)
    found = replay(answers, Policy())
    assert found.majority is None and found.saved_at_majority is None and found.stopped.accuracy is None


def test_very_many_classes_have_a_gain_too():
    answers = Answers(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 2]), np.array([5, 9, 9, 9]), 2, 3, 10_000)
    first, second = gain_of(answers, communities(answers))
    assert first > second


@pytest.mark.parametrize("wrong", [{"start": 0}, {"start": 5, "most": 4}, {"worth": 0}, {"ahead": 0}])
def test_absurd_policies_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        Policy(**wrong)
