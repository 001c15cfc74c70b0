"""Dawid–Skene: right on made-up crowds, steady on the edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.aggregation import Answers, DuplicateAnswer, dawid_skene, majority
from tests.datasets.aggregation.crowds import crowd


def test_it_is_more_right_than_the_majority_and_finds_the_spammer():
    answers, truth = crowd()
    result = dawid_skene(answers)
    assert (result.labels == truth).mean() > (majority(answers).labels == truth).mean()
    assert (result.labels == truth).mean() > 0.95
    assert result.converged and result.worker_accuracy.argmin() == 4
    assert np.abs(result.worker_accuracy - [0.95, 0.9, 0.8, 0.7, 0.1]).max() < 0.08


def test_its_confusion_matrices_are_those_of_the_workers():
    answers, _ = crowd(3000, (0.1, 0.2, 0.3), seed=1)
    confusion = dawid_skene(answers).confusion
    assert np.abs(np.diagonal(confusion, axis1=1, axis2=2) - np.array([[0.9], [0.8], [0.7]])).max() < 0.08
    assert np.allclose(confusion.sum(axis=2), 1)


# Two items, three workers, worked by hand. Majority: q0 = (1/3, 2/3), q1 = (2/3, 1/3).
# Worker 0 says 1, 0: its row for truth 0 is (q1[0], q0[0]) / 1 = (2/3, 1/3), for truth 1 (1/3, 2/3);
# worker 1 alike; worker 2 says 0, 1.
# q0[1] ∝ 1/2 · 2/3 · 2/3 · 2/3 = 8/54 and q0[0] ∝ 1/2 · 1/3 · 1/3 · 1/3 = 1/54, so q0 = (1/9, 8/9).
def test_one_round_is_what_the_formulas_say():
    answers = Answers(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 0, 1, 2]), np.array([1, 1, 0, 0, 0, 1]), 2, 3, 2)
    assert np.allclose(dawid_skene(answers, max_iterations=1).probabilities, [[1 / 9, 8 / 9], [8 / 9, 1 / 9]])


@st.composite
def small_answers(draw):
    n_items, n_workers, n_classes = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n_items - 1), st.integers(0, n_workers - 1)), unique=True, max_size=30)
    )
    classes = [draw(st.integers(0, n_classes - 1)) for _ in pairs]
    items, workers = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return Answers(items, workers, np.array(classes, dtype=np.int64), n_items, n_workers, n_classes)


@given(small_answers())
@settings(max_examples=150, deadline=None)
def test_probabilities_are_probabilities_whatever_comes(answers):
    for result in (dawid_skene(answers), dawid_skene(answers, smoothing=0.3, diagonal=1.0), majority(answers)):
        assert result.probabilities.shape == (answers.n_items, answers.n_classes)
        assert np.isfinite(result.probabilities).all() and np.allclose(result.probabilities.sum(axis=1), 1)


@given(small_answers(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_answers_and_the_numbers_of_workers_do_not_matter(answers, luck):
    order = list(range(len(answers)))
    luck.shuffle(order)
    renamed = list(range(answers.n_workers))
    luck.shuffle(renamed)
    order = np.array(order, dtype=np.int64)
    other = Answers(
        answers.items[order],
        np.array(renamed, dtype=np.int64)[answers.workers[order]],
        answers.classes[order],
        answers.n_items,
        answers.n_workers,
        answers.n_classes,
    )
    ours, theirs = (dawid_skene(one, smoothing=0.1, diagonal=1.0, max_iterations=20) for one in (answers, other))
    assert np.allclose(ours.probabilities, theirs.probabilities, atol=1e-6)


def test_one_answer_alone_is_the_label():
    answers = Answers(np.array([0]), np.array([0]), np.array([2]), 1, 1, 4)
    assert dawid_skene(answers, smoothing=0.25, diagonal=2.0).labels.tolist() == [2]


def test_ten_thousand_classes_are_no_trouble():
    answers = Answers(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([9999, 9999, 3]), 2, 2, 10_000)
    assert majority(answers).labels.tolist() == [9999, 3]


def test_two_answers_of_one_worker_are_refused():
    with pytest.raises(DuplicateAnswer, match="worker 1 answered item 0 twice"):
        Answers(np.array([0, 0]), np.array([1, 1]), np.array([0, 1]), 1, 2, 2)


@pytest.mark.parametrize("codes", [([5], [0], [0]), ([0], [-1], [0]), ([0], [0], [2]), ([0, 1], [0], [0])])
def test_codes_out_of_range_are_refused(codes):
    with pytest.raises(ValueError, match=r"codes|length"):
        Answers(*(np.array(one) for one in codes), 2, 1, 2)


def test_names_are_coded_in_the_order_given():
    answers, items, workers, classes = Answers.coded(
        ["a", "b", "a"], ["x", "x", "y"], ["no", "yes", "no"], order=["yes", "no"]
    )
    assert (items, workers, classes) == (["a", "b"], ["x", "y"], ["yes", "no"])
    assert answers.classes.tolist() == [1, 0, 1]


@pytest.mark.parametrize("settings_", [{"smoothing": -1}, {"diagonal": -1}, {"max_iterations": 0}])
def test_absurd_settings_are_refused(settings_):
    with pytest.raises(ValueError, match="negative"):
        dawid_skene(crowd(10)[0], **settings_)
