"""The desk at work by keyboard: press keys, wait for the next item, read the stored answers."""

from playwright.sync_api import Page

from tests.browser.conftest import ready
from tests.stand import Stand

TYPE = "type:"


def press(page: Page, keys: list[str]) -> None:
    for key in keys:
        ready(page)
        if key.startswith(TYPE):
            page.keyboard.type(key.removeprefix(TYPE))
        else:
            page.keyboard.press(key)


def shown(page: Page, after: str = "") -> str:
    """Wait until an item stands there, another than `after`, and return what tells it from others."""
    return page.wait_for_function(
        "after => { const item = document.querySelector('#item'); if (document.querySelector('#answer').hidden) return null;"
        " if (document.querySelector('#answer').ariaBusy !== 'false') return null;"
        " const now = item.dataset.task; return now && now !== after && now }",
        arg=after,
    ).json_value()


def answers(stand: Stand, question: int) -> list[tuple]:
    return stand.rows(
        "SELECT a.id, a.replaces_id, a.value FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "WHERE t.question_id = %s ORDER BY a.created_at",
        question,
    )
