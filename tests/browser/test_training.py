"""A version frozen in the browser: its runs are seen starting, going on and ending, then curve, forecast and recommendation."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in

# The sample's other questions, and the network each is trained with.
OTHERS = [(2, 2, "Words and pairs of words"), (3, 3, "Token tagger"), (4, 4, "Small detector")]


def freeze(page, sample, project: int, question: int) -> None:
    page.goto(f"{sample.url}/projects/{project}/versions/?question={question}")
    with page.expect_navigation():
        page.get_by_role("button", name="Freeze a version").click()
    page.goto(f"{sample.url}/projects/{project}/runs/?question={question}")


def test_a_frozen_version_is_seen_training_without_a_reload(page, sample):
    sign_in(page, sample, "manager")
    freeze(page, sample, 2, 2)
    page.evaluate("window.notReloaded = true")
    expect(page.locator(".run-dot").first).to_be_visible(timeout=180_000)
    expect(page.locator(".run-dot.running, .run-dot.done").first).to_be_visible(timeout=180_000)
    expect(page.locator("#trainings progress").first).to_be_visible(timeout=120_000)
    expect(page.locator("#trainings .curve svg").first).to_be_attached(timeout=1_800_000)
    expect(page.locator(".next").get_by_text("With 80% probability").first).to_be_visible()
    expect(page.locator(".run-dot.waiting")).to_have_count(0)
    assert page.evaluate("window.notReloaded") is True
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(page.get_by_text("Can it learn at all?")).to_be_visible()
    page.locator("table a").last.click()
    for step in ("1. The architecture", "2. A first look at little data", "4. Why it ended"):
        expect(page.get_by_text(step)).to_be_visible()


@pytest.mark.parametrize(("project", "question", "network", "f1"), [(*OTHERS[1], 0.5), (*OTHERS[2], 0.0)])
def test_marks_are_learned_too(page, sample, project, question, network, f1):
    sign_in(page, sample, "manager")
    freeze(page, sample, project, question)
    expect(page.locator("#trainings .curve svg").first).to_be_attached(timeout=900_000)
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(page.get_by_text(network).first).to_be_visible()
    errors = sample.rows(
        "SELECT min(r.error) FROM workers_trainingrun r JOIN datasets_version v ON v.id = r.version_id WHERE v.question_id = %s",
        question,
    )
    assert 1 - errors[0][0] > f1
