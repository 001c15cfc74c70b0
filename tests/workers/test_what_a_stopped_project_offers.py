"""A page of a stopped project offers nothing that the stop would refuse."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.db import transaction

from annotator import queue
from annotator.models import Role
from annotator.quality import review
from annotator.queue import batches
from tests import make
from workers.budget.phase import Decision, current_phase
from workers.phases import gates

pytestmark = pytest.mark.django_db
PAGES = ["", "items/", "versions/", "runs/", "phases/", "budget/", "questions/new/"]
OF_A_QUESTION = ["", "batches/", "plan/", "quality/", "live/", "tasks/", "comments/", "review/", "reading/"]
FILLED = {"reason": "because", "amount": "1", "count": "1", "text": "A question", "choices": "a\nb", "files": ""}


@dataclass
class Form:
    """A form of a page: where it goes, its fields, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Forms(HTMLParser):
    """Read the forms that are posted off a page, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", "")) if given.get("method") == "post" else None
            if self._form:
                self.found.append(self._form)
        if self._form is None:
            return
        name = given.get("name", "")
        if tag == "button":
            self._form.buttons.append((name, given.get("value", "")))
        elif tag == "select":
            self._choice = name
        elif tag == "option" and (self._choice not in self._form.fields or "selected" in given):
            self._form.fields[self._choice] = given.get("value", "")
        elif tag in ("input", "textarea") and name and given.get("type") not in ("checkbox", "radio"):
            self._form.fields[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


@pytest.fixture
def asked(manager, annotator):
    """A question with a planned batch, an open one, items that no batch holds, and one that people disagree about."""
    project = make.project(manager, money=30)
    make.member(project, annotator, Role.ANNOTATOR)
    other = make.user()
    make.member(project, other, Role.ANNOTATOR)
    question = make.question(project, price=Decimal("0.10"), overlap=2, test_overlap=2, plan="batches")
    make.items(project, 6)
    batches.change(batches.plan(question, manager, "now", count=2), "open", manager)
    batches.plan(question, manager, "later", count=2)
    for person, value in ((annotator, "yes"), (other, "no")):
        for task in queue.next_tasks(question, person, 2):
            queue.submit(project, task.task_id, person, uuid.uuid4(), value)
    review.ask_by_hand(project, task.task_id, manager)
    make.question(project, text="A draft?", draft=True)
    return question


def refused(client, question) -> tuple[list[str], set[str]]:
    """Press every button of every page, each as if no other had been pressed.

    Return those that are refused because the project was stopped, and the buttons that were pressed.
    """
    base = f"/projects/{question.project_id}/"
    draft = question.project.questions.get(draft=True)
    pages = [base + page for page in PAGES] + [f"{base}questions/{question.pk}/{page}" for page in OF_A_QUESTION]
    wrong, pressed = [], set()
    for page in [*pages, f"{base}questions/{draft.pk}/edit/"]:
        forms = Forms()
        forms.feed(client.get(page).content.decode())
        for form in forms.found:
            for name, value in form.buttons:
                sent = {key: said or FILLED.get(key, "") for key, said in form.fields.items()}
                where = form.action or page
                if "sign-out" in where:
                    continue
                with transaction.atomic():
                    answer = client.post(where, sent | ({name: value} if name else {}))
                    transaction.set_rollback(True)
                what = f"{where.removeprefix(base)} {name}={value}"
                pressed.add(what)
                # Once it is the page's own remark beside what is left out; a second time it is the refusal.
                if answer.status_code == 409 or answer.content.count(b"A stop is final") > 1:
                    wrong.append(f"{page}: {what}")
    return wrong, pressed


@pytest.mark.slow
def test_nothing_is_offered_that_the_stop_refuses(asked, manager, client):
    client.force_login(manager)
    _, before = refused(client, asked)
    new = {
        "questions/new/ publish=1": "put a question to people",
        f"questions/{asked.pk}/batches/2/ state=open": "open a batch",
        f"questions/{asked.pk}/batches/plan/ =": "plan a batch",
    }
    assert set(new) <= before, before
    assert any(one.endswith(" more=1") for one in before), "ask one more person"
    gates.decide(current_phase(asked.project), manager, Decision.STOP, "enough")
    wrong, after = refused(client, asked)
    assert not wrong
    assert after, "what a stop allows is still offered"
    assert not set(new) & after
    for page in ("batches/", "plan/", "review/", "live/"):
        said = client.get(f"/projects/{asked.project_id}/questions/{asked.pk}/{page}").content.decode()
        assert "A stop is final: new work needs a new project." in said, page


def test_whoever_may_still_be_asked_reads_nothing_of_a_stop(asked, manager, client):
    client.force_login(manager)
    page = client.get(f"/projects/{asked.project_id}/questions/{asked.pk}/batches/").content.decode()
    assert "no-new-work" not in page and "Plan a batch" in page
