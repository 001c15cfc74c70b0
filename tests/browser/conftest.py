"""A real browser, and the stand with its sample."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.stand import Stand

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""


expect.set_options(timeout=60_000)  # a slow machine with other work may take long


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Iterator[Stand]:
    """Start what `make run` starts, and wait for the sample project to be built; once for all tests."""
    stand = Stand(tmp_path_factory.mktemp("stand") / "home").start(fresh=True)
    try:
        stand.wait_until(lambda: "The sample is complete" in stand.said(), 900, "the sample was not built")
        yield stand
    finally:
        stand.stop()


@pytest.fixture(scope="session")
def boss(bare) -> str:
    """Return the token of a person who begins projects on the stand without the sample."""
    return bare.token("boss", bare.password("boss", "--create", "--may-begin-projects"))


@pytest.fixture(scope="session")
def word(bare) -> str:
    """Return the password of Kim, who answers there."""
    return bare.password("kim", "--create")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.fail("No Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser) -> Iterator[Page]:
    """A page that fails the test where its console says an error."""
    context = browser.new_context()
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on(
        "console",
        lambda message: faults.append(f"{message.text} {message.location}") if message.type == "error" else None,
    )
    tab.faults = faults
    yield tab
    context.close()
    assert not faults, faults


def sign_in(page: Page, stand: Stand, name: str, word: str = "") -> None:
    """Sign in as a person, as they would; without a password they get a new one."""
    page.goto(f"{stand.url}/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(word or stand.password(name))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


READY = """() => {
  const answer = document.querySelector('#answer');
  if (!answer || document.querySelector('dialog[open]')) return true;
  // A hidden answer means that nothing is asked, unless the next item is still on its way.
  if (answer.hidden) return !document.querySelector('#item').textContent.includes('One moment');
  return answer.ariaBusy === 'false';
}"""


def ready(page: Page) -> None:
    """Wait until the desk takes an answer, as a person waits until the item is seen. Return at once where no item is left."""
    if not page.evaluate(READY):  # asked once before: to wait costs a frame
        page.wait_for_function(READY)
