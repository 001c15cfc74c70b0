"""The sample as `make run` builds it: the whole line, looked at through a browser and the API."""

import csv
import io
import re
from decimal import Decimal

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ready, sign_in
from tests.stand import command_of, memory_of


def come_in(page, stand, name):
    """Sign in and open the project of the digits."""
    sign_in(page, stand, name)
    page.locator(".projects a", has_text="Handwritten digits").click()
    page.wait_for_url("**/projects/1/**")


@pytest.fixture(scope="session")
def token(sample):
    return sample.token("scientist", sample.password("scientist"))


@pytest.fixture(scope="session")
def base(sample, token):
    project = next(
        one for one in sample.get("/api/v1/projects/", token)[1]["results"] if one["name"] == "Handwritten digits"
    )
    return f"/api/v1/projects/{project['id']}/"


@pytest.fixture(scope="session")
def question(sample, token, base):
    [question] = sample.get(f"{base}questions/", token)[1]["results"]
    return f"{base}questions/{question['id']}/"


def test_sign_ins_are_printed_once_with_random_passwords(sample):
    found = re.findall(
        r"^  (manager|scientist|annotator|stakeholder|admin) +([a-z0-9]{4}(?:-[a-z0-9]{4}){3})$", sample.said(), re.M
    )
    assert [name for name, _ in found] == ["manager", "scientist", "annotator", "stakeholder", "admin"]
    assert len({word for _, word in found}) == 5


def test_it_has_all_scans_and_twelve_simulated_people(sample, token, base):
    assert sample.get(f"{base}items/", token)[1]["count"] == 1797
    assert sample.rows("SELECT count(*) FROM annotator_member WHERE simulated AND project_id = 1") == [(12,)]
    assert sample.rows(
        "SELECT count(*) FROM annotator_answer WHERE NOT simulated "
        "AND worker_id IN (SELECT user_id FROM annotator_member WHERE simulated)"
    ) == [(0,)]


def test_five_versions_grow_on_one_test_set(sample, token, question):
    versions = sample.get(f"{question}versions/", token)[1]["results"][::-1][:5]
    sizes = [version["train_count"] for version in versions]
    assert len(sizes) == 5 and sizes == sorted(set(sizes))
    assert len({version["test_sha256"] for version in versions}) == 1


def test_the_last_model_is_right_on_at_least_95_percent(sample, token, base):
    runs = sample.get(f"{base}runs/?version=5", token)[1]["results"]
    assert {run["state"] for run in runs} == {"done"} and len(runs) == 21
    whole = [run["error"] for run in runs if run["train_size"] == 1200]
    assert len(whole) == 2 and 1 - max(whole) >= 0.95


def test_the_curve_has_its_law_and_its_next_100_dollars(sample, token, question):
    curve = sample.get(f"{question}curve/", token)[1]
    assert len(curve["points"]) >= 5 and {"b", "c", "region"} <= set(curve["forecast"])
    ahead = curve["forecast"]["next"]
    assert ahead["low"] <= ahead["error"] <= ahead["high"]


def test_every_answer_and_every_second_is_charged_once(sample, token, base):
    answers, entries = sample.rows(
        "SELECT (SELECT count(*) FROM annotator_answer), (SELECT count(*) FROM workers_entry WHERE kind = 'answer')"
    )[0]
    assert answers == entries > 5000
    assert (
        sample.rows(
            "SELECT count(*) FROM workers_trainingrun r WHERE cost IS NOT NULL AND cost <> "  # in two entries where it took long
            "(SELECT coalesce(sum(e.amount), 0) FROM workers_entry e WHERE e.run_id = r.id AND e.kind = 'compute')"
        )
        == [(0,)]
    )
    budget = sample.get(f"{base}budget/", token)[1]
    found = {name: Decimal(amount) for name, amount in budget.items() if name != "currency"}
    assert (
        found["funded"] + found["overdraft"]
        == found["spent"] + found["reserved"] + found["available"]
        == Decimal("145")
    )


def test_the_project_has_its_story(sample, token, base):
    """Two phases passed, one gate gone back; each batch has its estimate, and what came."""
    phases = sample.get(f"{base}phases/", token)[1]
    assert [(one["stage"], one["attempt"]) for one in phases if one["state"] == "passed"] == [(1, 1), (1, 2), (2, 2)]
    assert [one["name"] for one in phases if one["state"] == "left"] == ["Finding a model"]
    assert [one["stage"] for one in phases if one["current"]] == [3]
    gates = sample.get(f"{base}gates/", token)[1]
    assert [gate["decision"] for gate in gates] == ["go_on", "go_back", "go_on", "go_on"]
    assert gates[1]["evidence"]["questions"][0]["error"] is not None and gates[-1]["evidence"]["feedback"]
    inside = sample.rows(
        "SELECT count(*) FILTER (WHERE t.sum BETWEEN (e.content->'answers'->>'low')::float - 0.5 "
        "AND (e.content->'answers'->>'high')::float + 0.5), count(*) "
        "FROM workers_batchestimate e JOIN annotator_batch b ON b.id = e.batch_id JOIN LATERAL (SELECT sum(answer_count) AS sum "
        "FROM annotator_task WHERE batch_id = b.id) t ON true WHERE b.finished_at IS NOT NULL AND b.question_id = 1"
    )[0]
    assert inside[0] == inside[1] >= 7, inside


def test_the_overview_tells_accuracy_dollars_and_the_next_hundred(sample, page):
    come_in(page, sample, "manager")
    expect(page.locator("h1")).to_contain_text("The next $100.00")
    expect(page.locator("body")).to_contain_text("Against the crowd's test labels")
    expect(page.locator("body")).to_contain_text("of $145.00")
    expect(page.locator(".curve svg").first).to_be_visible()
    for region in ("small data", "power law", "irreducible error"):
        expect(page.locator(".broad svg")).to_contain_text(region)


def test_every_page_opens_wide_and_on_a_phone_without_sideways_scrolling(sample, page):
    come_in(page, sample, "manager")
    home = page.url.removesuffix("/")
    for path in (
        "",
        "/items",
        "/labels",
        "/versions",
        "/runs",
        "/budget",
        "/people",
        "/questions/1",
        "/runs/1",
        "/desk",
    ):
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{home}{path}/")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_ten_digits_labelled_by_keyboard_stand_in_the_next_versions_export(sample, page, token, base, question):
    come_in(page, sample, "annotator")
    expect(page.locator("#item img")).to_be_visible()
    given = {}
    for number in range(10):
        ready(page)
        picture = page.locator("#item img").get_attribute("src")
        sha256 = picture.rstrip("/").rsplit("/", 1)[1]
        given[sha256] = str(number)
        page.keyboard.press(str(number))
        expect(page.locator("#status")).to_contain_text(f"{number + 1} answered")
        page.wait_for_function(
            "before => document.querySelector('#item img')?.getAttribute('src') !== before", arg=picture
        )
    expect(page.locator("#status")).to_contain_text("saved")
    assert len(given) == 10
    stored = dict(
        sample.rows(
            "SELECT i.sha256, a.value #>> '{}' FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id "
            "JOIN annotator_item i ON i.id = t.item_id WHERE NOT a.simulated"
        )
    )
    assert stored == given

    sign_in_again = page.context.browser.new_context().new_page()
    come_in(sign_in_again, sample, "manager")
    sign_in_again.get_by_role("link", name="Versions").click()
    sign_in_again.get_by_role("button", name="Freeze a version").click()
    expect(sign_in_again.locator("tbody tr")).to_have_count(6, timeout=120_000)
    number = sample.get(f"{question}versions/", token)[1]["results"][0]["number"]
    assert number == 6
    rows = {
        row["sha256"]: row
        for row in csv.DictReader(io.StringIO(sample.get(f"{question}versions/{number}/export/?as=csv", token)[1]))
    }
    assert set(given) <= set(rows)
    for sha256, value in given.items():
        row = rows[sha256]
        assert int(row["answers"]) - int(row["simulated"]) == 1
        if row["answers"] == "1":
            assert row["label"] == value
    sign_in_again.context.close()


def test_a_freeze_in_the_browser_shows_its_run_live_until_it_ends(sample, page):
    come_in(page, sample, "manager")
    page.get_by_role("link", name="Training", exact=True).click()
    card = page.locator("section.training", has_text="Version 6")
    expect(card).to_contain_text(
        "error against the crowd's test labels, learned from all of its own", timeout=1_800_000
    )
    expect(card).to_contain_text("21 of 21 runs succeeded", timeout=180_000)


def test_a_question_is_looked_up_at_the_desk_with_one_key(sample, page):
    come_in(page, sample, "annotator")
    expect(page.locator("#item img")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("A bar makes no difference")
    page.keyboard.press("3")  # no answer while the instructions are read
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#status")).to_contain_text("10 answered")


def test_a_second_tab_cannot_answer_the_same_task_again(sample, page):
    come_in(page, sample, "annotator")
    other = page.context.new_page()
    other.goto(page.url)
    for tab in (page, other):
        expect(tab.locator("#item img")).to_be_visible()
    assert page.locator("#item img").get_attribute("src") == other.locator("#item img").get_attribute("src")
    ready(page)
    page.keyboard.press("1")
    expect(page.locator("#status")).to_contain_text("saved")
    other.bring_to_front()
    ready(other)
    other.keyboard.press("2")
    expect(other.locator("#notice")).to_contain_text("answered this task already")
    assert sample.rows("SELECT count(*) FROM annotator_answer WHERE NOT simulated") == [(11,)]
    page.faults.clear()  # the browser reports the refusal's 409


def test_a_signed_out_annotator_is_told_and_loses_nothing(sample, page):
    come_in(page, sample, "annotator")
    expect(page.locator("#item img")).to_be_visible()
    before = page.locator("#status").inner_text()
    ready(page)
    page.context.clear_cookies()
    page.keyboard.press("4")
    expect(page.locator("#notice")).to_contain_text("signed out")
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('marginalia-outbox')).length") == 1
    other = page.context.new_page()
    come_in(other, sample, "annotator")
    expect(page.locator("#status")).to_contain_text("saved", timeout=180_000)
    assert page.locator("#status").inner_text() != before
    page.faults.clear()  # the refusals while signed out


def test_the_web_processes_stay_under_200_mb_each(sample):
    web = [process for process in sample.processes() if "gunicorn" in command_of(process)]
    assert len(web) == 3
    assert all(0 < memory_of(process) < 200e6 for process in web), [memory_of(process) for process in web]


def test_a_second_start_finds_everything_and_ctrl_c_leaves_nothing(sample):
    before = sample.rows("SELECT count(*) FROM annotator_answer")
    sample.stop()
    psutil.wait_procs(sample.processes(), timeout=5)
    assert sample.processes() == []
    sample.output.unlink()
    sample.start()
    assert sample.rows("SELECT count(*) FROM annotator_answer") == before
    sample.wait_until(lambda: "newpassword" in sample.said(), 180, "it did not say how to sign in")
    assert "The sample project" not in sample.said()
