"""On a phone and on a wide screen nothing of a table, nor of the form that opens in it, is cut off."""

import pytest

from tests.browser import questions
from tests.browser.conftest import sign_in

CHOICES = {"choices": ["yes", "no"]}
PAGES = [
    "budget/",
    "budget/pay/",
    "budget/statement/",
    "phases/",
    "people/",
    "questions/{}/batches/",
    "questions/{}/live/",
]
# What lies outside the sheet it stands in, on either side; what is hidden on purpose is one pixel wide.
CUT = """() => [...document.querySelectorAll('.sheet')].flatMap((sheet) => {
  const room = sheet.getBoundingClientRect();
  return [...sheet.querySelectorAll('td, th, input, select, textarea, button')]
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([one, box]) => box.width > 1 && !one.closest('thead') && (box.right > room.right + 1 || box.left < room.left - 1))
    .map(([one]) => `${one.tagName} ${one.name || one.textContent.trim().slice(0, 40)}`);
})"""


@pytest.fixture(scope="module")
def place(bare):
    """Make a project with a question that one person has answered a little, and return its address and the question."""
    boss = bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))
    word = bare.password("kim", "--create")
    base, question = questions.build(bare, boss, "choice", CHOICES, questions.texts("Narrow.", 4))
    token = bare.token("kim", word)
    tasks = bare.post(f"{base}questions/{question}/tasks/next/", {"count": 2}, token)[1]["tasks"]
    for number, task in enumerate(tasks):
        sent = {"id": f"00000000-0000-4000-8000-{question:08d}{number:04d}", "value": "yes", "active_ms": 900}
        status, said = bare.post(f"{base}tasks/{task['task']}/answer/", sent, token)
        assert status == 201, said
    return base.removeprefix("/api/v1"), question


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_of_a_table_or_of_what_opens_in_it_is_cut_off(bare, browser, place, width):
    base, question = place
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = context.new_page()
    sign_in(page, bare, "boss")
    wrong = {}
    opened = 0
    for path in PAGES:
        page.goto(f"{bare.url}{base}{path.format(question)}")
        page.wait_for_selector("table[data-labelled]", state="attached")
        opened += page.locator(".menu").evaluate_all("menus => menus.map((menu) => (menu.open = true)).length")
        if cut := page.evaluate(CUT):
            wrong[path] = cut
        if width < 560:
            lost = page.locator("table.cards td.opt:not(:empty)").evaluate_all(
                "cells => cells.filter((cell) => !cell.getClientRects().length).length"
            )
            assert lost == 0, f"{path} loses columns on a phone"
    context.close()
    assert opened, "a form was opened in a table"
    assert not wrong
