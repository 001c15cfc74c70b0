"""A full life: invited, qualified, measured, paused, asked again, reviewed, learned from; and the live page tells it."""

import hashlib
import re

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from tests import make
from tests.browser.conftest import sign_in

QUALIFICATION, GOLD, WORK = 3, 8, 24
PICTURES = {
    hashlib.sha256(content).hexdigest(): (content, "dark" if shade < 128 else "light")
    for number in range(QUALIFICATION + GOLD + WORK)
    for shade in [number * 3 if number % 2 else 255 - number * 3]
    for content in [make.png(shade * 65793, (64, 64))]
}
KEYS = {"dark": "1", "light": "2"}


def truth(sha256: str) -> str:
    return PICTURES[sha256][1]


def wrong(sha256: str) -> str:
    return "light" if truth(sha256) == "dark" else "dark"


def work(page: Page, url: str, say) -> dict[str, str]:
    """Answer at the desk by keyboard until it says that there is nothing more; return what was answered, by picture."""
    page.goto(url)
    said: dict[str, str] = {}
    while True:
        try:
            shown = page.wait_for_function(
                "seen => { const item = document.querySelector('#item'), picture = item.querySelector('img');"
                " if (picture && document.querySelector('#answer').ariaBusy !== 'false') return null;"
                " if (!picture) return item.textContent.includes('One moment') ? null : 'end';"
                " const sha = picture.src.split('/').at(-2); return seen.includes(sha) ? null : sha }",
                arg=list(said),
                timeout=60_000,
            ).json_value()
        except TimeoutError as late:
            raise AssertionError(f"the desk stands still: {page.locator('#desk').inner_html()!r}") from late
        if shown == "end":
            return said
        said[shown] = say(shown)
        page.keyboard.press(KEYS[said[shown]])


def join(browser: Browser, link: str, name: str) -> Page:
    """Follow an invitation as someone new."""
    page = browser.new_context().new_page()
    page.goto(link)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Username").fill(name.split()[0].lower())
    page.get_by_label("Password").fill("quite a long one")
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(lambda address: "/join/" not in address, wait_until="commit")
    return page


def measured(stand, question: int) -> list[tuple]:
    """Return the answers to gold items that were mixed in."""
    return stand.rows(
        "SELECT a.id FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "WHERE t.question_id = %s AND t.purpose = 'gold'",
        question,
    )


@pytest.mark.slow
def test_the_life_of_a_question(bare, browser, page):
    word = bare.password("manager", "--create", "--may-begin-projects")
    sign_in(page, bare, "manager", word)
    page.goto(f"{bare.url}/projects/new/")
    page.get_by_label("Name").fill("Shades")
    page.get_by_role("button", name="Create project").click()
    page.get_by_label("The question").fill("Is it dark or light?")
    page.get_by_label("Choices").fill("dark\nlight")
    page.get_by_label("Answers for a training item").fill("2")
    page.get_by_label("Answers for a test item").fill("2")
    page.get_by_label("Which items are asked about").select_option("batches")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url(re.compile(r"/questions/\d+/$"))
    question = page.url
    project = question.split("questions/")[0]

    page.goto(f"{project}budget/")
    page.get_by_label("Amount in USD").fill("5")
    page.get_by_role("button", name="Add funds").click()
    expect(page.locator("h1")).to_contain_text("$0.00 of $5.00 is spent")

    page.goto(f"{project}items/")
    page.get_by_label("Import items").set_input_files(
        [{"name": f"{sha}.png", "mimeType": "image/png", "buffer": content} for sha, (content, _) in PICTURES.items()]
    )
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator("h1")).to_contain_text(f"{len(PICTURES)} items")

    links = {}
    for name, role in (
        ("Ann Able", "annotator"),
        ("Ben Best", "annotator"),
        ("Sam Spam", "annotator"),
        ("Rae Reed", "reviewer"),
    ):
        page.goto(f"{project}people/")
        form = page.locator("form", has=page.get_by_role("button", name="Create link"))
        form.get_by_label("Role").select_option(role)
        form.get_by_label("Note").fill(name)
        form.get_by_role("button", name="Create link").click()
        links[name] = page.get_by_label("The link of the invitation").input_value()

    known = set()
    for number in range(QUALIFICATION + GOLD):
        page.goto(f"{question}quality/")
        choice = page.locator(".pick a").first
        sha = choice.locator("img").get_attribute("src").rstrip("/").rsplit("/", 1)[1]
        known.add(sha)
        choice.click()
        page.locator("#widget").get_by_role("button", name=truth(sha)).click()
        page.get_by_label("It is for").select_option("qualification" if number < QUALIFICATION else "gold")
        page.get_by_role("button", name="Make it known").click()
    expect(page.locator("h1")).to_contain_text(f"{GOLD} gold items, and {QUALIFICATION} to qualify")
    page.get_by_label("Share of gold items among the tasks (%)").fill("40")
    page.get_by_role("button", name="Save rules").click()

    page.goto(f"{question}batches/")
    expect(page.locator("h1")).to_contain_text(f"{WORK} items can be planned")
    page.get_by_role("link", name="Plan a batch").click()
    page.get_by_label("How many of").fill(str(WORK))
    expect(page.locator("h1")).to_contain_text(re.compile(rf"{WORK} items cost \$1\.\d\d"))
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Open, up to $1.60").click()
    expect(page.locator("table")).to_contain_text("Open")

    # The spammer passes the qualification, and then answers without looking.
    spammer = join(browser, links["Sam Spam"], "Sam Spam")
    passed: list[str] = []

    def spam(sha: str) -> str:
        passed.append(sha)
        return truth(sha) if len(passed) <= QUALIFICATION + 3 else wrong(sha)

    desk = f"{project}desk/"
    spam_said = work(spammer, desk, spam)
    expect(spammer.locator("#item")).to_contain_text("You are paused here")
    assert set(passed[:QUALIFICATION]) <= known

    # Two people answer everything, also what the spammer had answered; they disagree about two items.
    ann = join(browser, links["Ann Able"], "Ann Able")
    ann_said = work(ann, desk, truth)
    ben = join(browser, links["Ben Best"], "Ben Best")
    disputed = sorted(set(ann_said) - known)[:2]
    ben_said = work(ben, desk, lambda sha: wrong(sha) if sha in disputed else truth(sha))
    expect(ben.locator("#item")).to_contain_text("answered everything")
    everything = set(PICTURES) - known
    assert len(everything) == WORK and everything <= set(ann_said) and everything <= set(ben_said)
    assert set(spam_said) & everything, "the spammer had answered some of it"

    # A reviewer settles both.
    reviewer = join(browser, links["Rae Reed"], "Rae Reed")
    for left in (2, 1):
        reviewer.goto(f"{question}review/")
        expect(reviewer.locator(".lead")).to_contain_text(f"{left} item")
        expect(reviewer.locator("aside")).to_contain_text(re.compile(r"1 × dark\s*, 1 × light"))
        assert "Ann" not in reviewer.content() and "Ben" not in reviewer.content()
        sha = reviewer.locator("#item img").get_attribute("src").rstrip("/").rsplit("/", 1)[1]
        assert sha in disputed
        reviewer.wait_for_selector("#widget[aria-busy=false]")
        reviewer.keyboard.press(KEYS[truth(sha)])
        reviewer.keyboard.type("Compare it with a grey card.")
        with reviewer.expect_navigation():
            reviewer.keyboard.press("Enter")
    expect(reviewer.locator("h1")).to_have_text("Nothing to review.")

    ben.goto(f"{project}decisions/")
    expect(ben.locator("h1")).to_contain_text("2 of your items were decided")
    expect(ben.locator("main")).to_contain_text("Compare it with a grey card.")

    # The live page tells all of it.
    page.goto(f"{question}live/")
    expect(page.locator("h1")).to_have_text(f"All {2 * WORK} answers are in.")
    expect(page.locator("#people")).to_contain_text("Paused")
    expect(page.locator("#live")).to_contain_text("2 are decided")
    agreement = round(100 * (WORK - 2) / WORK)
    expect(page.locator("#live")).to_contain_text(f"{agreement}%")
    page.locator("a", has_text="2").and_(page.locator("[href*='is=decided']")).click()
    expect(page.locator("h1")).to_have_text("2 items")

    # What counts, what was paid, and what the label is, as the database has it.
    number = int(question.rstrip("/").rsplit("/", 1)[1])
    states = dict(
        bare.rows(
            "SELECT a.state, count(*) FROM annotator_assignment a JOIN annotator_task t ON t.id = a.task_id "
            "WHERE t.question_id = %s AND t.purpose = 'work' GROUP BY a.state",
            number,
        )
    )
    assert states["answered"] == 2 * WORK and states["excluded"] > 0
    [(paid, owed)] = bare.rows(
        "SELECT (SELECT count(*) FROM workers_entry WHERE question_id = %s AND kind = 'answer'), count(*) "
        "FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
        "WHERE t.question_id = %s AND t.purpose <> 'qualification' AND NOT a.decision",
        number,
        number,
    )
    assert paid == owed == 2 * WORK + states["excluded"] + len(measured(bare, number))
    bare.wait_until(
        lambda: bare.rows("SELECT count(*) FROM datasets_label WHERE question_id = %s AND decided", number) == [(2,)],
        40,
        "the decisions did not become labels",
    )
    labels = bare.rows(
        "SELECT i.sha256, l.value FROM datasets_label l JOIN annotator_item i ON i.id = l.item_id WHERE l.question_id = %s",
        number,
    )
    assert dict(labels) == {sha: truth(sha) for sha in everything}
