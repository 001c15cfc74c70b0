"""Corrections, refunds and bonuses: new entries that name the old, never for more than stands."""

import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator import queue
from annotator.models import AuditEntry
from annotator.quality import worker_rules
from tests import make
from tests.workers.budget.judging import judge
from workers.budget import charges, corrections, ledger
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry, EntryKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def bonus(project, manager, annotator):
    charges.bonus(project, annotator, Decimal("2.50"), "good work", manager)
    return Entry.objects.get(kind=EntryKind.BONUS)


def test_a_bonus_is_paid_once_and_names_the_person_and_why(project, manager, annotator):
    key = uuid.uuid4()
    for _ in range(2):
        charges.bonus(project, annotator, Decimal("2.50"), "good work", manager, key)
    entry = Entry.objects.get(kind=EntryKind.BONUS)
    assert (entry.worker, entry.by, entry.memo, entry.amount) == (annotator, manager, "good work", Decimal("2.50"))
    assert ledger.totals(project)["bonuses"] == Decimal("2.50")


@pytest.mark.parametrize(("amount", "reason"), [("0", "x"), ("-1", "x"), ("0.001", "x"), ("1001", "x"), ("1", " ")])
def test_a_bad_bonus_is_refused(project, manager, annotator, amount, reason):
    with pytest.raises(BadAmount):
        charges.bonus(project, annotator, Decimal(amount), reason, manager)
    assert ledger.totals(project)["bonuses"] == 0


def test_a_correction_names_the_entry_and_puts_the_money_back(project, manager, bonus):
    found = corrections.correct(bonus, manager, "wrong person")
    assert (found.corrects, found.amount, found.memo, found.phase) == (bonus, bonus.amount, "wrong person", bonus.phase)
    assert ledger.totals(project)["available"] == 1000 and corrections.standing(bonus) == 0
    assert AuditEntry.objects.filter(action="corrected an entry").exists()
    judge(project)


def test_no_more_is_taken_back_than_stands(project, manager, bonus):
    corrections.correct(bonus, manager, "half", Decimal("1.25"), refund=True)
    with pytest.raises(BadAmount, match=r"Only \$1\.25"):
        corrections.correct(bonus, manager, "more", Decimal("1.26"))
    corrections.correct(bonus, manager, "rest")
    with pytest.raises(BadAmount, match="Nothing of it stands"):
        corrections.correct(bonus, manager, "again")
    assert sorted(Entry.objects.filter(corrects=bonus).values_list("kind", flat=True)) == ["correction", "refund"]
    judge(project)


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "0.0000001"])
def test_a_bad_amount_is_not_taken_back(bonus, manager, amount):
    with pytest.raises(BadAmount):
        corrections.correct(bonus, manager, "x", Decimal(amount))


def test_a_correction_needs_a_reason_and_something_that_was_spent(project, manager, bonus):
    with pytest.raises(BadAmount, match="Say why"):
        corrections.correct(bonus, manager, " ")
    with pytest.raises(BadAmount, match="Only what was spent"):
        corrections.correct(Entry.objects.get(kind=EntryKind.FUNDING), manager, "x")


def test_the_page_shows_an_entry_and_takes_it_back(project, manager, bonus, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/budget/entries/{bonus.pk}/"
    assert b"good work" in client.get(address).content
    refused = client.post(address, {"id": uuid.uuid4(), "amount": "3", "reason": "x"})
    assert refused.status_code == 400 and b"still stands" in refused.content
    sent = {"id": str(client.get(address).context["form"]["id"].value()), "amount": "1", "reason": "too much"}
    assert [client.post(address, sent).status_code for _ in range(2)] == [302, 302]
    other = client.post(address, sent | {"amount": "0.5"})
    assert other.status_code == 400 and b"another movement of money" in other.content
    assert "$1.50" in client.get(address).content.decode()


def test_a_correction_that_is_sent_twice_is_booked_once(project, manager, annotator, bonus, api):
    charges.bonus(project, annotator, Decimal("1"), "more", manager)
    other = Entry.objects.filter(kind=EntryKind.BONUS).latest("pk")
    base, boss = f"/api/v1/projects/{project.pk}/charges/", api(manager)

    def send(entry, **body):
        return boss.post(f"{base}{entry.pk}/correct/", body, format="json")

    part = {"id": str(uuid.uuid4()), "reason": "x", "amount": "0.50"}
    assert send(bonus, **part).json()["id"] == send(bonus, **part).json()["id"]
    assert corrections.standing(bonus) == Decimal("2")
    for wrong in ({"amount": "0.4"}, {"reason": "y"}, {"refund": True}):
        assert send(bonus, **part | wrong).status_code == 409, wrong
    assert send(other, **part).status_code == 409
    assert send(bonus, id=part["id"], reason="x").status_code == 409
    rest = {"id": str(uuid.uuid4()), "reason": "all"}
    assert [send(bonus, **rest).status_code for _ in range(2)] == [201, 201]
    assert send(bonus, **rest, amount="2").status_code == 409
    body = {"id": rest["id"], "username": annotator.username, "amount": "2", "reason": "all"}
    assert boss.post(f"/api/v1/projects/{project.pk}/bonuses/", body, format="json").status_code == 409
    assert corrections.standing(bonus) == 0 and corrections.standing(other) == 1
    judge(project)


def test_the_api_corrects_and_pays(project, manager, annotator, bonus, api):
    base, boss = f"/api/v1/projects/{project.pk}/", api(manager)
    said = boss.post(f"{base}charges/{bonus.pk}/correct/", {"reason": "x", "amount": "0.50"}, format="json")
    assert said.status_code == 201 and said.json()["corrects"] == bonus.pk
    again = boss.post(f"{base}charges/{bonus.pk}/correct/", {"reason": "x", "amount": "9"}, format="json")
    assert again.status_code == 400 and "still stands" in str(again.json())
    body = {"id": str(uuid.uuid4()), "username": annotator.username, "amount": "1", "reason": "fast"}
    assert [boss.post(f"{base}bonuses/", body, format="json").status_code for _ in range(2)] == [201, 201]
    assert ledger.totals(project)["bonuses"] == Decimal("3")
    for wrong in ({"currency": "EUR"}, {"username": "nobody"}, {"amount": "-1"}, {"amount": "5000"}, {"reason": ""}):
        fresh = body | {"id": str(uuid.uuid4())} | wrong
        assert boss.post(f"{base}bonuses/", fresh, format="json").status_code == 400, wrong
    judge(project)


def test_what_was_excluded_and_counts_again_is_paid_once(question, manager, annotator):
    make.items(question.project)
    task = queue.next_tasks(question, annotator)[0].task_id
    key = uuid.uuid4()
    queue.submit(question.project, task, annotator, key, "yes")
    for _ in range(2):
        assert corrections.take_back(question.project_id, charges.idempotency_keys([key]), "aside") in (
            question.price,
            0,
        )
    for _ in range(2):
        assert corrections.pay_again(question.project_id, charges.idempotency_keys([key]), "again") in (
            question.price,
            0,
        )
    assert ledger.spent(question.project) == question.price
    assert {entry.corrects.idempotency_key for entry in Entry.objects.filter(kind=EntryKind.CORRECTION)} == {
        f"answer:{key}"
    }


@pytest.mark.parametrize("part", [None, Decimal("0.0012"), Decimal("0.000001")])
def test_a_charge_of_less_than_a_coin_is_taken_back_in_whole_or_in_part(question, annotator, manager, part):
    question.price = Decimal("0.0023")
    question.save()
    make.items(question.project, 1)
    task = queue.next_tasks(question, annotator)[0].task_id
    queue.submit(question.project, task, annotator, uuid.uuid4(), "yes")
    entry = Entry.objects.get(kind=EntryKind.ANSWER)
    corrections.correct(entry, manager, "a mistake", part)
    assert corrections.standing(entry) == entry.amount - (part or entry.amount)
    with pytest.raises(BadAmount, match="counted to"):
        corrections.correct(entry, manager, "a mistake", Decimal("0.00000001"))


@pytest.fixture
def dear(project):
    """A question at a dollar an answer, one answer an item."""
    return make.question(project, price=Decimal(1), overlap=1, test_overlap=1)


@pytest.fixture
def answered(dear, annotator):
    """An answer, and the entry that charged it."""
    make.items(dear.project)
    queue.submit(dear.project, queue.next_tasks(dear, annotator)[0].task_id, annotator, uuid.uuid4(), "yes")
    return Entry.objects.get(kind=EntryKind.ANSWER)


def set_rule(dear, stays_paid: bool) -> None:
    dear.pay_excluded = stays_paid
    dear.save(update_fields=["pay_excluded"])


@pytest.mark.parametrize("stays_paid", [True, False])
@pytest.mark.parametrize("refund", [True, False])
@pytest.mark.parametrize("part", [None, Decimal("0.40")])
def test_going_on_pays_nothing_again_that_a_manager_took_back(
    dear, manager, annotator, answered, stays_paid, refund, part
):
    set_rule(dear, stays_paid)
    corrections.correct(answered, manager, "the person gave it back", part, refund)
    left = 1 - (part or 1)
    for _ in range(3):
        worker_rules.pause(dear, annotator, "random", manager)
        assert ledger.spent(dear.project) == (left if stays_paid else 0)
        for _ in range(2):
            worker_rules.resume(dear, annotator, manager)
            assert ledger.spent(dear.project) == left
    judge(dear.project)


def test_going_on_pays_again_what_the_pause_took_whatever_the_rule_is_by_then(dear, manager, annotator, answered):
    for then, now in ((False, True), (True, False)):
        set_rule(dear, then)
        worker_rules.pause(dear, annotator, "random", manager)
        set_rule(dear, now)
        worker_rules.resume(dear, annotator, manager)
        assert ledger.spent(dear.project) == 1
    judge(dear.project)


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("pause"), st.booleans()),
        st.tuples(st.just("resume")),
        st.tuples(st.just("correct"), st.sampled_from([None, Decimal("0.10"), Decimal("0.35")]), st.booleans()),
    ),
    min_size=3,
    max_size=9,
)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=deeds)
@pytest.mark.slow
def test_what_stands_is_what_the_manager_left_in_any_order(dear, manager, annotator, answered, said):
    with transaction.atomic():
        left, aside, taken = Decimal(1), False, Decimal(0)
        for what, *more in said:
            if what == "pause":
                set_rule(dear, more[0])
                worker_rules.pause(dear, annotator, "random", manager)
                if not aside:
                    aside, taken = True, Decimal(0) if more[0] else left
            elif what == "resume":
                worker_rules.resume(dear, annotator, manager)
                aside, taken = False, Decimal(0)
            else:
                amount, refund = more
                try:
                    corrections.correct(answered, manager, "wrong", amount, refund)
                    assert left - taken >= (amount or Decimal("0.01"))
                    left -= amount or left
                except BadAmount:
                    assert left - taken < (amount or Decimal("0.01"))
            assert corrections.standing(answered) == left - taken == ledger.spent(dear.project)
        judge(dear.project)
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_pauses_resumes_and_corrections_at_the_same_moment_leave_what_was_decided(dear, manager, annotator, answered):
    set_rule(dear, False)
    together = threading.Barrier(9)
    problems = []

    def do(number: int) -> None:
        try:
            together.wait()
            if number == 0:
                corrections.correct(Entry.objects.get(pk=answered.pk), manager, "half", Decimal("0.50"))
            elif number % 2:
                worker_rules.pause(dear, annotator, "random", manager)
            else:
                worker_rules.resume(dear, annotator, manager)
        except BadAmount:  # it was excluded at that moment
            pass
        except Exception as problem:  # shown below
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker_rules.resume(dear, annotator, manager)
    corrected = Entry.objects.filter(corrects=answered, by=manager).exists()
    assert not problems
    assert ledger.spent(dear.project) == (Decimal("0.50") if corrected else 1)
    judge(dear.project)
