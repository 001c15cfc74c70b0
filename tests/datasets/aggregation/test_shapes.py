"""Several choices, scales, texts, spans and shapes."""

import difflib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.aggregation import Answers, DuplicateAnswer, communities, majority
from datasets.aggregation.box import box
from datasets.aggregation.box import overlap as box_overlap
from datasets.aggregation.consensus import Given, weighted_median
from datasets.aggregation.ordinal import ordinal
from datasets.aggregation.scale import scale
from datasets.aggregation.several import several
from datasets.aggregation.span import span
from datasets.aggregation.text import edit_distance, text


def given_(answers, n_items=None):
    """Return answers written as (item, worker, value)."""
    items, workers = (np.array([one[place] for one in answers], dtype=np.int64) for place in (0, 1))
    return Given(items, workers, [one[2] for one in answers], n_items or items.max() + 1, workers.max() + 1)


def test_two_answers_of_one_worker_are_refused():
    with pytest.raises(DuplicateAnswer):
        given_([(0, 0, "a"), (0, 0, "b")])


# Several


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


# Scales


def biased_crowd(seed=0, n_items=400, n_workers=25, per_item=4):
    luck = np.random.default_rng(seed)
    place = luck.normal(2, 1.1, n_items)
    bias, spread = luck.normal(0, 0.8, n_workers), luck.uniform(0.3, 0.9, n_workers)
    workers = np.concatenate([luck.choice(n_workers, per_item, replace=False) for _ in range(n_items)])
    items = np.repeat(np.arange(n_items), per_item)
    said = np.clip(np.round(place[items] + bias[workers] + luck.normal(size=len(items)) * spread[workers]), 0, 4)
    truth = np.clip(np.round(place), 0, 4).astype(int)
    return Answers(items, workers, said.astype(int), n_items, n_workers, 5), truth


def test_bias_and_spread_are_taken_out():
    answers, truth = biased_crowd()
    mean = np.round(np.bincount(answers.items, weights=answers.classes) / answers.per_item).astype(int)
    ours = ordinal(answers).labels
    assert np.abs(ours - truth).mean() < np.abs(mean - truth).mean() * 0.85
    assert (ours == truth).mean() > (majority(answers).labels == truth).mean() + 0.1


def test_known_items_show_a_crowd_that_is_too_strict():
    items, workers = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    truth = np.arange(40) % 4 + 1
    said = truth[items] - 1  # everyone is a point too low
    known = np.where(np.arange(40) < 20, truth, -1)
    labels = ordinal(Answers(items, workers, said, 40, 3, 5, known)).labels
    assert (labels == truth).mean() > 0.9


@pytest.mark.slow
def test_of_two_models_of_a_scale_the_one_that_foretells_better_is_taken():
    answers, truth = biased_crowd(1)
    assert np.abs(scale(answers).labels - truth).mean() == np.abs(ordinal(answers).labels - truth).mean()
    luck = np.random.default_rng(2)
    truth = luck.integers(5, size=400)
    items, workers = np.repeat(np.arange(400), 6), np.tile(np.arange(6), 400)
    lost = luck.integers(5, size=len(items))
    said = np.where((workers < 3) | (luck.random(len(items)) < 0.2), truth[items], lost)  # three know, three guess
    guessed = Answers(items, workers, said, 400, 6, 5)
    assert (scale(guessed).labels == communities(guessed).labels).all()


# Texts


@given(st.text(alphabet="abc ", max_size=12), st.text(alphabet="abc ", max_size=12))
@settings(max_examples=150, deadline=None)
def test_the_edit_distance_is_a_distance(one, other):
    distance = edit_distance(one, other)
    assert (distance == 0) == (one == other) and distance == edit_distance(other, one)
    assert abs(len(one) - len(other)) <= distance <= max(len(one), len(other))
    matching = sum(block.size for block in difflib.SequenceMatcher(None, one, other).get_matching_blocks())
    assert distance <= len(one) + len(other) - 2 * matching


def test_words_are_voted_on_where_nobody_has_all_of_them():
    said = ["the qick brown fox", "the quick brown fax", "teh quick brown fox"]
    found = text(given_([(0, worker, value) for worker, value in enumerate(said)]))
    assert found.values == ["the quick brown fox"]


def test_a_word_left_out_and_one_too_many():
    said = ["a big red house", "a big red house", "a red house", "a big red old house"]
    assert text(given_([(0, worker, value) for worker, value in enumerate(said)])).values == ["a big red house"]


def test_the_careless_weigh_less():
    truth = [f"line {number} of the letter" for number in range(12)]
    answers = [(item, worker, value) for item, value in enumerate(truth) for worker in range(2)]
    answers += [(item, worker, f"zzz {item * 7 + worker}") for item in range(12) for worker in (2, 3)]
    found = text(given_(answers))
    assert found.values == truth and found.worker_quality[:2].min() > found.worker_quality[2:].max()


def test_a_text_alone_is_its_label_and_blanks_are_kept():
    found = text(given_([(0, 0, "two  blanks\nand a line")]))
    assert found.values == ["two  blanks\nand a line"] and 0.5 < found.probabilities[0] < 1


def test_more_agreement_is_more_probable():
    same = text(given_([(0, worker, "alike") for worker in range(4)])).probabilities[0]
    split = text(given_([(0, 0, "alike"), (0, 1, "alike"), (0, 2, "other"), (0, 3, "other")])).probabilities[0]
    assert same > 0.85 and 0.4 < split < 0.6


# Spans


def mark(*stretches, **more):
    return {"spans": [{"start": start, "end": end, "label": label} for start, end, label in stretches]} | more


def test_boundaries_are_where_most_put_them():
    found = span(given_([(0, 0, mark((2, 9, "x"))), (0, 1, mark((2, 10, "x"))), (0, 2, mark((3, 9, "x")))]))
    assert found.values == [mark((2, 9, "x"))]


def test_what_one_of_many_marks_is_left_out_and_what_one_overlooks_stays():
    answers = [
        (item, worker, mark((0, 5, "x"), (20 + item, 25 + item, "y")) if worker else mark((0, 5, "x"), (40, 44, "x")))
        for item in range(10)
        for worker in range(4)
    ]
    assert span(given_(answers)).values == [mark((0, 5, "x"), (20 + item, 25 + item, "y")) for item in range(10)]


def test_labels_are_not_mixed_and_nothing_marked_is_nothing():
    found = span(given_([(0, 0, mark((0, 5, "x"))), (0, 1, mark((0, 5, "y"))), (1, 0, mark()), (1, 1, mark())]))
    assert {one["label"] for one in found.values[0]["spans"]} <= {"x", "y"} and found.values[1] == mark()
    assert 0.7 < found.probabilities[1] < 0.97


def test_nothing_is_surer_the_better_people_see():
    """Three who overlook nothing elsewhere mark nothing in the last item; or three who overlook one in three."""
    sharp = [(item, worker, mark((item, item + 6, "x"))) for item in range(40) for worker in range(3)]
    dull = [(item, worker, mark() if (item + worker) % 3 == 0 else value) for item, worker, value in sharp]
    sure, unsure = (
        span(given_([*answers, *((40, worker, mark()) for worker in range(3))])).probabilities[40]
        for answers in (sharp, dull)
    )
    assert sure > 0.99 and sure > unsure + 0.01


def test_relations_follow_their_spans():
    related = {"relations": [{"from": 0, "to": 1, "label": "r"}]}
    turned = {"relations": [{"from": 1, "to": 0, "label": "r"}]}
    answers = [(0, 0, mark((0, 5, "x"), (8, 9, "x"), **related)), (0, 1, mark((0, 5, "x"), (8, 9, "x"), **related))]
    answers.append((0, 2, mark((8, 9, "x"), (0, 5, "x"), **turned)))  # the same, written the other way round
    assert span(given_(answers)).values == [mark((0, 5, "x"), (8, 9, "x"), **related)]


def test_a_wrong_marker_is_found():
    answers = [
        (item, worker, mark((item, item + 6, "x")) if worker < 3 else mark((item + 30, item + 35, "x")))
        for item in range(15)
        for worker in range(4)
    ]
    assert span(given_(answers)).worker_quality.argmin() == 3


# Shapes


def rectangle(x, y, width, height, label="cup"):
    return {"type": "box", "label": label, "x": x, "y": y, "width": width, "height": height}


def outline(*points, label="leaf"):
    return {"type": "polygon", "label": label, "points": [list(point) for point in points]}


def drawn(*shapes):
    return {"shapes": list(shapes)}


def test_a_box_lies_in_the_middle_of_those_drawn():
    luck = np.random.default_rng(0)
    answers = [
        (0, worker, drawn(rectangle(*(np.array([10, 20, 40, 30]) + luck.normal(0, 1, 4))))) for worker in range(9)
    ]
    [shape] = box(given_(answers)).values[0]["shapes"]
    assert box_overlap(shape, rectangle(10, 20, 40, 30), 1) > 0.93


def test_a_wild_box_does_not_pull():
    answers = [
        (0, 0, drawn(rectangle(0, 0, 10, 10))),
        (0, 1, drawn(rectangle(0, 0, 10, 10))),
        (0, 2, drawn(rectangle(0, 0, 14, 14))),
    ]
    [shape] = box(given_(answers)).values[0]["shapes"]
    assert shape["width"] == 10


def test_two_cups_beside_each_other_stay_two():
    answers = [
        (0, worker, drawn(rectangle(0, 0, 10, 10), rectangle(12 + worker / 4, 0, 10, 10))) for worker in range(3)
    ]
    assert len(box(given_(answers)).values[0]["shapes"]) == 2


def test_what_only_one_draws_is_left_out():
    answers = [
        (item, worker, drawn(rectangle(0, 0, 9, 9), *([rectangle(50, 50, 9, 9)] if worker == 0 else [])))
        for item in range(12)
        for worker in range(4)
    ]
    assert all(len(value["shapes"]) == 1 for value in box(given_(answers)).values)


def test_points_and_outlines():
    square = outline((0, 0), (100, 0), (100, 100), (0, 100))
    answers = [
        (0, 0, drawn(square, {"type": "point", "label": "tip", "x": 50, "y": 50})),
        (
            0,
            1,
            drawn(outline((0, 0), (98, 0), (98, 100), (0, 100)), {"type": "point", "label": "tip", "x": 51, "y": 50}),
        ),
        (
            0,
            2,
            drawn(outline((0, 0), (100, 0), (100, 60), (0, 60)), {"type": "point", "label": "tip", "x": 52, "y": 50}),
        ),
    ]
    shapes = {shape["type"]: shape for shape in box(given_(answers)).values[0]["shapes"]}
    assert (
        shapes["point"]["x"] == 51
        and shapes["polygon"]["points"][2][0] in (98, 100)
        and shapes["polygon"]["points"][2][1] == 100
    )


def test_outlines_overlap_by_area_not_by_frame():
    triangle = outline((0, 0), (10, 0), (0, 10))
    assert abs(box_overlap(triangle, outline((10, 10), (10, 0), (0, 10)), 1)) < 0.1
    assert abs(box_overlap(triangle, outline((0, 0), (10, 0), (10, 10), (0, 10)), 1) - 0.5) < 0.05


def test_an_empty_drawing_is_an_answer():
    found = box(given_([(0, 0, drawn()), (0, 1, drawn())]))
    assert found.values == [drawn()]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (several, [["a"], ["a", "b"], []]),
        (text, ["one two", "one too", "won two"]),
        (span, [mark((0, 4, "x")), mark((0, 5, "x")), mark((9, 12, "y"))]),
        (box, [drawn(rectangle(0, 0, 9, 9)), drawn(rectangle(1, 0, 9, 9)), drawn(rectangle(30, 0, 9, 9))]),
    ],
)
@given(luck=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_order_and_names_of_workers_do_not_matter(model, values, luck):
    answers = [(item, worker, values[(worker + item // 3) % 3]) for item in range(6) for worker in range(4)]
    plain = model(given_(answers))
    numbers = [0, 1, 2, 3]
    luck.shuffle(numbers)
    other = [(item, numbers[worker], value) for item, worker, value in answers]
    luck.shuffle(other)
    again = model(given_(other))
    assert again.values == plain.values and np.allclose(again.probabilities, plain.probabilities)
    assert np.allclose(again.worker_quality[numbers], plain.worker_quality)


def test_the_weighted_median_is_between():
    assert weighted_median([1, 2, 10], [1, 1, 5]) == 10 and weighted_median([4], [0.1]) == 4
