"""A spreadsheet in the browser: sent, looked at, mapped, imported, corrected, and labelled at the desk."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ready, sign_in
from tests.stand import Stand

ROWS = [
    ("T-1", "“Too late” – again, 5 €", "mail", "02.01.2026", "angry"),
    ("T-2", "Thank you, it works now; really", "web", "03.01.2026", "calm"),
    ("T-3", "Where is my order? It is two weeks late", "phone", "05.01.2026", "angry"),
]
BROKEN = ['T-4;"never closed;web;05.01.2026;calm', "T-5;one cell too many;web;05.01.2026;calm;x", "T-6;;web;;calm"]


def spreadsheet() -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Ticket", "Message", "Channel", "Received", "Verdict"])
    writer.writerows(ROWS)
    return (buffer.getvalue() + "\r\n".join(BROKEN) + "\r\n").encode("cp1252")


@pytest.fixture
def project(bare: Stand, boss: str, word: str) -> int:
    made: int = bare.post("/api/v1/projects/", {"name": "Tickets"}, boss)[1]["id"]
    bare.post(f"/api/v1/projects/{made}/budget/", {"amount": "100"}, boss)
    bare.post(f"/api/v1/projects/{made}/members/", {"username": "kim", "role": "annotator"}, boss)
    ask = {"text": "Is the person angry?", "kind": "choice", "config": {"choices": ["angry", "calm"]}, "overlap": 1}
    bare.post(f"/api/v1/projects/{made}/questions/", ask | {"test_overlap": 1}, boss)
    return made


def test_a_spreadsheet_is_mapped_imported_and_labelled(
    page: Page, bare: Stand, boss: str, project: int, tmp_path: Path
):
    sign_in(page, bare, "boss", bare.password("boss"))
    file = tmp_path / "tickets.csv"
    file.write_bytes(spreadsheet())
    _send(page, bare, project, file)
    expect(page.get_by_text("Nothing is imported yet")).to_be_visible()
    expect(page.get_by_label("Encoding")).to_have_value("cp1252")
    expect(page.get_by_label("Delimiter")).to_have_value(";")
    expect(page.get_by_text("“Too late” – again, 5 €")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_value("text")
    page.get_by_label("Ticket", exact=True).select_option("external_id")
    assert _items(bare, project, boss) == []
    page.get_by_role("button", name="Check only").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_visible()
    assert _items(bare, project, boss) == [], "a check stores nothing"
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    assert {(one["external_id"], one["fields"]["Verdict"]) for one in _items(bare, project, boss)} == {
        (row[0], row[4]) for row in ROWS
    }
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the rejected rows").click()
    back = Path(started.value.path()).read_text(encoding="utf-8-sig")
    assert back.splitlines() == ["Ticket;Message;Channel;Received;Verdict", *BROKEN]
    corrected = tmp_path / started.value.suggested_filename
    text = back.replace('"never', "never").replace(";x\n", "\n").replace("T-6;;", "T-6;now with words;")
    corrected.write_text(text)
    _send(page, bare, project, corrected)
    expect(page.get_by_text("As in the last import")).to_be_visible()
    expect(page.get_by_label("Ticket", exact=True)).to_have_value("external_id")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("row", name="New items 3")).to_be_visible()
    _send(page, bare, project, file)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("row", name="Already here 3")).to_be_visible()


def test_the_label_of_a_row_is_nowhere_at_the_desk(
    page: Page, bare: Stand, boss: str, word: str, project: int, tmp_path: Path
):
    sign_in(page, bare, "boss", bare.password("boss"))
    file = tmp_path / "tickets.csv"
    file.write_bytes(spreadsheet().replace(b"angry", b"secretlabel"))
    _send(page, bare, project, file)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="What was imported")).to_be_visible()
    page.context.clear_cookies()
    sent: list[str] = []
    page.on("response", lambda response: sent.append(response.text() if "tasks" in response.url else ""))
    sign_in(page, bare, "kim", word)
    page.goto(f"{bare.url}/projects/{project}/desk/")
    for _ in ROWS:
        ready(page)
        assert "secretlabel" not in page.content()
        page.keyboard.press("1")
        page.wait_for_timeout(300)
    expect(page.get_by_text("You have answered everything")).to_be_visible()
    assert not any("secretlabel" in body or "T-1" in body for body in sent)
    answers = bare.get(f"/api/v1/projects/{project}/answers/", bare.token("kim", word))[1]["results"]
    assert len(answers) == len(ROWS)


def _send(page: Page, bare: Stand, project: int, file: Path) -> None:
    page.goto(f"{bare.url}/projects/{project}/items/")
    page.get_by_label("Import items").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/imports/**")


def _items(bare: Stand, project: int, boss: str) -> list[dict]:
    found: list[dict] = bare.get(f"/api/v1/projects/{project}/items/", boss)[1]["results"]
    return found
