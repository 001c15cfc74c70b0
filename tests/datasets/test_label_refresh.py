"""Labels follow the answers: each answer marks its item, and one job a question brings its labels up to the marks."""

import threading
import time
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotator.models import Job, Role
from annotator.quality import review, worker_rules
from datasets import jobs
from datasets.labels import computation, model_votes
from datasets.models import Aggregation, Label, StaleLabel
from tests import make


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(3)]
    for person in made:
        make.member(project, person, Role.ANNOTATOR)
    return made


def stale(question) -> set[int | None]:
    return set(StaleLabel.objects.filter(question=question).values_list("item", flat=True))


@pytest.mark.django_db
def test_an_answer_marks_the_item_it_is_about(question, people):
    assert stale(question) == set()
    [train, test] = make.labelled_items(question, 1, 1, people)
    assert stale(question) == {train.pk, test.pk}


@pytest.mark.django_db
def test_what_changes_the_weight_of_answers_marks_the_whole_question(question, people, manager):
    items = make.labelled_items(question, 3, 0, people)
    computation.refresh(question)
    model_votes.store_votes(question, "net", {items[0].pk: "yes"}, manager)
    assert stale(question) == {None}
    computation.refresh(question)
    assert stale(question) == set()
    worker_rules.pause(question, people[0], "paused by a test", manager, exclude_answers=True)
    assert None in stale(question)


@pytest.mark.django_db
def test_a_decision_marks_its_item(question, people, manager):
    [item] = make.labelled_items(question, 1, 0, people)
    computation.refresh(question)
    asked = review.ask_by_hand(question.project, question.tasks.get(item=item).pk, manager)
    review.next_review(question, manager)
    review.decide(question.project, asked.pk, manager, uuid.uuid4(), "no", "seen again")
    assert item.pk in stale(question)
    computation.refresh(question)
    assert Label.objects.get(item=item).value == "no" and stale(question) == set()


@pytest.mark.django_db
def test_each_question_with_new_answers_gets_one_job_and_no_other_does(question, people, manager):
    other = make.question(make.project(manager, name="Dogs"))
    idle = make.question(make.project(manager, name="Birds"))
    for person in people:
        make.member(other.project, person, Role.ANNOTATOR)
    assert jobs.ask_refreshes() == 0
    make.labelled_items(question, 2, 1, people)
    make.labelled_items(other, 2, 1, people)
    assert jobs.ask_refreshes() == 2
    assert jobs.ask_refreshes() == 0, "both wait already"
    asked = Job.objects.filter(kind="refresh-labels").values_list("arguments__question", flat=True)
    assert set(asked) == {question.pk, other.pk} and not Job.objects.filter(project=idle.project).exists()
    make.run_jobs()
    assert Label.objects.filter(question=question).count() == Label.objects.filter(question=other).count() == 3
    assert jobs.ask_refreshes() == 0, "nothing is new"
    make.labelled_items(question, 1, 0, people)
    assert jobs.ask_refreshes() == 1
    assert Job.objects.filter(kind="refresh-labels").count() == 2, "a question keeps its row"
    make.run_jobs()
    assert Label.objects.filter(question=question).count() == 4


@pytest.mark.django_db
def test_asking_reads_no_answers(question, people):
    make.labelled_items(question, 4, 2, people)
    with CaptureQueriesContext(connection) as captured:
        jobs.ask_refreshes()
    statements = [one["sql"] for one in captured]
    assert statements and not [one for one in statements if "annotator_answer" in one or "annotator_task" in one]


@pytest.mark.django_db
def test_a_question_that_fails_does_not_hold_the_others_up_and_rests(question, people, manager, monkeypatch):
    other = make.question(make.project(manager, name="Dogs"))
    for person in people:
        make.member(other.project, person, Role.ANNOTATOR)
    make.labelled_items(question, 2, 1, people)
    make.labelled_items(other, 2, 1, people)
    computed = computation.refresh
    monkeypatch.setattr(
        computation, "refresh", lambda one, step: 1 / 0 if one.pk == question.pk else computed(one, step)
    )
    jobs.ask_refreshes()
    make.run_jobs()
    assert Label.objects.filter(question=other).exists() and not Label.objects.filter(question=question).exists()
    assert Job.objects.get(arguments__question=question.pk).state == "failed"
    assert jobs.ask_refreshes() == 0, "it rests"
    Job.objects.update(ended_at="2020-01-01T00:00Z")
    monkeypatch.setattr(computation, "refresh", computed)
    assert jobs.ask_refreshes() == 1
    make.run_jobs()
    assert Label.objects.filter(question=question).exists() and stale(question) == set()


@pytest.mark.django_db
def test_a_short_refresh_is_not_shown_as_work_and_a_long_one_is(question, people, client, manager):
    make.labelled_items(question, 2, 1, people)
    jobs.ask_refreshes()
    client.force_login(manager)
    page = f"/projects/{question.project_id}/jobs/"
    assert b"Labels of" not in client.get(page).content
    Job.objects.update(state="running", started_at="2020-01-01T00:00Z")
    assert b"Labels of" in client.get(page).content


@pytest.mark.django_db(transaction=True)
def test_labels_are_learned_outside_any_transaction(question, people, monkeypatch):
    make.labelled_items(question, 2, 1, people)
    believe, inside = computation.aggregate, []

    def watched(*given):
        inside.append(connection.in_atomic_block)
        return believe(*given)

    monkeypatch.setattr(computation, "aggregate", watched)
    computation.refresh(question)
    assert inside == [False] and Label.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_while_labels_are_computed_stays_marked(question, people, monkeypatch):
    make.labelled_items(question, 2, 0, people)
    believe, late = computation.aggregate, []

    def meanwhile(*given):
        if not late:
            late.extend(make.labelled_items(question, 1, 0, people))
        return believe(*given)

    monkeypatch.setattr(computation, "aggregate", meanwhile)
    computation.refresh(question)
    assert Label.objects.count() == 2 and stale(question) == {late[0].pk}
    computation.refresh(question)
    assert Label.objects.count() == 3 and stale(question) == set()


@pytest.mark.django_db(transaction=True)
def test_two_computations_of_a_question_never_run_at_once(question, people, monkeypatch):
    make.labelled_items(question, 2, 1, people)
    at_work, most, believe = [], [], computation.aggregate
    entered = threading.Event()

    def slow(*given):
        at_work.append(1)
        most.append(len(at_work))
        entered.set()
        time.sleep(0.5)
        try:
            return believe(*given)
        finally:
            at_work.pop()

    monkeypatch.setattr(computation, "aggregate", slow)
    waited: list[str] = []

    def run(compute, *more):
        try:
            compute(question, *more)
        finally:
            connection.close()

    first = threading.Thread(target=run, args=(computation.compute,))
    first.start()
    assert entered.wait(10)
    assert computation.refresh(question) is None, "a refresh leaves it to the computation that is at work"
    second = threading.Thread(target=run, args=(computation.compute, waited.append))
    second.start()
    first.join()
    second.join()
    assert max(most) == 1 and len(most) == 2 and any("another" in said for said in waited)
    assert Aggregation.objects.count() == 1 and stale(question) == set()


@pytest.mark.django_db(transaction=True)
def test_a_computation_that_fails_gives_the_question_free(question, people, monkeypatch):
    make.labelled_items(question, 2, 1, people)
    believe = computation.aggregate
    monkeypatch.setattr(computation, "aggregate", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        computation.compute(question)
    monkeypatch.setattr(computation, "aggregate", believe)
    done = threading.Thread(target=lambda: (computation.compute(question), connection.close()))
    done.start()
    done.join(20)
    assert Label.objects.count() == 3
