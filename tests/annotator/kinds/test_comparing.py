"""Answers are compared by what is marked in them, in a time that does not grow with the square of what one person sends."""

import random
from difflib import SequenceMatcher

import numpy as np
import pytest

from annotator import kinds
from annotator.kinds.box import geometry
from annotator.kinds.text import likeness
from tests.annotator.kinds.steps import steps


def spans(count, length, shift=0):
    each = length // count
    return {"spans": [{"start": n * each + shift, "end": (n + 1) * each, "label": "ab"[n % 2]} for n in range(count)]}


def similarity(name, one, other, config=None):
    return kinds.get(name).similarity(config or {}, one, other)


# Spans


def by_characters(one, other):
    first, second = (
        {(span["label"], place) for span in value["spans"] for place in range(span["start"], span["end"])}
        for value in (one, other)
    )
    together = len(first) + len(second)
    return 2 * len(first & second) / together if together else 1.0


def test_spans_are_as_alike_as_their_characters_say():
    luck = random.Random(1)

    def value():
        starts = [luck.randrange(60) for _ in range(luck.randrange(8))]
        return {
            "spans": [
                {"start": start, "end": start + luck.randrange(1, 20), "label": luck.choice("ab")} for start in starts
            ]
        }

    for _ in range(500):
        one, other = value(), value()
        assert similarity("span", one, other) == pytest.approx(by_characters(one, other))


def test_the_time_to_compare_spans_does_not_depend_on_the_length_of_the_text():
    short, long = (
        steps(lambda size=size: similarity("span", spans(100, size), spans(100, size, 2))) for size in (10_000, 10**6)
    )
    assert long < 1.1 * short


def test_the_time_to_compare_spans_grows_with_their_number():
    few, many = (steps(lambda n=n: similarity("span", spans(n, 10**6), spans(n, 10**6, 3))) for n in (300, 1200))
    assert many < 5 * few


def test_spans_that_all_lie_on_each_other_are_no_more_work():
    def nested(count):
        return {"spans": [{"start": n, "end": 10**6 - n, "label": "a"} for n in range(count)]}

    few, many = (steps(lambda n=n: similarity("span", nested(n), nested(n))) for n in (300, 1200))
    assert many < 5 * few


# Texts


def common_slowly(one, other):
    table = np.zeros((len(one) + 1, len(other) + 1), dtype=int)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1, j + 1] = table[i, j] + 1 if a == b else max(table[i, j + 1], table[i + 1, j])
    return int(table[-1, -1])


def test_what_texts_have_in_common_is_their_longest_common_subsequence():
    luck = random.Random(2)
    for _ in range(300):
        one, other = ("".join(luck.choices("abc", k=luck.randrange(14))) for _ in range(2))
        assert likeness.common(one, other) == common_slowly(one, other)


def test_long_texts_are_compared_to_their_end():
    words = [f"word{n % 977}" for n in range(12_000)]
    text = " ".join(words)
    assert similarity("text", text, text[: len(text) // 2]) == pytest.approx(2 / 3, abs=0.01)
    assert similarity("text", text, text + " more") > 0.999
    missing = " ".join(words[:6000] + words[6001:])
    assert similarity("text", text, missing) > 0.999


def test_the_time_to_compare_texts_is_bounded_for_what_is_hardest_to_compare():
    def work(size):
        return steps(lambda: similarity("text", "ab" * size, "ba" * size + "b"))

    assert SequenceMatcher(None, "ab", "ba").ratio() == similarity("text", "ab", "ba") == 0.5
    assert work(8000) < 5 * work(2000)


# Shapes


def greedy(one, other):
    """Return what `similarity` means, by comparing every shape with every other."""

    def share(a, b):
        if (a["type"], a["label"]) != (b["type"], b["label"]):
            return 0.0
        f, g = geometry.frame(a), geometry.frame(b)
        width, height = min(f[2], g[2]) - max(f[0], g[0]), min(f[3], g[3]) - max(f[1], g[1])
        both = max(0, width) * max(0, height)
        return both / ((f[2] - f[0]) * (f[3] - f[1]) + (g[2] - g[0]) * (g[3] - g[1]) - both)

    pairs = sorted(((share(a, b), i, j) for i, a in enumerate(one) for j, b in enumerate(other)), reverse=True)
    total, left, right = 0.0, set(range(len(one))), set(range(len(other)))
    for alike, i, j in pairs:
        if i in left and j in right:
            total += alike
            left.discard(i)
            right.discard(j)
    return total / max(len(one), len(other))


def boxes(luck, count, size=1000):
    return [
        {
            "type": "box",
            "label": luck.choice("ab"),
            "x": luck.randrange(size),
            "y": luck.randrange(size),
            "width": luck.randrange(5, 60),
            "height": luck.randrange(5, 60),
        }
        for _ in range(count)
    ]


def moved(shapes, luck):
    return [shape | {"x": shape["x"] + luck.randrange(4), "y": shape["y"] + luck.randrange(4)} for shape in shapes]


@pytest.mark.parametrize("count", [5, 60, 400])
def test_shapes_have_the_partners_that_comparing_all_finds(count):
    luck = random.Random(count)
    one = boxes(luck, count)
    other = moved(one, luck)
    luck.shuffle(other)
    assert geometry.similarity(one, other) == pytest.approx(greedy(one, other), abs=0.01)


def test_2000_shapes_on_one_place_are_like_themselves():
    shapes = [{"type": "box", "label": "a", "x": 1, "y": 1, "width": 9, "height": 9}] * 2000
    assert geometry.similarity(shapes, shapes) == 1
    points = [{"type": "point", "label": "a", "x": 5, "y": 5}] * 2000
    assert geometry.similarity(points, points) == 1
    assert geometry.similarity(shapes, shapes[:1000]) == 0.5


def test_each_shape_is_compared_with_few_others(monkeypatch):
    compared = 0
    real = geometry._overlaps

    def counting(kind, a, b, reach):
        nonlocal compared
        compared += len(a)
        return real(kind, a, b, reach)

    monkeypatch.setattr(geometry, "_overlaps", counting)
    shapes = [{"type": "box", "label": "a", "x": n, "y": n, "width": 9000, "height": 9000} for n in range(2000)]
    other = [shape | {"x": shape["x"] + 0.5} for shape in shapes]
    assert geometry.similarity(shapes, other) > 0.9
    assert 0 < compared <= 2 * geometry.NEAREST * 2000
