"""Every computation over answers has a bound that is known in advance, whatever was marked."""

import random
import tracemalloc

import numpy as np
import pytest

from datasets.aggregation import consensus, text_likeness
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
        assert text_likeness.edit_distance(one, other) == edits_slowly(one, other)


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
    assert text_likeness.longest_compared(few) == text_likeness.LONGEST and text_likeness.longest_compared(many) < 200
    assert text_likeness.longest_compared([list(range(10_000))]) == text_likeness.SHORTEST


def test_a_thousand_texts_of_one_item_are_compared_with_a_panel(monkeypatch):
    compared = []
    real = text_likeness.edit_distance
    monkeypatch.setattr(text_likeness, "edit_distance", lambda one, other: compared.append(1) or real(one, other))
    said = ["a blue cat"] * 600 + [f"a blue cat {n}" for n in range(400)]
    found = texts.text(of_one_item(said))
    assert found.values == ["a blue cat"] and len(compared) <= text_likeness.PANEL * 1000
    compared.clear()
    assert texts.text(of_one_item([f"text {n}" for n in range(60)])).values and len(compared) == 60 * 59 // 2


# Presence


def test_a_thousand_answers_that_mark_different_things_have_a_limited_number_of_votes(monkeypatch):
    asked = []
    real = consensus.communities
    monkeypatch.setattr(consensus, "communities", lambda answers: asked.append(answers) or real(answers))
    each = [set(range(place * 4, place * 4 + 4)) | {4000} for place in range(1000)]
    result = consensus.presence(of_one_item([None] * 1000), np.zeros(4001, np.int64), each)
    assert len(asked[0].items) <= consensus.VOTERS * 4001
    assert result.labels[4000] == 1 and not result.labels[:4000].any()


# Agreement


def test_agreement_of_a_thousand_answers_to_an_item_needs_no_list_of_all_pairs():
    compared = []

    def likeness(one, other):
        compared.append(1)
        return float(one == other)

    items, workers = np.repeat(np.arange(20), 1000), np.tile(np.arange(1000), 20)
    values = [f"{item} {min(worker, 3)}" for item, worker in zip(items.tolist(), workers.tolist(), strict=True)]
    tracemalloc.start()
    of_likeness(items, workers, values, likeness, size=lambda value: 100, samples=0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 30_000_000
    assert len(compared) <= 20 * 16 + 80 * 80, "equal answers are compared once"


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
