"""Every computation over answers has a bound that is known in advance, whatever was marked."""

import random

import numpy as np
import pytest

from datasets.aggregation import consensus
from datasets.aggregation import text as texts
from datasets.aggregation.agreement import of_likeness
from datasets.aggregation.box import box
from datasets.aggregation.consensus import Given, clustered
from datasets.aggregation.span import span


def of_one_item(values):
    return Given(np.zeros(len(values), np.int64), np.arange(len(values)), values, 1, len(values))


def compared_in(marks):
    count = 0

    def alike(one, other):
        nonlocal count
        count += 1
        return max(0.0, 1 - abs(one - other) / 2)

    groups = clustered(list(range(len(marks))), marks, alike, lambda mark: "x", lambda mark: (mark, mark), 0.4)
    return count, groups


def test_a_mark_is_compared_with_the_nearest_only():
    marks = [[n + answer / 10 for n in range(1000)] for answer in range(3)]
    count, groups = compared_in(marks)
    assert count <= consensus.NEAREST * 3000 + 3000 * 9
    assert len(groups) == 1000 and all(len(group) == 3 for group in groups)


def test_marks_on_one_place_are_joined_one_of_each_answer():
    count, groups = compared_in([[5.0] * 500 for _ in range(3)])
    assert count <= consensus.NEAREST * 1500 * 2
    assert len(groups) <= 600 and all(len({place for place, _ in group}) == len(group) for group in groups)


def test_marks_of_other_labels_are_never_compared():
    marks = [[("a", 1)], [("b", 1)]]
    never = lambda *_: pytest.fail("compared")  # noqa: E731
    assert len(clustered([0, 1], marks, never, lambda mark: mark[0], lambda mark: (mark[1],), 0.4)) == 2
    with pytest.raises(pytest.fail.Exception, match="compared"):
        clustered([0, 1], marks, never, lambda mark: "both", lambda mark: (mark[1],), 0.4)


def test_spans_and_boxes_in_great_number_are_still_found():
    marks = [
        {"spans": [{"start": n * 20 + shift, "end": n * 20 + 12, "label": "x"} for n in range(400)]}
        for shift in (0, 1, 1)
    ]
    [value] = span(of_one_item(marks)).values
    assert value["spans"] == [{"start": n * 20 + 1, "end": n * 20 + 12, "label": "x"} for n in range(400)]
    drawn = [
        {
            "shapes": [
                {"type": "box", "label": "x", "x": 5, "y": n * 20 + shift, "width": 500, "height": 12}
                for n in range(200)
            ]
        }
        for shift in (0, 0, 1)
    ]
    [value] = box(of_one_item(drawn)).values
    assert [one["y"] for one in value["shapes"]] == [n * 20 for n in range(200)], "lines of a page lie under each other"


# Texts


def edits_slowly(one, other):
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, start=1):
            before, row[j] = row[j], min(before + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def test_edits_are_counted_bit_by_bit_as_they_are_one_by_one():
    luck = random.Random(4)
    for _ in range(500):
        one, other = ("".join(luck.choices("abc", k=luck.randrange(12))) for _ in range(2))
        assert texts.edit_distance(one, other) == edits_slowly(one, other)


def test_long_texts_are_aligned_in_blocks(monkeypatch):
    most = 0
    real = texts._costs

    def counting(frame, said):
        nonlocal most
        most = max(most, len(frame) * len(said))
        return real(frame, said)

    monkeypatch.setattr(texts, "_costs", counting)
    words = [f"w{n % 91}" for n in range(20_000)]
    changed = [*words[:50], "new", *words[50:9000], "other", *words[9001:]]
    aligned = texts._aligned(words, changed)
    assert most <= texts.BLOCK**2
    assert len(aligned) == 2 * len(words) + 1 and " ".join(filter(None, aligned)).split() == changed
    assert sum(said == word for said, word in zip(aligned[1::2], words, strict=True)) > 19_000


def test_the_more_pairs_of_texts_the_less_of_each_is_compared():
    few, many = ([list(range(3))] * count for count in (10, 100_000))
    assert texts._longest(few) == texts.LONGEST and texts._longest(many) < 200
    assert texts._longest([list(range(10_000))]) == texts.SHORTEST


# Agreement


def test_agreement_compares_no_more_than_it_may_and_hears_every_item():
    compared = []

    def likeness(one, other):
        compared.append((one, other))
        return float(one[0] == other[0])

    items, workers = np.repeat(np.arange(50), 10), np.tile(np.arange(10), 50)
    values = [(item, 100) for item in items.tolist()]
    some = of_likeness(items, workers, values, likeness, size=lambda value: value[1], most=100_000, samples=0)
    assert len(compared) <= 100_000 / 200 + 2
    assert {one[0] for one, other in compared if one[0] == other[0]} == set(range(50))
    every = of_likeness(items, workers, values, likeness, samples=0)
    assert some.value == every.value == 1
