"""Work that is begun at the desk is kept: refused answers, drafts, and suggestions that are accepted."""

import contextlib
import json

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests import kinds_project
from tests.browser.conftest import sign_in
from tests.browser.keyboard import answers, shown


def test_what_the_server_refuses_is_before_the_person_again_as_they_left_it(bare, boss, word, page):
    """A widget of an old page may send what is no answer any more."""
    base, question = kinds_project.build(bare, boss, "text", ["kim"])
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    item = shown(page)
    page.keyboard.type("a long answer that took a while")

    def spoil(route):
        body = json.loads(route.request.post_data)
        route.continue_(post_data=json.dumps(body | {"value": body["value"] + "\u0000"}))

    page.route("**/answer/", spoil, times=1)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notice")).to_contain_text("NUL character")
    expect(page.locator("#notice")).to_contain_text("Your answer is kept")
    assert shown(page) == item
    expect(page.locator("textarea").first).to_have_value("a long answer that took a while")
    page.keyboard.press("Control+Enter")
    shown(page, item)
    expect(page.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["a long answer that took a while"]
    page.faults.clear()  # the browser reports the refusal


def test_a_suggestion_is_accepted_with_one_key_and_marked_in_the_data(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "span", ["kim"], items=12)
    items = [one["id"] for one in bare.get(f"{base}items/?split=train", boss)[1]["results"]]
    value = {"spans": [{"start": 0, "end": 1, "label": "person"}], "relations": []}
    body = {"model": "tagger 3", "suggestions": [{"item": item, "value": value} for item in items]}
    assert bare.post(f"{base}questions/{question}/suggestions/", body, boss)[0] == 201
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/")
    accepted = 0
    item = ""
    for _ in range(12):
        item = shown(page, item)
        if page.locator("#suggested").is_visible():
            expect(page.locator("#suggested")).to_contain_text("tagger 3 suggests this")
            accepted += 1
        page.keyboard.press("Enter")
        if accepted == 2:
            break
    shown(page, item)  # the next one comes when the last answer is stored
    expect(page.locator("#status")).to_contain_text("saved")
    stored = bare.rows(
        "SELECT s.model, a.value = s.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "JOIN annotator_suggestion s ON s.id = a.suggestion_id WHERE t.question_id = %s",
        question,
    )
    assert stored == [("tagger 3", True)] * 2


@pytest.mark.slow
def test_a_draft_outlives_a_closed_tab_and_a_crash_of_the_page(bare, boss, word, page):
    base, question = kinds_project.build(bare, boss, "text", ["kim"])
    sign_in(page, bare, "kim", word)
    address = f"{bare.url}{base.removeprefix('/api/v1')}desk/{question}/"

    def opened(expected: str) -> Page:
        tab = page.context.new_page()
        tab.goto(address)
        shown(tab)
        expect(tab.locator("#widget textarea")).to_have_value(expected)
        return tab

    def write(tab: Page, words: str) -> None:
        tab.keyboard.press("End")
        tab.keyboard.type(words)
        tab.wait_for_function(
            "words => Object.keys(localStorage).some(key => key.startsWith('marginalia-draft')"
            " && localStorage.getItem(key).includes(words))",
            arg=words,
        )

    tab = opened("")
    write(tab, "before it closed,")
    tab.close()
    tab = opened("before it closed,")
    write(tab, " before it crashed")
    with tab.expect_event("crash"), contextlib.suppress(PlaywrightError):
        tab.goto("chrome://crash")
    tab = opened("before it closed, before it crashed")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator("#status")).to_contain_text("1 answered")
    expect(tab.locator("#status")).to_contain_text("saved")
    assert [value for _, _, value in answers(bare, question)] == ["before it closed, before it crashed"]
