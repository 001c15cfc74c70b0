"""The widgets of the desk on other pages: one press counts once at gold items, at review and in the preview of a question."""

import pytest
from playwright.sync_api import expect

from tests.browser import questions
from tests.browser.conftest import sign_in
from tests.browser.gestures import click, middle, quickly
from tests.browser.presses import APART, CHOICES


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
