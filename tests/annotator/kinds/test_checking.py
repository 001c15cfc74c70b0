"""Outlines and choices are checked, written and read in a time that does not grow with the square of what one person sends."""

import random

import numpy as np
import pytest

from annotator import kinds
from annotator.kinds.base import About
from annotator.kinds.box import geometry
from annotator.kinds.forms import LabelsField, lines_of
from tests.annotator.kinds.steps import steps

# Outlines


def crosses_slowly(points):
    """Say it by comparing each side with each other, in whole numbers."""

    def turn(a, b, c):
        cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        return (cross > 0) - (cross < 0)

    def on(a, b, c):
        return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])

    sides = [(points[n], points[(n + 1) % len(points)]) for n in range(len(points))]
    for n, (a, b) in enumerate(sides):
        if a == b:
            return True
        for m in range(n + 1, len(sides)):
            c, d = sides[m]
            if m == n + 1 or (n == 0 and m == len(sides) - 1):
                corner, before, after = (b, a, d) if m == n + 1 else (a, b, c)
                ahead = sum((before[k] - corner[k]) * (after[k] - corner[k]) for k in (0, 1)) > 0
                if turn(before, corner, after) == 0 and ahead:
                    return True
                continue
            if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
                return True
            ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
            if any(turn(*end) == 0 and on(*end) for end in ends):
                return True
    return False


def test_an_outline_crosses_itself_where_two_of_its_sides_meet():
    luck = random.Random(3)
    said = set()
    for _ in range(2000):
        points = [[luck.randrange(6), luck.randrange(6)] for _ in range(luck.randrange(3, 8))]
        crosses = crosses_slowly(points)
        assert geometry.crosses_itself(points) == crosses, points
        said.add(crosses)
    assert said == {True, False}


def star(count, middle=5000):
    angles = np.arange(count) * 2 * np.pi / count
    reach = np.where(np.arange(count) % 2, 4000, 200)
    return [
        [middle + float(x), middle + float(y)]
        for x, y in zip(reach * np.cos(angles), reach * np.sin(angles), strict=True)
    ]


def test_a_check_of_an_outline_takes_the_same_few_steps_whatever_its_corners():
    few, many = (steps(lambda n=n: geometry.crosses_itself(star(n))) - steps(lambda n=n: star(n)) for n in (30, 300))
    assert not geometry.crosses_itself(star(300))
    assert many < 2 * few


# Choices


def chain(count):
    return [{"value": "c0"}] + [{"value": f"c{n}", "under": f"c{n - 1}"} for n in range(1, count)]


def test_a_hierarchy_is_checked_in_a_time_that_grows_with_its_size():
    kind = kinds.get("choice")

    def check(count, backwards=False):
        choices = [{"value": "top"}]
        for n in range(count // 50):
            branch = [{"value": f"{n}.{m}", "under": f"{n}.{m - 1}" if m else "top"} for m in range(50)]
            choices += branch[::-1] if backwards else branch
        return kind.check_config({"choices": choices})

    for backwards in (False, True):
        few, many = (steps(lambda n=n, backwards=backwards: check(n, backwards)) for n in (500, 2000))
        assert many < 5 * few


def test_a_hierarchy_that_nobody_could_walk_is_refused_at_once():
    with pytest.raises(kinds.Invalid, match="at most 100 levels"):
        kinds.get("choice").check_config({"choices": chain(4000)})
    with pytest.raises(kinds.Invalid, match="under itself"):
        kinds.get("choice").check_config(
            {"choices": [{"value": "a", "under": "b"}, {"value": "b", "under": "a"}, {"value": "c"}]}
        )
    kept = kinds.get("choice").check_config({"choices": chain(100)})
    assert LabelsField(tree=True).clean(lines_of(kept["choices"]))[-1] == {"value": "c99", "under": "c98"}


def test_a_deep_hierarchy_is_written_and_read_without_running_out_of_stack():
    choices = [one | {"label": one["value"], "key": ""} for one in chain(3000)]
    lines = lines_of(choices)
    assert lines.count("\n") == 2999 and LabelsField(tree=True).clean(lines)[-1]["under"] == "c2998"


def test_a_hierarchy_is_read_from_its_lines_in_a_time_that_grows_with_their_number():
    def read(count):
        return LabelsField(tree=True).clean("\n".join(" " * n + f"c{n}" for n in range(count)))

    few, many = steps(lambda: read(100)), steps(lambda: read(400))
    assert many < 5 * few


def test_many_choices_are_shown_and_followed_in_a_time_that_grows_with_their_number():
    kind, whole = kinds.get("choice"), kinds.get("set")

    def work(count):
        config = kind.check_config({"choices": [f"c{n}" for n in range(count)], "several": True})
        value = [f"c{n}" for n in reversed(range(count))]
        parts = [
            {"name": "one", "text": "One?", "kind": "choice", "config": config},
            {
                "name": "two",
                "text": "Two?",
                "kind": "text",
                "config": {},
                "when": {"part": "one", "is": [f"c{n}" for n in range(count)]},
            },
        ]

        def all_of_it():
            made = whole.check_config({"parts": parts})
            kind.text(config, value)
            whole.check(made, {"one": value, "two": "x"}, About())

        return steps(all_of_it)

    assert work(1200) < 5 * work(300)
