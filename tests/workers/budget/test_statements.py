"""Statements: by whatever is asked, corrections taken off; every entry as a file; and a platform's own statement."""

import csv
import io
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from annotator import queue
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.versions import versions
from tests import make
from workers.budget import charges, corrections, ledger, reconciliation, statements
from workers.budget.models import Entry
from workers.budget.phase import Decision, current_phase
from workers.phases import gates

pytestmark = pytest.mark.django_db


@pytest.fixture
def spent(question, manager, annotator):
    """Four answers by two people, a version after two of them, a bonus, and one correction in the next phase."""
    make.items_of_split(question.project, "train", 1)
    make.items_of_split(question.project, "test", 1)
    keys = []

    def answer(person):
        keys.append(uuid.uuid4())
        queue.submit(question.project, queue.next_tasks(question, person)[0].task_id, person, keys[-1], "yes")

    answer(manager)
    answer(manager)
    computation.compute(question)
    versions.freeze(question, versions.build(question), manager)
    gates.decide(current_phase(question.project), manager, Decision.GO_BACK, "so", to_stage=1)
    answer(annotator)
    answer(annotator)
    charges.bonus(question.project, annotator, Decimal("1.50"), "=HYPERLINK(1)", manager)
    corrections.correct(Entry.objects.get(idempotency_key=f"answer:{keys[0]}"), manager, "wrong")
    return question


def by(project, what, **between) -> dict[str, Decimal]:
    return {line.name: line.amount for line in statements.lines(project, what, **between)}


def test_it_says_what_was_spent_by_whatever_is_asked(spent, manager, annotator):
    project = spent.project
    assert by(project, "phase") == {"1:1": Decimal("0.02"), "1:2": Decimal("1.54")}
    assert by(project, "question") == {spent.text: Decimal("0.06"), "": Decimal("1.50")}
    assert by(project, "worker") == {manager.username: Decimal("0.02"), annotator.username: Decimal("1.54")}
    assert by(project, "kind") == {"answer": Decimal("0.06"), "bonus": Decimal("1.50")}
    assert by(project, "platform") == {"": Decimal("1.56")}
    assert by(project, "batch") == {"Everything, Is this a cat?": Decimal("0.06"), "": Decimal("1.50")}
    assert sum(by(project, "month").values()) == ledger.spent(project) == Decimal("1.56")
    tomorrow = date.today() + timedelta(days=1)
    assert by(project, "phase", since=tomorrow) == {}
    assert sum(by(project, "phase", until=tomorrow).values()) == Decimal("1.56")


@pytest.mark.django_db(transaction=True)
def test_an_answer_belongs_to_the_first_version_after_it(spent):
    assert by(spent.project, "version") == {"1": Decimal("0.02"), "": Decimal("1.54")}


def test_every_entry_is_a_row_and_no_cell_is_a_formula(spent):
    rows = list(csv.DictReader(io.StringIO(b"".join(statements.csv(spent.project)).decode())))
    assert len(rows) == Entry.objects.filter(project=spent.project).count()
    assert list(rows[0]) == statements.COLUMNS
    assert sum(Decimal(row["amount"]) for row in rows if row["kind"] == "answer") == Decimal("0.08")
    assert [row["memo"] for row in rows if row["kind"] == "bonus"] == ["'=HYPERLINK(1)"]
    later = b"".join(statements.csv(spent.project, since=date.today() + timedelta(days=2)))
    assert later.count(b"\n") == 1, "a period in which nothing moved has a header alone"


def test_the_page_and_the_file(spent, manager, as_role, client):
    client.force_login(manager)
    base = f"/projects/{spent.project_id}/budget/statement/"
    assert "$1.56" in client.get(base).content.decode()
    assert b"Defining the problem (attempt 2)" in client.get(base + "?by=phase").content
    for what in statements.BY:
        assert client.get(f"{base}?by={what}").status_code == 200
    wrong = client.get(base + "?since=2026-02-01&until=2026-01-01")
    assert wrong.status_code == 400 and b"ends before it begins" in wrong.content
    assert client.get(base + "?by=everything").status_code == 400
    assert b"answer:" in b"".join(client.get(base + "entries.csv").streaming_content)
    stakeholder = as_role("stakeholder")
    page = stakeholder.get(base + "?by=worker").content.decode()
    assert manager.username not in page, "what one person earned is between them and the manager"


def test_the_api_names_earnings_to_the_manager_only(spent, manager, api, as_role):
    address = f"/api/v1/projects/{spent.project_id}/statement/?by=worker"
    assert {line["amount"] for line in api(manager).get(address).json()} == {"0.020000", "1.540000"}
    assert api(as_role("stakeholder").person).get(address).status_code == 403
    assert api(manager).get(address.replace("worker", "password")).status_code == 400


STATEMENT = """Assignment ID,Transaction Type,Amount,Currency
A1,AssignmentPayment,0.10,USD
A1,FeePayment,0.02,USD
A2,AssignmentPayment,"1,000.10",USD
A4,AssignmentPayment,$0.10,USD

"""


@pytest.fixture
def crowd(project, manager, annotator):
    for reference in ("A1", "A2", "A3"):
        charges.spend(
            project,
            "answers",
            Decimal("0.10"),
            "answer",
            f"answer:{reference}",
            "",
            platform="mturk",
            reference=reference,
        )
    charges.fee(project, Decimal("0.02"), "A1", "mturk", reference="A1")
    return project


def test_each_difference_to_the_platforms_statement_is_listed(crowd):
    found = reconciliation.reconcile(crowd, "mturk", io.BytesIO(STATEMENT.encode()))
    assert found.agree == 2 and (found.ours, found.theirs) == (Decimal("0.32"), Decimal("1000.32"))
    assert [(one.reference, one.ours, one.theirs) for one in found.differences] == [
        ("A2", Decimal("0.10"), Decimal("1000.10")),
        ("A3", Decimal("0.10"), None),
        ("A4", None, Decimal("0.10")),
    ]
    assert "does not show" in found.differences[1].what


def test_a_correction_makes_the_two_agree_again(crowd, manager):
    corrections.correct(Entry.objects.get(idempotency_key="answer:A3"), manager, "rejected")
    found = reconciliation.reconcile(crowd, "mturk", io.BytesIO(b"reference,amount\nA1,0.12\nA2,0.10\n"))
    assert "A3" not in {one.reference for one in found.differences if one.ours}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "needs the columns"),
        (b"name,sum\nx,1\n", "needs the columns"),
        (b"reference,amount\nA1,much\n", "Row 2: .much. is no amount"),
        (b"reference,amount\nA1,0.1\n,0.1\n", "Row 3 has no reference"),
        (b"reference,amount,currency\nA1,0.1,EUR\n", "Row 2 is in EUR"),
        (b"reference,amount\nA1,NaN\n", "is no amount"),
        (b"reference,amount\nA1\n", "is no amount"),
        (b"\xff\xfe\x00", "no CSV file in UTF-8"),
        (b'reference,amount\n"A1,0.1\n', "no CSV file"),
    ],
)
def test_a_bad_statement_is_refused_with_its_row(crowd, content, said):
    with pytest.raises(Refused, match=said):
        reconciliation.reconcile(crowd, "mturk", io.BytesIO(content))


def test_the_page_compares(crowd, manager, client):
    client.force_login(manager)
    address = f"/projects/{crowd.pk}/budget/reconcile/"
    file = io.BytesIO(STATEMENT.encode())
    file.name = "statement.csv"
    page = client.post(address, {"platform": "mturk", "file": file})
    assert page.status_code == 200 and b"3 differences" in page.content
    assert client.post(address, {"platform": "mturk"}).status_code == 400
    file.seek(0)
    assert client.post(address, {"platform": "nobody", "file": file}).status_code == 400


def test_a_statement_with_only_a_header_does_not_agree_it_is_refused(crowd):
    with pytest.raises(Refused, match="no rows"):
        reconciliation.reconcile(crowd, "mturk", io.BytesIO(b"reference,amount\n\n"))


def test_a_payment_that_is_listed_twice_is_named(crowd):
    content = b"reference,kind,amount\nA1,AssignmentPayment,0.10\nA1,AssignmentPayment,0.10\n"
    [found] = [
        one
        for one in reconciliation.reconcile(crowd, "mturk", io.BytesIO(content)).differences
        if one.reference == "A1" and not one.fee
    ]
    assert found.times == 2 and "lists this payment 2 times" in found.what and found.theirs == Decimal("0.20")


@pytest.mark.parametrize(
    ("kind", "fee"),
    [
        ("Coffee bonus", False),
        ("FeePayment", True),
        ("Fee", True),
        ("feedback bonus", False),
        ("Platform fees", True),
        ("", False),
    ],
)
def test_what_a_fee_is_called(crowd, kind, fee):
    content = f"reference,kind,amount\nX9,{kind},0.10\n".encode()
    [found] = [
        one
        for one in reconciliation.reconcile(crowd, "mturk", io.BytesIO(content)).differences
        if one.reference == "X9"
    ]
    assert found.fee is fee


def test_questions_of_one_wording_and_batches_of_one_name_are_lines_of_their_own(project, manager, annotator):
    for _ in range(2):
        asked = make.question(project, text="Is this a cat?")
        make.items(project, 1)
        task = queue.next_tasks(asked, annotator)[0].task_id
        queue.submit(project, task, annotator, uuid.uuid4(), "yes")
    assert len(by(project, "question")) == 2 and len(by(project, "batch")) == 2
