"""After a stop nothing is owed for answers: what was held is paid, what was let go is refused, work and gold items alike."""

import itertools
import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator import queue
from annotator.models import Assignment, Question, Task
from annotator.quality import gold
from annotator.questions import drafts
from annotator.queue import assign, batches, gold_items
from annotator.refusal import Refused
from tests import make
from tests.workers.budget.judging import judge
from workers.budget import funding, ledger, reservations
from workers.budget.models import Entry, Pay
from workers.budget.phase import Decision, Gate, current_phase
from workers.phases import gates

pytestmark = pytest.mark.django_db
ONE = Decimal(1)


@pytest.fixture
def asked(manager, annotator):
    """A question at a dollar, with half the items known."""
    project = make.project(manager, money=30)
    make.member(project, annotator, "annotator")
    question = make.question(project, price=ONE, overlap=1, test_overlap=1, plan="batches")
    for item in make.items(project, 12)[:6]:
        gold.add(question, manager, item, "yes")
    drafts.change(question, manager, {"gold_rate": 0.5})
    batches.change(batches.plan(question, manager, ""), "open", manager)
    question.refresh_from_db()
    return question


def take(question, person, works: int, known: int) -> tuple[list[int], list[int]]:
    """Put so many tasks of work and gold items into a person's hands, whatever chance says; return their ids."""
    who = {"question": question.pk, "worker": person.pk}
    before = set(Assignment.objects.filter(worker=person, state="held").values_list("task_id", flat=True))
    Question.objects.filter(pk=question.pk).update(gold_rate=0)
    mine = queue.next_tasks(question, person, len(before) + works) if works else []
    Question.objects.filter(pk=question.pk).update(gold_rate=0.5)
    free = Task.objects.filter(question=question, purpose="gold").exclude(assignments__worker=person)
    golds = list(free.order_by("pk").values_list("pk", flat=True)[:known])
    with transaction.atomic():
        assign._standing(who | {"project": question.project_id})  # a newcomer gets theirs
        gold_items.take(who, [(task, None) for task in golds])
    return [task.task_id for task in mine if task.task_id not in before], golds


def let_go(person, tasks) -> None:
    """Let a person's hold on tasks run out, and be freed."""
    mine = Assignment.objects.filter(worker=person, task__in=tasks, state="held")
    mine.update(expires_at=timezone.now() - timedelta(seconds=1))
    queue.free_expired()


def stop(question) -> None:
    gates.decide(current_phase(question.project), question.created_by, Decision.STOP, "out of reach")


def code(question, task, person, active_ms: int = 0) -> str:
    try:
        queue.submit(question.project, task, person, uuid.uuid4(), "yes", active_ms)
    except Refused as problem:
        return problem.code
    return "taken"


def owed(question) -> Decimal:
    return ledger.totals(question.project)["overdraft"]


def test_what_was_let_go_before_a_stop_is_refused_alike(asked, annotator):
    work, known = take(asked, annotator, 3, 3)
    let_go(annotator, work + known)
    stop(asked)
    before = ledger.totals(asked.project)
    assert (before["available"], before["reserved"]) == (0, 0)
    assert {code(asked, task, annotator) for task in work + known} == {"budget_used_up"}
    assert ledger.totals(asked.project) == before
    judge(asked.project)


def test_what_was_let_go_takes_nothing_of_what_others_hold(asked, manager, annotator):
    mine = list(itertools.chain(*take(asked, manager, 2, 2)))
    gone = list(itertools.chain(*take(asked, annotator, 2, 2)))
    let_go(annotator, gone)
    stop(asked)
    assert [code(asked, task, annotator) for task in gone] == ["budget_used_up"] * 4
    assert [code(asked, task, manager) for task in mine] == ["taken"] * 4
    assert owed(asked) == 0 and ledger.spent(asked.project) == 4
    assert ledger.totals(asked.project)["reserved"] == 0
    judge(asked.project)


def test_a_closed_batch_keeps_its_money_for_those_who_hold_its_tasks(asked, manager, annotator):
    """No stop came: an answer to work that was let go does not take it either."""
    mine, _ = take(asked, manager, 2, 0)
    gone, _ = take(asked, annotator, 2, 0)
    let_go(annotator, gone)
    batches.change(asked.batches.get(), "closed", manager)
    funding.cut(asked.project, ledger.totals(asked.project)["available"], manager, "cut")
    assert [code(asked, task, annotator) for task in gone] == ["budget_used_up"] * 2
    assert [code(asked, task, manager) for task in mine] == ["taken"] * 2


def test_what_is_held_when_the_stop_comes_is_paid_even_if_it_is_answered_late(asked, annotator):
    work, known = take(asked, annotator, 2, 2)
    stop(asked)
    assert [code(asked, task, annotator) for task in (work[0], known[0])] == ["taken"] * 2
    let_go(annotator, [work[1], known[1]])
    reservations.sweep()
    assert [code(asked, task, annotator) for task in (work[1], known[1])] == ["taken"] * 2
    assert owed(asked) == 0 and ledger.spent(asked.project) == 4
    judge(asked.project)


@pytest.mark.parametrize("let_go_first", [False, True])
def test_time_by_the_hour_is_paid_from_what_the_stop_took_and_never_owed(asked, annotator, let_go_first):
    Pay.objects.create(project=asked.project, worker=annotator, mode="hour", hourly=Decimal(3600))  # a dollar a second
    [work], [known] = take(asked, annotator, 1, 1)
    Assignment.objects.filter(state="held").update(leased_at=make.before(60))
    if let_go_first:
        let_go(annotator, [work, known])
    stop(asked)
    left = -sum(entry.amount for entry in Entry.objects.filter(idempotency_key__endswith=":left"))
    assert left < -5
    said = [code(asked, task, annotator, 5000) for task in (work, known)]
    assert said == (["budget_used_up"] * 2 if let_go_first else ["taken"] * 2)
    assert ledger.spent(asked.project) == (0 if let_go_first else 10) and owed(asked) == 0
    judge(asked.project)


def test_time_beyond_all_there_is_is_refused_after_a_stop(asked, annotator):
    Pay.objects.create(project=asked.project, worker=annotator, mode="hour", hourly=Decimal(3600))
    [work], _ = take(asked, annotator, 1, 0)
    Assignment.objects.filter(state="held").update(leased_at=make.before(600))
    stop(asked)
    before = ledger.totals(asked.project)
    assert code(asked, work, annotator, 500_000) == "budget_used_up"
    assert ledger.totals(asked.project) == before


deeds = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "let go", "answer", "answer late", "sweep"]), st.booleans(), st.booleans()
    ),
    max_size=14,
)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=deeds, after=deeds)
@pytest.mark.slow
def test_whatever_is_done_around_a_stop_nothing_is_owed_and_who_holds_is_paid(asked, manager, annotator, before, after):
    people = [manager, annotator]

    def do(what: str, which: bool, known: bool, stopped: bool) -> None:
        person = people[which]
        mine = Assignment.objects.filter(worker=person, task__purpose="gold" if known else "work").order_by("pk")
        held, gone = mine.filter(state="held").first(), mine.filter(state="expired").first()
        if what == "take" and not stopped:
            take(asked, person, int(not known), int(known))
        elif what == "let go" and held:
            let_go(person, [held.task_id])
        elif what == "answer" and held:
            assert code(asked, held.task_id, person) == "taken"
        elif what == "answer late" and gone:
            assert code(asked, gone.task_id, person) in ("taken", "budget_used_up", "lease_expired")
        elif what == "sweep":
            reservations.sweep()

    with transaction.atomic():
        for one in before:
            do(*one, stopped=False)
        stop(asked)
        settled = owed(asked)
        for one in after:
            do(*one, stopped=True)
            judge(asked.project)
        for held in Assignment.objects.filter(state="held", task__question=asked):
            assert code(asked, held.task_id, held.worker) == "taken"
        assert owed(asked) == settled
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_stop_at_the_moment_of_late_answers_leaves_no_debt_behind_it(asked, manager, annotator):
    work, known = take(asked, annotator, 3, 3)
    let_go(annotator, work + known)
    funding.cut(asked.project, ledger.totals(asked.project)["available"], manager, "cut")
    together = threading.Barrier(7)
    problems, said = [], []

    def do(task: int | None) -> None:
        try:
            together.wait()
            if task is None:
                stop(asked)
            else:
                said.append(code(asked, task, annotator))
        except Exception as problem:  # shown below
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(task,)) for task in [None, *work, *known]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and set(said) <= {"taken", "budget_used_up"}
    gate = Gate.objects.get()
    assert not Entry.objects.filter(source__name="overdraft", kind="answer", pk__gt=_first_entry_after(gate)).exists()
    judge(asked.project)


def _first_entry_after(gate) -> int:
    """Return the first entry that the stop itself wrote."""
    return Entry.objects.filter(memo="Left over when the project was stopped").values_list("pk", flat=True).first() or 0
