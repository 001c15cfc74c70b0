"""A dialog at the desk owns the keys that are pressed while it is open. It is about the item at which it was opened."""

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.gestures import quickly
from tests.browser.presses import CHOICES


@pytest.fixture
def start(bare, boss, word, page):
    return questions.starting(page, bare, boss, word)


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
