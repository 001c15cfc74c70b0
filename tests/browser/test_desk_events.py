"""One event, one action: dialogs, presses that come twice or too early, sets of parts, and what they store."""

import itertools
import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.conftest import ready, sign_in
from tests.browser.gestures import HELD, click, middle, quickly

CHOICES = {"choices": ["yes", "no", "maybe", "never"]}
TREE = {"choices": ["mammal", {"value": "cat", "under": "mammal"}, {"value": "dog", "under": "mammal"}, "bird"]}
APART = (0, 30, 80)  # ms from one press to the next that a hand did not mean


@pytest.fixture(scope="module")
def boss(bare):
    return bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))


@pytest.fixture(scope="module")
def word(bare):
    return bare.password("kim", "--create")


@pytest.fixture
def start(bare, boss, word, page):
    """Make a question and open the desk at it."""

    page.set_default_timeout(60_000)

    def begin(kind: str, config: dict, files: list, **more) -> questions.Desk:
        base, question = questions.build(bare, boss, kind, config, files, **more)
        sign_in(page, bare, "kim", word)
        return questions.desk(page, bare, base, question)

    return begin


def twice(desk: questions.Desk, key: str, apart: int) -> None:
    """Press a key twice, as a bouncing key does."""
    desk.meant(key)
    quickly(desk.page, (key, key), apart)


def pressed_twice(desk: questions.Desk, how: str, x: float, y: float, apart: int) -> None:
    """Click or touch a place twice, as a hand that slips does; see `twice` for the times."""
    session, begun = desk.page.context.new_cdp_session(desk.page), time.time()
    for number in range(2):
        at = begun + number * (apart + HELD) / 1000
        for down in (True, False):
            when = {"timestamp": at + (0 if down else HELD / 1000)}
            if how == "click":
                kind = "mousePressed" if down else "mouseReleased"
                about = {"x": x, "y": y, "button": "left", "clickCount": number + 1}
                session.send("Input.dispatchMouseEvent", {"type": kind, **about, **when})
            else:
                points = [{"x": x, "y": y}] if down else []
                kind = "touchStart" if down else "touchEnd"
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points, **when})
        desk.page.wait_for_timeout(apart)


def test_a_reason_for_skipping_skips_the_item_and_answers_nothing(start):
    desk = start("choice", CHOICES, questions.texts("Skip me.", 6))
    for reason in ("1", "2", "3", "4"):
        before = desk.task()
        desk.press("s")
        quickly(desk.page, reason + reason, 10)  # a bounce, while the skip is on its way
        desk.page.wait_for_function("before => document.querySelector('#item').dataset.task !== before", arg=before)
        desk.quiet()
    assert desk.skipped() == 4
    assert desk.press("2") is None
    expect(desk.page.locator("#status")).to_contain_text("1 answered")


def test_keys_in_dialogs_reach_no_widget(start):
    desk = start("choice", CHOICES, questions.texts("Read me.", 4))
    before = desk.task()
    desk.press("?")
    desk.page.keyboard.press("1")
    desk.page.keyboard.press("Enter")  # “Back to work”
    expect(desk.page.get_by_role("dialog")).to_be_hidden()
    desk.quiet()
    desk.press("s")
    desk.page.keyboard.press("Escape")
    desk.quiet()
    desk.page.locator("#skip").click()
    desk.page.keyboard.press("9")  # no reason has this key
    desk.page.get_by_role("button", name="Back to work").filter(visible=True).click()
    desk.quiet()
    assert desk.task() == before and desk.skipped() == 0
    # A comment is about the item it was begun at, and is sent from the keyboard.
    desk.press("f")
    desk.page.keyboard.type("1 s z 2 unclear")
    desk.page.keyboard.press("Escape")
    desk.page.wait_for_timeout(questions.MEANT)
    desk.press("1")
    desk.arrived(before)
    desk.press("f")
    expect(desk.page.locator("#comment")).to_have_value("")
    desk.page.keyboard.type("this one")
    after = desk.task()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator("#status")).to_contain_text("your comment was sent")
    desk.quiet()
    rows = desk.stand.rows(
        "SELECT f.comment, f.task_id FROM annotator_flag f JOIN annotator_task t ON t.id = f.task_id WHERE t.question_id = %s",
        desk.question,
    )
    assert [comment for comment, _ in rows] == ["this one"] and desk.task() == after


def test_a_skip_is_for_the_task_that_was_shown_when_the_dialog_opened(start):
    """The server refuses the answer before, which comes back under the open dialog."""
    desk = start("choice", CHOICES, questions.texts("Late refusal.", 5))
    first = desk.task()
    held = []
    desk.page.route("**/answer/", lambda route: held.append(route))
    desk.press("1")
    desk.page.wait_for_function("before => document.querySelector('#item').dataset.task !== before", arg=first)
    second = desk.task()
    desk.press("s")
    body = '{"code": "invalid_answer", "detail": "No."}'
    held[0].fulfill(status=400, content_type="application/json", body=body)
    desk.page.wait_for_function("first => document.querySelector('#item').dataset.task === first", arg=first)
    desk.page.keyboard.press("2")
    desk.stand.wait_until(lambda: desk.skipped() == 1, 10, "nothing was skipped")
    assert desk.task() == first and desk.stored() == []
    skipped = desk.stand.rows(
        "SELECT a.public_id FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id "
        "WHERE t.question_id = %s AND a.state = 'skipped'",
        desk.question,
    )
    assert [str(public) for (public,) in skipped] == [second]
    desk.page.faults.clear()  # the browser reports the refusal


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


@pytest.mark.slow
def test_money_has_the_decimals_of_its_currency(bare, boss, word, page):
    sign_in(page, bare, "kim", word)
    for currency, price, said in (
        ("JPY", "5", "5 JPY"),
        ("KWD", "0.005", "0.005 KWD"),
        ("USD", "0.05", "$0.05"),
        ("EUR", "0.01", "0.01 EUR"),
        ("USD", "0.005", "under $0.01"),
    ):
        files = questions.texts(f"{price} in {currency}.", 3)
        base, _ = questions.build(bare, boss, "choice", CHOICES, files, currency=currency)
        fields = {"text": "Paid?", "kind": "choice", "config": CHOICES, "overlap": 1, "test_overlap": 1, "price": price}
        status, made = bare.post(f"{base}questions/", fields, boss)
        assert status == 201, made
        desk = questions.desk(page, bare, base, made["id"])
        desk.press("1")
        expect(page.locator("#status")).to_contain_text(f"1 answered · {said} ·")


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


@pytest.fixture(scope="module")
def reviewed(bare, boss, word):
    """A question on which two people disagree, for a reviewer; and its project."""
    base, question = questions.build(bare, boss, "choice", CHOICES, questions.texts("Disputed.", 4), role="reviewer")
    return base, question


def test_an_empty_review_page_runs_without_an_error(bare, word, page, reviewed):
    base, question = reviewed
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}questions/{question}/review/")
    expect(page.locator("h1")).to_have_text("Nothing to review.")
    page.wait_for_load_state("networkidle")
    assert page.faults == []


def test_where_a_known_answer_is_given_a_key_that_comes_twice_is_not_written_into_the_reason(
    bare, boss, page, reviewed
):
    """Known answers and review are one page script; what is typed after the key stays."""
    base, question = reviewed
    sign_in(page, bare, "boss")
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}questions/{question}/quality/")
    page.locator(".pick a").first.click()
    page.wait_for_selector("#widget[aria-busy=false]")
    quickly(page, "2222", *APART)
    page.wait_for_timeout(questions.MEANT)
    page.keyboard.type("2 reasons")
    expect(page.locator("#reason")).to_have_value("2 reasons")
    assert page.locator("#value").input_value() == '"no"'
    page.get_by_role("button", name="Make it known").dblclick()
    page.wait_for_url(lambda url: "quality" in url)
    expect(page.locator("h1")).to_contain_text("1 gold item")


def test_a_reason_that_is_typed_at_once_after_the_key_is_kept_whole(bare, boss, page, reviewed):
    base, question = reviewed
    sign_in(page, bare, "boss")
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}questions/{question}/quality/")
    page.locator(".pick a").first.click()
    page.wait_for_selector("#widget[aria-busy=false]")
    page.keyboard.press("2")
    page.keyboard.type("It is grey")
    expect(page.locator("#reason")).to_have_value("It is grey")
    assert page.locator("#value").input_value() == '"no"'


def test_what_is_missing_before_a_known_answer_is_told_until_it_is_there(bare, boss, page, reviewed):
    """Review is the same script on the same form."""
    base, question = reviewed
    sign_in(page, bare, "boss")
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}questions/{question}/quality/")
    page.locator(".pick a").first.click()
    page.wait_for_selector("#widget[aria-busy=false]")
    page.get_by_role("button", name="Make it known").click()
    expect(page.locator("#problem")).to_have_text("Take one.")
    page.keyboard.press("2")
    expect(page.locator("#problem")).to_be_empty()


def test_the_editors_preview_takes_a_double_click_for_one_and_keeps_one_example(bare, boss, page, reviewed):
    base, _ = reviewed
    sign_in(page, bare, "boss")
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}questions/new/?kind=choice")
    page.get_by_label("Choices").fill("red\ngreen")
    page.get_by_label("Allow several answers").check()
    expect(page.locator("#widget button")).to_have_count(2)
    page.wait_for_selector("#widget[aria-busy=false]")
    click(page, middle(page, "#widget button"), 2)
    expect(page.locator("#tried")).to_contain_text("This would be stored: red")
    page.get_by_role("button", name="Keep as a right example").dblclick()
    expect(page.locator("#examples li")).to_have_count(1)
