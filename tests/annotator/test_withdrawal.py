"""An item that is withdrawn is asked of nobody, and what was reserved for it is released. It can be taken back."""

import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connection

from annotator import queue
from annotator.items import withdrawal
from annotator.models import Answer, AuditEntry, BatchState, Item, Purpose, Review, Role, Split, Task, TaskPlan
from annotator.quality import answer_checks, gold, review
from annotator.queue import batches, redundancy
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.models import Label
from datasets.versions import versions
from tests import make
from workers.budget import ledger, reservations
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


def say(question, person, task, value="yes"):
    return queue.submit(question.project, task, person, uuid.uuid4(), value)


def reserved(project) -> Decimal:
    return ledger.totals(project)["reserved"]


@pytest.fixture
def other(project):
    person = make.user("other")
    make.member(project, person, Role.ANNOTATOR)
    return person


def test_nobody_is_asked_about_it_any_more_and_its_money_is_released(question, annotator, other, manager):
    item, kept = make.items_of_split(question.project, Split.TRAIN, 2)
    assert reserved(question.project) == Decimal("0.08")
    held = queue.next_tasks(question, annotator, 2)
    assert withdrawal.withdraw(question.project, [item.pk], manager, "Shows a face") == 1
    assert reserved(question.project) == Decimal("0.04")
    gone = next(task for task in held if task.item_id == item.pk)
    for act in (
        lambda: say(question, annotator, gone.public_id),
        lambda: queue.renew(question.project, gone.public_id, annotator),
        lambda: queue.skip(question.project, gone.public_id, annotator, "blurred"),
    ):
        with pytest.raises(Refused, match="withdrawn from the project") as refused:
            act()
        assert refused.value.code == "withdrawn"
    assert [task.item_id for task in queue.next_tasks(question, annotator, 3)] == [kept.pk]
    assert [task.item_id for task in queue.next_tasks(question, other, 3)] == [kept.pk]
    task = Task.objects.get(item=item)
    assert (task.open_slots, task.overlap, task.answer_count, task.unfunded) == (0, 0, 0, 0)
    assert queue.progress(question).tasks == 1
    assert list(batches.plannable(question)) == []
    item.refresh_from_db()
    assert (item.withdrawn_by, item.withdrawn_reason) == (manager, "Shows a face")


def test_it_is_done_once_with_a_reason_and_recorded(question, manager):
    [item] = make.items(question.project, 1)
    with pytest.raises(Refused, match="Say why"):
        withdrawal.withdraw(question.project, [item.pk], manager, "  ")
    assert withdrawal.withdraw(question.project, [item.pk], manager, "twice in it") == 1
    assert withdrawal.withdraw(question.project, [item.pk], manager, "again") == 0
    entry = AuditEntry.objects.get(action="withdrew items")
    assert entry.detail == {"items": [item.pk], "reason": "twice in it"} and entry.user == manager
    item.refresh_from_db()
    assert item.withdrawn_reason == "twice in it"


def test_an_item_of_another_project_is_left_alone(question, manager):
    [item] = make.items(make.project(manager), 1)
    assert withdrawal.withdraw(question.project, [item.pk], manager, "not ours") == 0
    item.refresh_from_db()
    assert item.withdrawn_at is None


def test_answers_stay_paid_and_a_review_of_it_closes(question, annotator, other, manager):
    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    for person, value in ((annotator, "yes"), (other, "no")):
        [task] = queue.next_tasks(question, person)
        say(question, person, task.task_id, value)
    answer_checks.check_answers()
    waiting = Review.objects.get()
    spent = ledger.totals(question.project)["spent"]
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    assert ledger.totals(question.project)["spent"] == spent == Decimal("0.04")
    assert not Review.objects.exists() and review.next_review(question, manager) is None
    with pytest.raises(Refused, match="Perhaps its item was withdrawn"):
        review.decide(question.project, waiting.pk, manager, uuid.uuid4(), "yes", "clear")
    assert review.send_to_review(Task.objects.all(), "asked") == 0
    with pytest.raises(Refused, match="withdrawn"):
        review.ask_by_hand(question.project, Task.objects.get().pk, manager)
    assert queue.increase_redundancy(question, [item.pk]) == 0
    answer = Answer.objects.get(worker=annotator)
    with pytest.raises(Refused, match="withdrawn"):
        queue.change(question.project, answer.task_id, annotator, uuid.uuid4(), "no", answer.pk)


def test_a_slot_that_becomes_free_later_is_not_asked_again(question, annotator, other, manager):
    from annotator.queue import exclusion

    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    [task] = queue.next_tasks(question, annotator)
    say(question, annotator, task.task_id)
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    exclusion.exclude(question, annotator, answers_too=True)
    task = Task.objects.get()
    assert (task.open_slots, task.answer_count, task.overlap) == (0, 0, 0)
    assert queue.next_tasks(question, other) == []
    assert reserved(question.project) == 0


def test_it_has_no_label_and_is_in_no_later_version(question, annotator, other, manager):
    made = make.labelled_items(question, 3, 2, [annotator, other])
    computation.compute(question)
    first, _ = versions.freeze(question, versions.build(question), manager)
    test, train = made[0], made[-1]
    withdrawal.withdraw(question.project, [test.pk, train.pk], manager, "Broken")
    assert not Label.objects.filter(item__in=[test, train]).exists(), "at once"
    computation.refresh(question)
    assert Label.objects.count() == 3
    second, new = versions.freeze(question, versions.build(question), manager)
    assert new and (second.train_count, second.test_count) == (2, 1)
    assert second.test_sha256 != first.test_sha256
    assert not {test.sha256, train.sha256} & {entry["sha256"] for entry in versions.manifest(second)["items"]}
    withdrawal.take_back(question.project, [test.pk, train.pk], manager)
    computation.refresh(question)
    third, _ = versions.freeze(question, versions.build(question), manager)
    assert third == first, "the same content is the same version"


def test_labels_that_are_updated_one_by_one_leave_it_out_too(question, annotator, other, manager, monkeypatch):
    made = make.labelled_items(question, 4, 0, [annotator, other])
    computation.compute(question)
    monkeypatch.setattr(computation, "FEW", 0)
    monkeypatch.setattr(computation, "SHARE", 100)
    withdrawal.withdraw(question.project, [made[0].pk], manager, "Broken")
    # A computation that began before the withdrawal writes the label after it.
    Label.objects.create(question=question, item=made[0], value="yes", probability=1, answers=2)
    computation.refresh(question)
    assert set(Label.objects.values_list("item", flat=True)) == {item.pk for item in made[1:]}
    question.aggregation.refresh_from_db()
    assert question.aggregation.answers == 6


def test_a_gold_item_is_withdrawn_too(question, annotator, manager):
    known, *_ = made = make.items_of_split(question.project, Split.TRAIN, 2)
    Task.objects.filter(item=known).delete()
    gold.add(question, manager, known, "yes", Purpose.QUALIFICATION)
    [task] = queue.next_tasks(question, annotator, 3)
    withdrawal.withdraw(question.project, [known.pk], manager, "Wrong")
    with pytest.raises(Refused, match="withdrawn from the project"):
        say(question, annotator, task.public_id)
    assert queue.next_tasks(question, annotator, 3) == []
    withdrawal.take_back(question.project, [known.pk], manager)
    assert [one.item_id for one in queue.next_tasks(question, annotator, 3)] == [known.pk]
    withdrawal.withdraw(question.project, [made[1].pk], manager, "Wrong")
    with pytest.raises(Refused, match="withdrawn"):
        gold.add(question, manager, made[1], "yes")


def test_taken_back_it_is_asked_again_as_before(question, annotator, other, manager):
    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    for person, value in ((annotator, "yes"), (other, "no")):
        [task] = queue.next_tasks(question, person)
        say(question, person, task.task_id, value)
    third = make.user()
    make.member(question.project, third, Role.ANNOTATOR)
    Task.objects.update(overlap=3, open_slots=1)
    [held] = queue.next_tasks(question, third)
    batches.note_finished()
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    batches.note_finished()
    assert question.batches.get().finished_at
    question.overlap = 3
    question.save()
    assert withdrawal.take_back(question.project, [item.pk], manager) == 1
    assert withdrawal.take_back(question.project, [item.pk], manager) == 0
    task = Task.objects.get()
    assert (task.overlap, task.answer_count, task.open_slots) == (3, 2, 1)
    assert reserved(question.project) == Decimal("0.02")
    assert question.batches.get().finished_at is None
    [again] = queue.next_tasks(question, third)
    assert again.public_id == held.public_id
    say(question, third, again.public_id)
    answer_checks.check_answers()
    assert AuditEntry.objects.filter(action="took items back").count() == 1
    item.refresh_from_db()
    assert item.withdrawn_at is None and item.withdrawn_reason == ""


def test_a_disagreement_is_reviewed_again_when_it_is_taken_back(question, annotator, other, manager):
    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    for person, value in ((annotator, "yes"), (other, "no")):
        [task] = queue.next_tasks(question, person)
        say(question, person, task.task_id, value)
    answer_checks.check_answers()
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    withdrawal.take_back(question.project, [item.pk], manager)
    answer_checks.check_answers()
    assert Review.objects.count() == 1


def test_a_question_asked_since_asks_about_it_when_it_is_taken_back(question, manager):
    [item] = make.items(question.project, 1)
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    later = make.question(question.project, text="Is it a dog?")
    assert not later.tasks.exists()
    withdrawal.take_back(question.project, [item.pk], manager)
    assert later.tasks.count() == 1


def test_an_external_id_that_another_item_has_by_now_is_not_taken_twice(question, manager):
    one, two = make.items(question.project, 2)
    Item.objects.filter(pk=one.pk).update(external_id="a-1")
    withdrawal.withdraw(question.project, [one.pk], manager, "Replaced")
    Item.objects.filter(pk=two.pk).update(external_id="a-1")
    with pytest.raises(Refused, match="same external id"):
        withdrawal.take_back(question.project, [one.pk], manager)
    one.refresh_from_db()
    assert one.withdrawn_at


def test_an_item_in_a_paused_or_closed_batch_is_withdrawn(project, manager, annotator):
    question = make.question(project, plan=TaskPlan.BATCHES)
    made = make.items_of_split(project, Split.TRAIN, 3)
    batch = batches.plan(question, manager, "first", items=[item.pk for item in made])
    batches.change(batch, BatchState.OPEN, manager)
    withdrawal.withdraw(project, [made[0].pk], manager, "Broken")
    assert reserved(project) == Decimal("0.08")
    batches.change(batch, BatchState.CLOSED, manager)
    withdrawal.withdraw(project, [made[1].pk], manager, "Broken")
    assert list(batches.plannable(question)) == [made[2]]
    assert batches.left(question)[batch.pk].answers == 2
    assert reservations.sweep() == 0


def test_an_item_that_waits_for_money_waits_no_more(manager):
    project = make.project(manager, money="0.05")
    question = make.question(project)
    made = make.items_of_split(project, Split.TRAIN, 2)
    waiting = Task.objects.filter(unfunded__gt=0).first()
    assert waiting
    withdrawal.withdraw(project, [item.pk for item in made], manager, "Broken")
    assert not Task.objects.filter(unfunded__gt=0).exists() and not Task.objects.filter(open_slots__gt=0).exists()
    assert ledger.totals(project)["available"] == Decimal("0.05") and question.tasks.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_answer_at_the_same_moment_is_accepted_before_or_refused_after():
    """Many people answer, take and give back while items are withdrawn and taken back: slots and money stay exact."""
    manager = make.user()
    project = make.project(manager)
    question = make.question(project, overlap=3, gold_rate=0.2)
    made = make.items_of_split(project, Split.TRAIN, 24)
    known = make.items_of_split(project, Split.TRAIN, 3)
    Task.objects.filter(item__in=known).delete()
    for item in known:
        gold.add(question, manager, item, "yes")
    people = [make.user() for _ in range(4)]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    codes, problems, stop = [], [], threading.Event()

    def work(person):
        try:
            for _ in range(60):
                for task in queue.next_tasks(question, person, 2):
                    try:
                        say(question, person, task.public_id)
                        codes.append("stored")
                    except Refused as refused:
                        codes.append(refused.code)
                if stop.is_set():
                    break
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    def withdraw():
        try:
            for number, item in enumerate([*made[:16], *known]):
                withdrawal.withdraw(project, [item.pk], manager, "Broken")
                if number % 3 == 0:
                    withdrawal.take_back(project, [item.pk], manager)
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    threads.append(threading.Thread(target=withdraw))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems and set(codes) <= {"stored", "withdrawn"}
    for task in Task.objects.filter(purpose="work").select_related("item"):
        answers = task.answers.count()
        held = task.assignments.filter(state="held").count()
        assert task.answer_count == answers <= task.overlap
        assert task.open_slots + task.unfunded + answers + held == task.overlap
        if task.item.withdrawn_at:
            assert task.open_slots == task.unfunded == 0
    assert codes.count("stored") == Answer.objects.count()
    # A gold item may be paid partly from what is reserved for gold and partly from available money: two entries, one price.
    assert sum(entry.amount for entry in Entry.objects.filter(kind="answer")) == question.price * codes.count("stored")
    reservations.sweep()
    left = sum(task.open_slots for task in Task.objects.filter(purpose="work")) * question.price
    batch_money = sum(account.balance for account in project.accounts.filter(name="reserved", batch__isnull=False))
    assert batch_money == left


def test_redundancy_never_opens_it_again(question, manager):
    [item] = make.items_of_split(question.project, Split.TRAIN, 1)
    question.adaptive, question.most_overlap = True, 5
    question.save()
    withdrawal.withdraw(question.project, [item.pk], manager, "Broken")
    assert redundancy.increase_redundancy(question, [item.pk]) == 0
