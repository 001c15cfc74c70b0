"""A part of a page that renews itself takes nothing away from the person who is at work in it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in

OFTEN = """(id) => {
  const part = document.getElementById(id);
  window.loads = 0;
  document.addEventListener("htmx:afterOnLoad", () => { window.loads += 1; });
  part.setAttribute("hx-get", location.pathname + location.search);
  part.setAttribute("hx-trigger", "every 100ms");
  part.setAttribute("hx-swap", "outerHTML");
  htmx.process(part);
}"""
SWAPPED = "() => !document.getElementById('trainings').hasAttribute('data-first')"


@pytest.fixture
def renewed(page, sample):
    """The page of trainings, which asks for its part all the time, as it does while a training runs."""
    sign_in(page, sample, "manager")
    page.goto(f"{sample.url}/projects/1/runs/?question=1")
    page.evaluate("document.getElementById('trainings').setAttribute('data-first', '')")
    asked = []
    page.on("requestfinished", lambda request: asked.append(request) if request.headers.get("hx-request") else None)
    page.asked = asked
    return page


def often(page) -> None:
    page.evaluate(OFTEN, "trainings")


def after_requests(page, count: int = 4) -> None:
    begun = len(page.asked)
    for _ in range(600):
        if len(page.asked) >= begun + count:
            return
        page.wait_for_timeout(100)
    raise AssertionError("nothing was asked for")


def test_a_part_is_replaced_while_nobody_is_at_work_in_it(renewed):
    often(renewed)
    renewed.wait_for_function(SWAPPED)


def test_a_click_is_not_lost_when_the_part_is_renewed_under_the_button(renewed):
    link = renewed.get_by_role("link", name=re.compile(r"^Version \d+$")).first
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    renewed.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    renewed.mouse.down()
    often(renewed)
    after_requests(renewed)
    renewed.mouse.up()
    renewed.wait_for_url("**/trainings/*/")


def test_what_is_being_typed_stays(renewed):
    field = renewed.get_by_label("Forecast for")
    field.fill("")
    field.press_sequentially("12")
    often(renewed)
    after_requests(renewed)
    field.press_sequentially("34")
    expect(field).to_have_value("1234")
    expect(field).to_be_focused()


def test_the_keyboard_stays_on_the_same_link(renewed):
    renewed.get_by_role("link", name=re.compile(r"^Version \d+$")).first.focus()
    before = renewed.evaluate("document.activeElement.getAttribute('href')")
    often(renewed)
    renewed.wait_for_function(SWAPPED)
    renewed.wait_for_timeout(300)
    assert renewed.evaluate("document.activeElement.getAttribute('href')") == before


def test_a_link_leads_on_although_the_page_is_to_be_loaded_again(page, sample):
    """A job ends at the moment of the click: the page that was asked for comes, not the old one again."""
    sign_in(page, sample, "manager")
    page.goto(f"{sample.url}/projects/1/versions/")
    asked, held = [], []

    def again(route):
        asked.append(route)
        route.fulfill(status=200, headers={"HX-Refresh": "true"}, body="")

    page.route("**/projects/1/labels/", lambda route: held.append(route))
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Labels").click(no_wait_after=True)
    page.route("**/jobs/?seen=*", again)
    for _ in range(300):
        if held and asked:
            break
        page.wait_for_timeout(100)
    assert len(held) == 1 and asked
    page.wait_for_timeout(500)  # for a reload, which would call the link off
    held[0].continue_()
    page.wait_for_url("**/projects/1/labels/")


def test_a_page_is_not_loaded_again_over_a_form_that_is_being_filled_in(page, sample):
    sign_in(page, sample, "manager")
    page.goto(f"{sample.url}/projects/1/versions/")
    asked = []
    page.on("requestfinished", lambda request: asked.append(request) if "/jobs/" in request.url else None)
    page.route("**/jobs/?seen=*", lambda route: route.fulfill(status=200, headers={"HX-Refresh": "true"}, body=""))
    page.evaluate("window.first = true")
    field = page.locator("form.sheet input[type=number]").first
    before = field.input_value()
    field.fill("7")
    for _ in range(300):
        if len(asked) >= 2:
            break
        page.wait_for_timeout(100)
    assert len(asked) >= 2
    expect(field).to_have_value("7")
    assert page.evaluate("window.first") is True
    field.fill(before)
    page.wait_for_function("() => window.first === undefined")
