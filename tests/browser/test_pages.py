"""Every page is free of what axe-core finds, light and dark, wide and phone."""

import pytest

from tests.browser.axe import no_violation
from tests.browser.conftest import sign_in

PAGES = [
    "",
    "items/",
    "labels/",
    "labels/?only=open",
    "labels/1/",
    "questions/1/people/2/",
    "versions/",
    "runs/",
    "runs/1/",
    "runs/60/",
    "trainings/5/",
    "budget/",
    "budget/?kind=reserve",
    "budget/entries/1/",
    "budget/statement/",
    "budget/statement/?by=worker",
    "budget/reconcile/",
    "budget/pay/",
    "phases/",
    "gates/2/",
    "brief/",
    "demo/",
    "reports/",
    "questions/1/plan/",
    "questions/1/reading/",
    "people/",
    "webhooks/",
    "answers/",
    "decisions/",
    "questions/1/",
    "questions/1/edit/",
    "questions/1/live/",
    "questions/1/tasks/",
    "questions/1/batches/",
    "questions/1/quality/",
    "questions/1/comments/",
    "questions/1/review/",
    "questions/new/",
    "questions/new/?kind=span&template=entities",
    "questions/new/?kind=box&template=outline",
    "questions/new/?kind=set&template=disappointed-why",
    "desk/",
    "leave/",
]
SCRIPTED = ("desk", "review", "edit", "new/", "live")  # pages that are whole only after their scripts
OTHERS = [
    "/projects/2/",
    "/projects/2/labels/",
    "/projects/3/labels/?question=3",
    "/projects/2/items/",
    "/projects/2/phases/",
    "/projects/2/demo/",
    "/projects/3/questions/3/reading/",
    "/projects/2/questions/2/plan/",
    "/projects/2/questions/2/",
    "/projects/3/questions/3/review/",
    "/projects/4/items/",
    "/projects/4/questions/4/review/",
    "/projects/4/questions/4/quality/",
    "/projects/",
]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_any_page(sample, browser, scheme):
    width = 1280 if scheme == "light" else 390
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{sample.url}/sign-in/")
    wrong = []
    for path in [
        "/sign-in/",
        *[f"/projects/1/{one}" for one in PAGES],
        *OTHERS,
        "/nowhere/",
    ]:
        if path == "/sign-in/":
            no_violation(page)
            sign_in(page, sample, "manager")
            continue
        page.goto(f"{sample.url}{path}")
        page.wait_for_load_state("networkidle" if any(word in path for word in SCRIPTED) else "load")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{path} scrolls sideways")
        try:
            no_violation(page)
        except AssertionError as problem:
            wrong.append(str(problem))
    context.close()
    assert not wrong, "\n\n".join(wrong)
