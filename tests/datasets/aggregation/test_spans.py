"""Spans: boundaries, labels and relations that most people mark."""

from datasets.aggregation.span import span
from tests.datasets.aggregation.given import given_, mark


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
