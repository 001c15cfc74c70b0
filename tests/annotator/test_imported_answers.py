"""Answers of another system become answers here: they count for labels, take slots, and cost nothing."""

import random
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db.models import F

from annotator import queue
from annotator.intake.imported import RawAnswer, take_in
from annotator.models import (
    Answer,
    AnswerCheck,
    AuditEntry,
    Batch,
    Gold,
    Member,
    Purpose,
    Review,
    ReviewTrigger,
    Role,
    Task,
    WorkerStatus,
)
from annotator.quality import gold, review, worker_rules
from annotator.queue import batches
from annotator.queue.imported_answers import MOST_AN_ITEM, ImportedAnswer, store_answers
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.models import Label
from datasets.versions import versions
from tests import make
from tests.annotator.imported import reserved, slots, stored_texts, taken
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(project):
    return make.question(project, plan="batches", overlap=2, test_overlap=2)


@pytest.fixture
def everything(project):
    return make.question(project, overlap=2, test_overlap=2)


def test_answers_of_new_items_go_into_the_default_batch_and_the_rest_is_asked(everything, project, annotator):
    done, half, more = stored_texts(project, "one", "two", "three")
    rows = [(done, "Ana", "yes"), (done, "Ben", "no"), (half, "Ana", "YES ")]
    rows += [(more, name, "no") for name in ("Ana", "Ben", "Cleo")]
    assert taken(everything, *rows) == [None] * 6
    assert slots(everything, done) == (2, 2, 0, 0)
    assert slots(everything, half) == (2, 1, 1, 0)
    assert slots(everything, more) == (3, 3, 0, 0)
    assert reserved(project) == Decimal("0.02")
    assert set(Task.objects.values_list("batch__is_default", flat=True)) == {True}
    [task] = queue.next_tasks(everything, annotator, 3)
    assert task.item_id == half.pk
    queue.submit(project, task.task_id, annotator, uuid.uuid4(), "yes")
    assert slots(everything, half) == (2, 2, 0, 0)


def test_answers_to_a_planned_question_go_into_a_closed_batch_from_which_the_rest_is_planned(
    planned, project, annotator
):
    done, half = stored_texts(project, "one", "two")
    assert taken(planned, (done, "Ana", "yes"), (done, "Ben", "no"), (half, "Ana", "no")) == [None] * 3
    [batch] = planned.batches.all()
    assert (batch.name, batch.state) == ("Imported: old.csv", "closed")
    assert not queue.next_tasks(planned, annotator) and reserved(project) == 0
    assert list(batches.plannable(planned)) == [half]
    later = batches.plan(planned, project.created_by, "The rest")
    batches.change(later, "open", project.created_by)
    assert [task.item_id for task in queue.next_tasks(planned, annotator, 3)] == [half.pk]
    assert reserved(project) == Decimal("0.02")


def test_a_second_import_uses_the_same_batch_and_stores_nothing_twice(planned, project):
    [item] = stored_texts(project, "one")
    for _ in range(2):
        assert taken(planned, (item, "Ana", "yes")) == [None]
    assert Answer.objects.count() == 1 and Batch.objects.count() == 1
    assert WorkerStatus.objects.get().answers == 1
    other = taken(planned, (item, "Ana", "no"), (item, "Ana", "yes"), source="new.csv")
    assert other == ["This person has given another answer to this item already.", None]
    assert slots(planned, item) == (2, 1, 1, 0)


def test_an_item_that_is_asked_and_held_gets_answers_and_whoever_holds_it_can_still_answer(
    everything, project, annotator
):
    made = stored_texts(project, "one")
    queue.create_tasks(everything, made)
    [held] = queue.next_tasks(everything, annotator)
    assert taken(everything, *((made[0], name, "yes") for name in ("Ana", "Ben", "Cleo"))) == [None] * 3
    assert slots(everything, made[0]) == (4, 3, 0, 0)
    assert reserved(project) == Decimal("0.02")
    queue.submit(project, held.task_id, annotator, uuid.uuid4(), "no")
    assert slots(everything, made[0]) == (4, 4, 0, 0)
    assert reserved(project) == 0


def test_slots_that_wait_for_money_are_taken_first(manager):
    poor = make.project(manager, money="0.04")
    question = make.question(poor, overlap=2, test_overlap=2)
    made = stored_texts(poor, "one", "two")
    queue.create_tasks(question, made)
    assert sum(slots(question, item)[3] for item in made) == 2
    assert taken(question, (made[0], "Ana", "yes"), (made[1], "Ana", "yes")) == [None, None]
    assert [slots(question, item)[1:] for item in made] == [(1, 1, 0), (1, 1, 0)]
    assert reserved(poor) == Decimal("0.04")


def test_nothing_is_charged_checked_or_judged(everything, project):
    items = stored_texts(project, *(f"text {number}" for number in range(12)))
    rows = [(item, name, "yes" if name == "Ana" else "no") for item in items for name in ("Ana", "Ben")]
    assert taken(everything, *rows) == [None] * 24
    assert not Entry.objects.filter(kind="answer").exists() and not AnswerCheck.objects.exists()
    assert not Review.objects.exists()
    assert {one.gold_total for one in WorkerStatus.objects.all()} == {0}
    assert AuditEntry.objects.filter(action="imported answers").count() == 1


def test_gold_items_withdrawn_items_and_other_modalities_are_refused_one_by_one(project, manager):
    question = make.question(project, kind="span", config={"labels": ["name"]})
    known, gone, good = stored_texts(project, "Ana is here", "Ben is here", "Cleo is here")
    gold.add(question, manager, known, {"spans": []})
    project.items.filter(pk=gone.pk).update(withdrawn_at=datetime.now(UTC))
    [picture] = make.items(project)
    nothing = '{"spans": []}'
    reasons = taken(question, *((item, "Ana", nothing) for item in (known, gone, picture, good)))
    assert reasons[0] == "The item is a gold item: its answer is known already."
    assert reasons[1] == "The item is withdrawn."
    assert reasons[2] == "The question cannot be asked about an item of this kind."
    assert reasons[3] is None and Answer.objects.count() == 1
    elsewhere = make.items(make.project(manager))[0]
    assert taken(question, (elsewhere, "Ana", nothing)) == ["There is no such item in this project."]


def test_a_real_person_never_gets_an_imported_answer(everything, project, annotator, manager):
    [item] = stored_texts(project, "one")
    stored = store_answers(everything, manager, [ImportedAnswer(item.pk, annotator.pk, "yes")], "old")
    assert stored.reasons == ["Answers are imported only for people of another system."]
    assert not Answer.objects.exists() and not Task.objects.exists()


def test_a_draft_takes_no_answers(project):
    draft = make.question(project, draft=True)
    [item] = stored_texts(project, "one")
    with pytest.raises(Refused, match="draft"):
        taken(draft, (item, "Ana", "yes"))


def test_an_item_takes_a_thousand_answers_and_names_the_limit(planned, project):
    [item] = stored_texts(project, "one")
    reasons = taken(planned, *((item, f"person {number}", "yes") for number in range(MOST_AN_ITEM + 5)))
    assert reasons.count(None) == MOST_AN_ITEM
    assert set(reasons[MOST_AN_ITEM:]) == {"At most 1,000 answers to an item are taken."}
    assert taken(planned, (item, "one more", "yes")) == ["The item has 1,000 answers already; no more are taken."]
    assert slots(planned, item)[:3] == (1000, 1000, 0)


def test_labels_weigh_imported_answers_like_others_and_mark_them(everything, project, annotator):
    items = stored_texts(project, *(f"text {number}" for number in range(8)))
    rows = [(item, name, "yes" if number % 2 else "no") for number, item in enumerate(items) for name in ("Ana", "Ben")]
    taken(everything, *rows)
    queue.create_tasks(everything, items)
    computation.refresh(everything)
    found = dict(Label.objects.values_list("item", "value"))
    assert found == {item.pk: "yes" if number % 2 else "no" for number, item in enumerate(items)}
    assert set(Label.objects.values_list("answers", "imported")) == {(2, 2)}


def test_an_excluded_person_of_another_system_frees_slots_and_can_count_again(everything, project, manager):
    [item] = stored_texts(project, "one")
    taken(everything, (item, "Ana", "yes"), (item, "Ben", "no"))
    ana = Member.objects.get(user__first_name="Ana").user
    worker_rules.pause(everything, ana, "not our guideline", manager)
    assert slots(everything, item) == (2, 1, 1, 0) and reserved(project) == Decimal("0.02")
    [other] = stored_texts(project, "two")
    assert taken(everything, (other, "Ana", "yes"), (item, "Ana", "yes")) == [
        "This person is paused at the question. Let them continue first.",
        None,
    ]
    worker_rules.resume(everything, ana, manager)
    assert slots(everything, item) == (2, 2, 0, 0) and reserved(project) == 0


def test_finished_labels_settle_the_label_and_nobody_is_asked(everything, project, annotator):
    new, asked = stored_texts(project, "one", "two")
    queue.create_tasks(everything, [asked])
    assert taken(everything, (new, "", "no"), (asked, "", "yes"), how="labels") == [None, None]
    assert slots(everything, new) == (0, 0, 0, 0) and slots(everything, asked) == (0, 0, 0, 0)
    assert not queue.next_tasks(everything, annotator) and reserved(project) == 0
    assert not batches.plannable(everything).exists()
    assert Batch.objects.get(tasks__item=new).state == "closed"
    computation.refresh(everything)
    assert set(Label.objects.values_list("item", "value", "decided", "probability", "answers", "imported")) == {
        (new.pk, "no", True, 1.0, 0, 1),
        (asked.pk, "yes", True, 1.0, 0, 1),
    }
    author = Answer.objects.filter(decision=True, imported=True).values_list("worker__first_name", flat=True)
    assert set(author) == {"old.csv"}
    assert taken(everything, (new, "", "no"), how="labels") == [None]
    assert taken(everything, (new, "", "yes"), how="labels") == ["The item has another label of this source already."]
    # A later file may correct it, because its author is another source.
    assert taken(everything, (new, "", "yes"), how="labels", source="corrected.csv") == [None]
    computation.refresh(everything)
    assert Label.objects.get(item=new).value == "yes"


def test_finished_labels_are_in_versions_although_they_rest_on_no_answers(planned, project):
    items = stored_texts(project, *(f"text {number}" for number in range(40)))
    taken(planned, *((item, "", "yes") for item in items), how="labels")
    computation.refresh(planned)
    content = versions.build(planned)
    assert len(content["items"]) == 40 and {one["imported"] for one in content["items"]} == {1}
    version, _ = versions.freeze(planned, content, None)
    assert version.imported_count == 40


def test_a_finished_label_leaves_the_person_who_holds_the_item_alone(everything, project, annotator):
    [item] = stored_texts(project, "one")
    queue.create_tasks(everything, [item])
    [held] = queue.next_tasks(everything, annotator)
    taken(everything, (item, "", "yes"), how="labels")
    assert slots(everything, item) == (1, 0, 0, 0)
    queue.submit(project, held.task_id, annotator, uuid.uuid4(), "no")
    assert slots(everything, item) == (1, 1, 0, 0)


def test_a_finished_label_settles_a_review_that_waits(everything, project):
    [item] = stored_texts(project, "one")
    taken(everything, (item, "Ana", "yes"), (item, "Ben", "no"))
    review.send_to_review(Task.objects.all(), ReviewTrigger.DISAGREEMENT)
    taken(everything, (item, "", "no"), how="labels")
    assert Review.objects.get().decision.value == "no" and not review.waiting(everything).exists()


def test_labels_as_gold_are_added_at_once_and_recorded_once(everything, project, annotator):
    new, asked, answered = stored_texts(project, "one", "two", "three")
    queue.create_tasks(everything, [asked, answered])
    taken(everything, (answered, "Ana", "yes"))
    rows = [(new, "", "yes"), (asked, "", "no"), (answered, "", "no"), (new, "", "yes"), (new, "", "no")]
    reasons = taken(everything, *rows, how="gold")
    assert reasons[:2] == [None, None] and "answered" in reasons[2]
    assert reasons[3] is None and "another answer" in reasons[4]
    known = Task.objects.filter(purpose=Purpose.GOLD)
    assert set(known.values_list("item", "gold__value", "batch", "open_slots")) == {
        (new.pk, "yes", None, 1),
        (asked.pk, "no", None, 1),
    }
    assert reserved(project) == Decimal("0.02")  # of the item that was answered once
    assert taken(everything, (new, "", "yes"), how="gold") == [None] and Gold.objects.count() == 2
    assert AuditEntry.objects.filter(action="imported gold items").count() == 1


def test_times_and_seconds_are_kept(planned, project, manager):
    [item] = stored_texts(project, "one")
    rows = [
        (item.pk, RawAnswer("Ana", "yes", "2024-05-01 12:30", 3.25)),
        (item.pk, RawAnswer("Ben", "yes", "2999-01-01")),
        (item.pk, RawAnswer("Cleo", "yes", "soon")),
        (item.pk, RawAnswer("Dan", "yes", None, -1)),
        (item.pk, RawAnswer("", "yes")),
        (item.pk, RawAnswer("E\x00", "yes")),
        (item.pk, RawAnswer("F" * 151, "yes")),
        (item.pk, RawAnswer("Gil", "maybe")),
    ]
    reasons = take_in(project, planned, manager, rows, "answers", "old.csv")
    answer = Answer.objects.get()
    assert (answer.created_at, answer.active_ms) == (datetime(2024, 5, 1, 12, 30, tzinfo=UTC), 3250)
    assert reasons == [
        None,
        "The time 2999-01-01 00:00 lies in the future.",
        "“soon” is not a time such as 2024-05-01 12:30.",
        "How many seconds an answer took is a number from 0 on.",
        "The person who answered has no name.",
        "The name of a person holds control characters.",
        "The name of a person has at most 150 characters.",
        "“maybe” is none of the choices: yes, no.",
    ]


def test_slots_hold_whatever_happens_in_between(everything, project, manager):
    """Over random histories of leases, answers, returns and imports, no task has more or fewer slots than it should."""
    luck = random.Random(7)
    items = stored_texts(project, *(f"text {number}" for number in range(6)))
    queue.create_tasks(everything, items[:4])
    people = [make.user() for _ in range(4)]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    held: list[tuple] = []
    for step in range(120):
        what = luck.random()
        if what < 0.4:
            person = luck.choice(people)
            held += [(person, task.task_id) for task in queue.next_tasks(everything, person, 1)]
        elif what < 0.6 and held:
            person, task = held.pop(luck.randrange(len(held)))
            try:
                queue.submit(project, task, person, uuid.uuid4(), "yes")
            except Refused:
                pass
        elif what < 0.7 and held:
            person, task = held.pop(luck.randrange(len(held)))
            try:
                queue.give_back(project, task, person)
            except Refused:
                pass
        elif what < 0.95:
            chosen = luck.sample(items, 2)
            taken(everything, *((item, f"person {luck.randrange(3)} {step}", "no") for item in chosen))
        else:
            taken(everything, (luck.choice(items), "", "yes"), how="labels", source=f"file {step}")
        for task in Task.objects.annotate(slack=F("overlap") - F("answer_count") - F("open_slots") - F("unfunded")):
            assert task.slack == task.assignments.filter(state="held").count()
            assert task.answer_count == task.assignments.filter(state="answered").count()
        out = sum(task.open_slots for task in Task.objects.filter(batch__state="open"))
        in_hands = everything.tasks.filter(assignments__state="held").count()
        assert reserved(project) == (out + in_hands) * everything.price
