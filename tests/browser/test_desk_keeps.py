"""What the desk keeps and tells: the time at work, answers of whoever gave them, refusals, and what was booked."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.conftest import ready, sign_in

pytestmark = pytest.mark.slow  # time passes in each
CHOICES = {"choices": ["yes", "no"]}
WORKED = 2500  # ms of work before an interruption: more than any wait for a page to be seen


@pytest.fixture(scope="module")
def people(bare):
    return {name: bare.password(name, "--create") for name in ("kim", "lou")}


@pytest.fixture
def start(bare, boss, people, page):
    """Make a question and open the desk at it; what the browser sends as answers is in `desk.sent`."""

    page.set_default_timeout(60_000)

    def begin(kind: str, config: dict, files: list, price: str = "0.01", **more) -> questions.Desk:
        base, question = questions.build(bare, boss, kind, config, files, **more)
        if price != "0.01":
            fields = {"text": "Paid?", "kind": kind, "config": config, "overlap": 1, "test_overlap": 1, "price": price}
            question = bare.post(f"{base}questions/", fields, boss)[1]["id"]
        sign_in(page, bare, "kim", people["kim"])
        sent: list[dict] = []
        page.context.on(
            "request", lambda one: sent.append(json.loads(one.post_data)) if one.url.endswith("/answer/") else None
        )
        desk = questions.desk(page, bare, base, question)
        desk.sent = sent
        desk.base = base
        return desk

    return begin


def times(desk: questions.Desk) -> list[int]:
    """Return the active time stored with each first answer, in their order."""
    return [
        ms
        for (ms,) in desk.stand.rows(
            "SELECT a.active_ms FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
            "WHERE t.question_id = %s AND a.replaces_id IS NULL ORDER BY a.created_at, a.id",
            desk.question,
        )
    ]


def again(desk: questions.Desk) -> None:
    task = desk.task()
    desk.page.reload()
    desk.page.wait_for_function("task => document.querySelector('#item').dataset.task === task", arg=task)
    ready(desk.page)


def test_time_before_a_reload_counts_without_a_draft(start):
    desk = start("choice", CHOICES, questions.texts("How long?", 3))
    began = time.monotonic()
    desk.page.wait_for_timeout(WORKED)
    again(desk)
    desk.page.wait_for_timeout(WORKED)
    again(desk)
    desk.press("1")
    desk.saved()
    [stored] = times(desk)
    assert [one["active_ms"] for one in desk.sent] == [stored]
    assert 2 * WORKED <= stored <= (time.monotonic() - began) * 1000 + 500
    # The next item begins at nothing.
    desk.press("2")
    desk.saved()
    assert sum(times(desk)) <= (time.monotonic() - began) * 1000 + 500


def test_time_before_a_reload_counts_with_a_draft(start):
    desk = start("span", {"labels": ["person", "place"]}, questions.texts("One small text.", 3))
    desk.press("ArrowRight", "1")
    desk.page.wait_for_timeout(WORKED)
    again(desk)
    assert desk.submit()["spans"]
    [stored] = times(desk)
    assert desk.sent[0]["active_ms"] == stored >= WORKED


@pytest.mark.parametrize("leave", ["Enter", "2"], ids=["left", "changed"])
def test_time_before_an_undo_counts_for_the_item_that_waits(start, leave):
    desk = start("choice", CHOICES, questions.texts("Go back.", 4))
    began = time.monotonic()
    first = desk.task()
    desk.press("1")
    desk.page.wait_for_function("first => document.querySelector('#item').dataset.task !== first", arg=first)
    ready(desk.page)
    second = desk.task()
    desk.page.wait_for_timeout(WORKED)
    desk.press("z")
    desk.page.wait_for_function("first => document.querySelector('#item').dataset.task === first", arg=first)
    desk.press(leave)
    desk.page.wait_for_function("second => document.querySelector('#item').dataset.task === second", arg=second)
    desk.press("1")
    desk.saved()
    one, two = times(desk)
    assert two >= WORKED and one + two <= (time.monotonic() - began) * 1000 + 500
    assert [body["active_ms"] for body in desk.sent if "replaces" not in body] == [one, two]


def test_time_without_connection_is_sent_when_it_is_back(start):
    desk = start("choice", CHOICES, questions.texts("Far away.", 3))
    desk.page.wait_for_timeout(WORKED)
    desk.page.route("**/answer/", lambda route: route.abort())
    desk.press("1")
    expect(desk.page.locator("#notice")).to_contain_text("No connection")
    desk.page.unroute("**/answer/")
    desk.saved()
    expect(desk.page.locator("#notice")).to_be_empty()
    assert times(desk)[0] >= WORKED
    desk.page.faults.clear()  # the requests that were aborted


def test_two_tabs_count_no_second_twice(start):
    desk = start("choice", CHOICES, questions.texts("Two tabs.", 4))
    began = time.monotonic()
    other = desk.page.context.new_page()
    other.goto(desk.url)
    other.wait_for_selector("#answer:not([hidden])")
    ready(other)
    for _ in range(8):
        for tab in (desk.page, other):
            tab.mouse.move(100, 100)
            tab.mouse.move(200, 120)
            tab.wait_for_timeout(250)
    desk.page.bring_to_front()
    desk.press("1")
    desk.saved()
    desk.page.close()
    other.reload()
    other.wait_for_selector("#answer:not([hidden])")
    ready(other)
    other.keyboard.press("2")
    expect(other.locator("#status")).to_contain_text("saved")
    expect(other.locator("#status")).to_contain_text("2 answered")
    passed = (time.monotonic() - began) * 1000
    first, second = times(desk)
    assert 3000 <= first + second <= passed + 500  # the tabs may show different items


def test_an_answer_waits_for_whoever_gave_it(start, bare, boss, people):
    desk = start("choice", CHOICES, questions.texts("Whose?", 6))
    page = desk.page
    assert bare.post(f"{desk.base}members/", {"username": "lou", "role": "annotator"}, boss)[0] == 201
    page.context.route("**/answer/", lambda route: route.abort())
    desk.press("1")
    expect(page.locator("#status")).to_contain_text("sending 1")
    page.context.clear_cookies(name=re.compile("session"))
    other = page.context.new_page()
    sign_in(other, bare, "lou", people["lou"])
    page.context.unroute("**/answer/")
    expect(page.locator("#item")).to_contain_text("lou is signed in in this browser now")
    expect(page.locator("#item")).to_contain_text("1 answer of kim waits")
    expect(page.locator("#status")).to_contain_text("1 kept")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/tasks/next/" in one.url else None)
    page.keyboard.press("2")
    page.keyboard.press("z")
    # The other's own desk sends nothing of it either, and works.
    other.goto(desk.url)
    other.wait_for_selector("#answer:not([hidden])")
    ready(other)
    other.keyboard.press("2")
    expect(other.locator("#status")).to_contain_text("1 answered")
    expect(other.locator("#status")).to_contain_text("saved")
    by = "SELECT u.username, a.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
    by += "JOIN annotator_user u ON u.id = a.worker_id WHERE t.question_id = %s ORDER BY u.username"
    assert bare.rows(by, desk.question) == [("lou", ["no"])] or bare.rows(by, desk.question) == [("lou", "no")]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('marginalia-outbox')).length") == 1
    assert not asked, "the page that is nobody's asks for no tasks"
    page.close()
    # The owner comes back, at another question.
    other.context.clear_cookies(name=re.compile("session"))
    second = questions.ask(bare, boss, desk.base, "choice", CHOICES)
    sign_in(other, bare, "kim", people["kim"])
    questions.desk(other, bare, desk.base, second)
    other.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('marginalia-outbox'))")
    assert [name for name, _ in bare.rows(by, desk.question)] == ["kim", "lou"]
    page.faults.clear()  # the refusals


def test_a_refusal_after_a_lost_connection_is_told_until_it_can_be_read(start):
    desk = start("choice", CHOICES, questions.texts("Refused.", 6))
    page = desk.page
    page.route("**/answer/", lambda route: route.abort())
    desk.press("1", "2", "1")
    expect(page.locator("#status")).to_contain_text("sending 3")
    reason = "Somebody else has this task now."
    refusals = iter([{"status": 409, "json": {"detail": reason, "code": "lease_expired"}}])

    def answer(route):
        said = next(refusals, None)
        route.fulfill(**said) if said else route.continue_()

    page.unroute("**/answer/")
    page.route("**/answer/", answer)
    desk.saved()
    expect(page.locator("#notice")).to_have_text(reason)
    assert len(desk.stored()) == 2
    desk.press("2")  # a quick answer takes it away no more than the events before did
    desk.saved()
    expect(page.locator("#notice")).to_have_text(reason)
    page.faults.clear()


def test_the_sum_is_what_was_booked_and_is_exact(start):
    desk = start("choice", CHOICES, questions.texts("Half a cent.", 5), price="0.005")
    desk.press("1", "2", "1")
    desk.saved()
    expect(desk.page.locator("#status")).to_contain_text("3 answered · $0.02 ·")


@pytest.mark.parametrize("mode", ["hour", "free"])
def test_whoever_is_not_paid_by_the_answer_sees_no_made_up_sum(start, bare, boss, mode):
    desk = start("choice", CHOICES, questions.texts("By the hour.", 5), price="100", currency="JPY")
    code = (
        "from workers.budget.models import Pay; from annotator.models import Question, User\n"
        f"Pay.objects.create(project_id=Question.objects.get(pk={desk.question}).project_id, mode='{mode}',\n"
        "    worker=User.objects.get(username='kim'), hourly=3600 if mode == 'hour' else 0, daily_hours='0.01')"
    ).replace("if mode ==", f"if '{mode}' ==")
    bare.manage("shell", "-v", "0", "-c", code)
    desk.page.reload()
    desk.page.wait_for_selector("#answer:not([hidden])")
    desk.press("1")
    desk.saved()
    expect(desk.page.locator("#status")).not_to_contain_text("100 JPY")
    if mode == "free":
        expect(desk.page.locator("#status")).to_have_text(re.compile("^1 answered · saved"))
        return
    paid = "SELECT round(sum(amount))::int FROM workers_entry WHERE question_id = %s AND kind = 'answer'"
    expect(desk.page.locator("#status")).to_contain_text(re.compile(rf"\b{bare.rows(paid, desk.question)[0][0]} JPY"))
    # The day's limit: told when it is reached, and to whoever opens the desk after it.
    text = "You have reached the most time that is paid here in a day: 0.01 hours"
    expect(desk.page.locator("#notice")).to_be_empty()
    bare.manage("shell", "-v", "0", "-c", "from workers.budget.models import Pay; Pay.objects.update(day_ms=36000)")
    desk.press("2")
    expect(desk.page.locator("#notice")).to_contain_text(text)
    desk.page.reload()
    expect(desk.page.locator("#notice")).to_contain_text(text)


def test_what_is_missing_in_a_part_is_told_until_it_is_there(start):
    parts = [
        {"name": "a", "text": "How sure?", "kind": "scale", "config": {"points": 3, "low": "no", "high": "yes"}},
        {"name": "b", "text": "Which?", "kind": "choice", "config": CHOICES},
    ]
    desk = start("set", {"parts": parts}, questions.texts("Two parts.", 3))
    notice = desk.page.locator("#notice")
    desk.page.get_by_role("button", name="Done").click()
    expect(notice).to_have_text("“How sure?”: Take a point.")
    desk.press("2")
    expect(notice).to_be_empty()
    desk.press("Enter")
    expect(notice).to_have_text("“Which?”: Take one.")
    desk.press("1")
    expect(notice).to_be_empty()
    assert desk.submit() == {"a": 2, "b": "yes"}


def test_at_the_end_of_a_question_the_desk_leads_to_the_others(start, bare, boss):
    desk = start("choice", CHOICES, questions.texts("The only one.", 1))
    fields = {
        "text": "And <b>this</b>?",
        "kind": "choice",
        "config": CHOICES,
        "overlap": 1,
        "test_overlap": 1,
        "price": "0.01",
    }
    status, other = bare.post(f"{desk.base}questions/", fields, boss)
    assert status == 201, other
    desk.page.reload()
    desk.page.wait_for_selector("#answer:not([hidden])")
    desk.press("1")
    expect(desk.page.locator("#item")).to_contain_text("answered everything")
    desk.page.get_by_role("link", name="And <b>this</b>?").click()
    desk.page.wait_for_url(f"**/desk/{other['id']}/")
    expect(desk.page.locator("#ask")).to_have_text("And <b>this</b>?")
