"""Sets at the desk: each part keeps its own answer, and a press that comes twice answers one part."""

import itertools

import pytest

from tests.browser import questions
from tests.browser.conftest import ready, sign_in
from tests.browser.gestures import middle
from tests.browser.presses import APART, CHOICES, pressed_twice, twice


@pytest.fixture
def start(bare, boss, word, page):
    return questions.starting(page, bare, boss, word)


# Sets: each pair of kinds about one modality. What is done to a part, and what is stored of it.
PARTS = {
    "choice": (CHOICES, lambda desk: desk.press("2"), "no"),
    "scale": ({"points": 5, "low": "a", "high": "b"}, lambda desk: desk.press("3"), 3),
    "text": (
        {"lines": 1},
        lambda desk: (ready(desk.page), desk.page.keyboard.type("some words"), desk.press("Enter")),
        "some words",
    ),
    "span": (
        {"labels": ["person", "place"]},
        lambda desk: desk.press("ArrowRight", "ArrowRight", "2", "Enter"),
        {"spans": [{"start": 4, "end": 9, "label": "place"}]},
    ),
    "box": (
        {"labels": ["cup", "rim"], "shapes": ["point"]},
        lambda desk: desk.press("2", "Space", "Enter"),
        {"shapes": [{"type": "point", "label": "rim", "x": 320, "y": 200}]},
    ),
    "pair": ({"tie": True}, lambda desk: desk.press("2"), "tie"),
}
MEDIA = {
    "text": (["choice", "scale", "text", "span"], questions.texts("One small text.", 40)),
    "picture": (["choice", "scale", "text", "box"], questions.pictures(40)),
    "pair": (["choice", "scale", "text", "pair"], questions.pairs(40)),
}


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["quick", "every"])
@pytest.mark.parametrize("modality", MEDIA)
def test_each_pair_of_kinds_in_a_set_keeps_its_answers_apart(bare, boss, word, page, modality, every):
    """The quick version pairs the kind that works on the item itself; the slow one has every pair."""
    names, files = MEDIA[modality]
    own = names[-1]
    base, _ = questions.build(bare, boss, "choice", CHOICES, files)
    sign_in(page, bare, "kim", word)
    wanted = list(itertools.product(names, names)) if every else [(own, own), (names[0], own), (own, names[1])]
    for first, second in wanted:
        parts = [
            {"name": name, "text": name, "kind": kind, "config": PARTS[kind][0]}
            for name, kind in (("a", first), ("b", second))
        ]
        desk = questions.desk(page, bare, base, questions.ask(bare, boss, base, "set", {"parts": parts}))
        before = desk.task()
        PARTS[first][1](desk)
        PARTS[second][1](desk)
        if desk.task() == before:
            desk.press("Enter")
        assert desk.arrived(before) == {"a": PARTS[first][2], "b": PARTS[second][2]}, (first, second)


def test_a_press_that_comes_twice_answers_one_part(start):
    parts = [{"name": name, "text": name, "kind": "choice", "config": CHOICES} for name in ("a", "b")]
    desk = start("set", {"parts": parts}, questions.texts("Parts.", 6))
    for apart in APART:
        twice(desk, "1", apart)
        x, y = middle(desk.page, ".part.active button >> nth=1")
        desk.page.wait_for_timeout(questions.CLICKS)
        pressed_twice(desk, "click", x, y, 0)
        assert desk.submit() == {"a": "yes", "b": "no"}
