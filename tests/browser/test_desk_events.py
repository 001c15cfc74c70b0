"""One event, one action: presses that come twice or too early, and what they store."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.conftest import ready
from tests.browser.gestures import click, middle, quickly
from tests.browser.presses import APART, CHOICES, pressed_twice, twice

TREE = {"choices": ["mammal", {"value": "cat", "under": "mammal"}, {"value": "dog", "under": "mammal"}, "bird"]}


@pytest.fixture
def start(bare, boss, word, page):
    return questions.starting(page, bare, boss, word)


@pytest.mark.parametrize("how", ["key", *(pytest.param(how, marks=pytest.mark.slow) for how in ("click", "touch"))])
def test_a_press_that_comes_twice_answers_one_item(start, how):
    desk = start("choice", CHOICES, questions.texts("Twice.", 8))
    for apart in APART:
        before = desk.task()
        if how == "key":
            twice(desk, "1", apart)
        else:
            x, y = middle(desk.page, "#widget button")
            desk.page.wait_for_timeout(questions.CLICKS)
            ready(desk.page)
            pressed_twice(desk, how, x, y, apart)
        assert desk.arrived(before) == "yes"
        after = desk.task()
        desk.quiet()
        assert desk.task() == after
        assert desk.page.locator("#widget [aria-pressed=true]").count() == 0, "nothing is chosen for the next item"


def test_an_early_key_is_told_of_and_another_after_it_is_taken(start):
    desk = start("choice", CHOICES, questions.texts("Early.", 4))
    before = desk.task()
    desk.meant("1")
    quickly(desk.page, "12", 10)
    expect(desk.page.locator("#status")).to_contain_text("before the item was shown was not taken")
    assert desk.arrived(before) == "yes"
    desk.quiet()
    before = desk.task()
    desk.press("2")
    assert desk.arrived(before) == "no"


def test_a_key_that_is_held_answers_once_until_it_is_let_go(start):
    desk = start("choice", CHOICES, questions.texts("Held.", 5))
    before = desk.task()
    ready(desk.page)
    for _ in range(20):  # the first goes down, the others are what the keyboard repeats
        desk.page.keyboard.down("1")
        desk.page.wait_for_timeout(15)
    desk.page.keyboard.press("2")  # another key while it is down
    desk.page.wait_for_function("before => document.querySelector('#item').dataset.task !== before", arg=before)
    assert desk.page.locator("#answer").get_attribute("aria-busy") == "true"
    desk.page.keyboard.up("1")
    assert desk.arrived(before) == "yes"
    desk.quiet()
    # Enter that is held on a focused button is one click.
    before = desk.task()
    desk.page.locator("#widget button").nth(1).focus()
    for _ in range(10):
        desk.page.keyboard.down("Enter")
        desk.page.wait_for_timeout(15)
    desk.page.keyboard.up("Enter")
    assert desk.arrived(before) == "no"
    desk.quiet()


def test_enter_twice_stores_nothing_drawn_for_no_item(start):
    desk = start("box", {"labels": ["cup"]}, questions.pictures(6))
    for apart in APART:
        before = desk.task()
        twice(desk, "Enter", apart)
        assert desk.arrived(before) == {"shapes": []}
        desk.quiet()


def test_a_key_pressed_while_an_item_loads_answers_nothing(start):
    desk = start("choice", CHOICES, questions.pictures(8), name="slow")
    before = desk.task()
    # The browser itself is slow: a handler of a route would outlive the page.
    session = desk.page.context.new_cdp_session(desk.page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", slow)
    seen = {before}
    for _ in range(5):
        desk.meant("1")
        quickly(desk.page, "12", 10)
        desk.arrived(before)
        before = desk.task()
        assert before not in seen
        seen.add(before)
    assert desk.stored() == ["yes"] * 5


def test_a_several_choice_is_not_untaken_by_a_bounce(start):
    desk = start("choice", CHOICES | {"several": True, "least": 0}, questions.texts("Several.", 12))
    desk.page.evaluate("window.heard = 0; addEventListener('keydown', () => (heard += 1))")
    for _ in range(10):  # on a busy machine the second press may come too late to be a bounce: then on the next item
        desk.page.evaluate("heard = 0")
        twice(desk, "1", 30)
        if desk.page.evaluate("heard") == 1:
            break
        desk.submit()
    else:
        pytest.fail("no second press was taken for a bounce")
    click(desk.page, middle(desk.page, "#widget button >> nth=2"), 2)
    assert desk.submit() == ["yes", "maybe"]


@pytest.mark.parametrize("key", ["Backspace", "Delete"])
def test_a_bouncing_key_takes_one_mark_back(start, key):
    desk = start("box", {"labels": ["cup"], "shapes": ["point"]}, questions.pictures(12))
    desk.page.evaluate("window.heard = 0; addEventListener('keydown', () => (heard += 1))")
    for _ in range(10):  # as above
        for share in (0.2, 0.5, 0.8):
            box = desk.page.locator("#item img, #item svg, #item canvas").first.bounding_box()
            click(desk.page, (box["x"] + share * box["width"], box["y"] + box["height"] / 2))
        desk.page.evaluate("heard = 0")
        twice(desk, key, 30)
        if desk.page.evaluate("heard") == 1:
            break
        desk.submit()
    else:
        pytest.fail("no second press was taken for a bounce")
    assert len(desk.submit()["shapes"]) == 2


def test_a_held_key_deletes_in_a_field_as_long_as_it_is_held(start):
    desk = start("text", {}, questions.texts("Text.", 3))
    field = desk.page.locator("#widget input, #widget textarea").first
    field.fill("good morning")
    field.press("End")
    for _ in range(5):  # all but the first are repeats
        desk.page.keyboard.down("Backspace")
    desk.page.keyboard.up("Backspace")
    expect(field).to_have_value("good mo")
    quickly(desk.page, ("Backspace", "Backspace"), 30)
    expect(field).to_have_value("good ")


@pytest.mark.slow
def test_a_hierarchy_is_the_same_by_button_key_and_search(start):
    desk = start("choice", TREE, questions.texts("Animal.", 9))
    before = desk.task()
    twice(desk, "1", 30)  # goes down once, and takes nothing
    desk.quiet()
    assert desk.task() == before
    desk.press(".")
    assert desk.arrived(before) == "mammal"
    before = desk.task()
    click(desk.page, middle(desk.page, "#widget button:has-text('mammal')"), 2)
    desk.quiet()
    desk.page.get_by_role("button", name="mammal itself").click()
    assert desk.arrived(before) == "mammal"
    before = desk.task()
    desk.press("/")
    desk.page.keyboard.type("mamm")
    twice(desk, "Enter", 30)
    assert desk.arrived(before) == "mammal"
    expect(desk.page.locator("#widget input")).to_have_value("")
    # Undo shows what was answered, and the same keys lead there.
    before = desk.task()
    desk.press("1", "2")
    assert desk.arrived(before) == "dog"
    desk.press("z")
    expect(desk.page.locator("#widget .chosen")).to_have_text("Taken: mammal › dog")
    expect(desk.page.locator("#widget [aria-pressed=true]")).to_have_text(re.compile("mammal"))


def test_the_words_of_a_search_are_gone_after_it(start):
    desk = start("choice", TREE | {"several": True, "least": 1}, questions.texts("Animals.", 3))
    desk.press("/")
    desk.page.keyboard.type("do")
    desk.page.get_by_role("button", name="mammal › dog").click()
    expect(desk.page.locator("#widget input")).to_have_value("")
    desk.page.keyboard.press("Escape")
    assert desk.submit() == ["dog"]
