"""What holds of every model, whatever comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.aggregation import MODELS, UNKNOWN, Answers
from datasets.aggregation.ordinal import ordinal
from datasets.aggregation.scale import scale

EVERY = MODELS | {"ordinal": ordinal, "scale": scale}
every_model = pytest.mark.parametrize("name", EVERY)


@st.composite
def small_answers(draw, most_classes=4):
    n_items, n_workers, n_classes = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, most_classes))
    pairs = draw(
        st.lists(st.tuples(st.integers(0, n_items - 1), st.integers(0, n_workers - 1)), unique=True, max_size=30)
    )
    classes = [draw(st.integers(0, n_classes - 1)) for _ in pairs]
    known = draw(st.lists(st.integers(UNKNOWN, n_classes - 1), min_size=n_items, max_size=n_items) | st.none())
    items, workers = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    truth = None if known is None else np.array(known)
    return Answers(items, workers, np.array(classes, dtype=np.int64), n_items, n_workers, n_classes, truth)


def shuffled(answers, luck, classes=True):
    """Return the same answers in another order, under other numbers, and the new number of each item and class."""
    numbers = [list(range(size)) for size in (answers.n_items, answers.n_workers, answers.n_classes, len(answers))]
    for place, one in enumerate(numbers):
        if place != 2 or classes:
            luck.shuffle(one)
    items, workers, names, order = (np.array(one, dtype=np.int64) for one in numbers)
    known = None
    if answers.known is not None:
        known = np.full(answers.n_items, UNKNOWN)
        known[items] = np.where(answers.known >= 0, names[answers.known], UNKNOWN)
    other = Answers(
        items[answers.items][order],
        workers[answers.workers][order],
        names[answers.classes][order],
        answers.n_items,
        answers.n_workers,
        answers.n_classes,
        known,
    )
    return other, items, names


@every_model
@given(answers=small_answers())
@settings(max_examples=60, deadline=None)
def test_probabilities_are_probabilities(name, answers):
    result = EVERY[name](answers)
    assert result.probabilities.shape == (answers.n_items, answers.n_classes)
    assert np.isfinite(result.probabilities).all() and (result.probabilities >= 0).all()
    assert np.allclose(result.probabilities.sum(axis=1), 1)
    assert np.isfinite(result.confidence).all() and np.isfinite(result.prior).all()
    if result.confusion is not None:
        assert np.allclose(result.confusion.sum(axis=2), 1)


@every_model
@given(answers=small_answers())
@settings(max_examples=40, deadline=None)
def test_what_is_known_stands(name, answers):
    if answers.known is not None:
        fixed = np.flatnonzero(answers.known >= 0)
        labels = EVERY[name](answers)
        assert labels.labels[fixed].tolist() == answers.known[fixed].tolist()
        assert np.allclose(labels.confidence[fixed], 1)


@pytest.mark.parametrize("name", [name for name in EVERY if name not in ("ordinal", "scale")])
@given(answers=small_answers(), luck=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_and_names_do_not_matter(name, answers, luck):
    other, items, names = shuffled(answers, luck)
    ours, theirs = (EVERY[name](one).probabilities for one in (answers, other))
    back = theirs[items][:, names]
    assert np.allclose(ours, back, atol=2e-3 if name == "glad" else 1e-6)


@given(answers=small_answers(), luck=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_order_and_names_of_workers_do_not_matter_on_a_scale(answers, luck):
    other, items, _ = shuffled(answers, luck, classes=False)
    assert np.allclose(ordinal(answers).probabilities, ordinal(other).probabilities[items], atol=1e-6)


@every_model
def test_one_answer_alone_is_its_label(name):
    for n_classes in (1, 2, 5, 10_000):
        if n_classes > 1000 and name in ("ordinal", "scale"):
            continue
        answers = Answers(np.array([0]), np.array([0]), np.array([n_classes - 1]), 1, 1, n_classes)
        result = EVERY[name](answers)
        assert result.labels.tolist() == [n_classes - 1] and 0 < result.confidence[0] <= 1


@every_model
def test_no_answer_at_all_is_the_prior(name):
    none = np.zeros(0, dtype=np.int64)
    result = EVERY[name](Answers(none, none, none, 3, 0, 2))
    assert np.allclose(result.probabilities, 0.5)


@pytest.mark.parametrize("name", list(MODELS))
def test_ten_thousand_classes(name):
    luck = np.random.default_rng(0)
    n_items, n_workers = 3000, 30
    truth = luck.integers(10_000, size=n_items)
    items = np.repeat(np.arange(n_items), 3)
    workers = np.concatenate([luck.choice(n_workers, 3, replace=False) for _ in range(n_items)])
    right = luck.random(len(items)) < 0.8
    classes = np.where(right, truth[items], luck.integers(10_000, size=len(items)))
    result = MODELS[name](Answers(items, workers, classes, n_items, n_workers, 10_000))
    assert (result.labels == truth).mean() > 0.8
    assert np.isfinite(result.confidence).all() and (result.confidence <= 1 + 1e-9).all()
    assert np.allclose(np.asarray(result.table.sum(axis=1)).ravel(), 1)


def test_among_very_many_classes_one_answer_is_not_certain():
    answers = Answers(np.array([0, 1, 1, 1]), np.array([0, 0, 1, 2]), np.array([5, 9, 9, 9]), 2, 3, 10_000)
    first, second = MODELS["communities"](answers).confidence
    assert first < 0.9 < second


def test_a_table_too_large_to_write_out_says_so():
    answers = Answers(np.array([0]), np.array([0]), np.array([5]), 100_000, 1, 10_000, None)
    with pytest.raises(ValueError, match="too large"):
        _ = MODELS["majority"](answers).probabilities


def test_a_known_item_nobody_met_keeps_its_class():
    answers = Answers(np.array([0]), np.array([0]), np.array([0]), 2, 1, 3, np.array([UNKNOWN, 2]))
    for name, model in MODELS.items():
        assert model(answers).labels.tolist()[1] == 2, name


def test_known_items_with_wrong_codes_are_refused():
    codes = np.array([0])
    for known in ([5], [-2], [0, 0]):
        with pytest.raises(ValueError, match="known"):
            Answers(codes, codes, codes, 1, 1, 2, np.array(known))
