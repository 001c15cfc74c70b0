"""Who is surely under the bar on gold items is paused. Their answers are excluded, and a manager may let them go on."""

import random
import uuid

import pytest
from django.db.models import F

from annotator import queue
from annotator.models import Answer, AnswerCheck, Assignment, Purpose, Role, Task, WorkerStatus
from annotator.quality import answer_checks, surely_under, wilson, worker_rules
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.models import Label
from tests import make
from tests.annotator import gold_items
from tests.annotator.gold_items import known, standing, work
from workers.budget import ledger
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(question):
    return gold_items.mix_in(question)


def test_who_is_surely_under_the_bar_is_paused_and_their_answers_are_excluded(mixed, annotator):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    person = standing(mixed, annotator)
    assert person.state == "paused" and "0 of 4" in person.reason
    assert not Assignment.objects.filter(worker=annotator, state="held").exists()
    aside = Assignment.objects.filter(worker=annotator, state="excluded")
    assert aside.count() == Answer.objects.count() > 4, "known ones, too: nothing tells them apart afterwards"
    for task in Task.objects.filter(assignments__in=aside, purpose="work"):
        assert (task.answer_count, task.open_slots) == (0, task.overlap)


def test_their_tasks_are_asked_again_but_not_of_them(mixed, annotator, project):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    for _ in range(2):
        other = make.user()
        make.member(project, other, Role.ANNOTATOR)
        work(mixed, other, lambda task: "yes")
    assert set(Task.objects.filter(purpose="work").values_list("answer_count", "open_slots")) == {(2, 0)}
    with pytest.raises(Refused, match="paused"):
        queue.next_tasks(mixed, annotator)


def test_what_was_excluded_counts_no_more_but_is_kept_and_paid(mixed, annotator):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    before = Answer.objects.count()
    computation.compute(mixed)
    assert not Label.objects.exists() and Answer.objects.count() == before
    assert ledger.balances(mixed.project)["answers"] == before * mixed.price


def test_where_the_rule_says_so_the_money_comes_back_and_goes_again_with_the_overruling(mixed, annotator, manager):
    mixed.pay_excluded = False
    mixed.save()
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert ledger.balances(mixed.project)["answers"] == 0
    counted = worker_rules.resume(mixed, annotator, manager)
    assert counted > 0 and ledger.balances(mixed.project)["answers"] == Answer.objects.count() * mixed.price
    worker_rules.pause(mixed, annotator, "again", manager)
    assert ledger.balances(mixed.project)["answers"] == 0
    assert Entry.objects.filter(kind="correction").count() == 3 * counted
    assert sum(ledger.balances(mixed.project).values()) == 0


def test_who_is_let_go_on_is_measured_from_the_beginning(mixed, annotator, manager):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    worker_rules.resume(mixed, annotator, manager)
    assert (standing(mixed, annotator).gold_right, standing(mixed, annotator).gold_total) == (0, 0)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    again = standing(mixed, annotator)
    assert again.state == "paused" and "0 of 4" in again.reason


def test_a_qualification_that_is_overruled_leaves_the_gold_threshold_active(mixed, annotator, manager):
    random.seed(5)
    tests = known(mixed, 2, Purpose.QUALIFICATION)
    work(mixed, annotator, lambda task: "no")
    assert standing(mixed, annotator).state == "paused"
    worker_rules.resume(mixed, annotator, manager)
    work(mixed, annotator, lambda task: "no" if task in mixed.known | tests else "yes")
    again = standing(mixed, annotator)
    assert again.state == "paused" and "0 of 4" in again.reason


def test_an_overruling_never_exceeds_the_overlap(mixed, annotator, manager, project):
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    for _ in range(2):
        other = make.user()
        make.member(project, other, Role.ANNOTATOR)
        work(mixed, other, lambda task: "yes")
    worker_rules.resume(mixed, annotator, manager)
    again = Assignment.objects.filter(worker=annotator, state="answered")
    assert not again.exists(), (
        "the places of their work are taken, and gold that counted again alone would be told by it"
    )
    assert all(task.answer_count <= task.overlap for task in Task.objects.filter(purpose="work"))


def test_a_good_person_with_bad_luck_stays():
    assert not surely_under(3, 5, bar=0.7, minimum=4)
    assert not surely_under(0, 3, bar=0.7, minimum=4)
    assert surely_under(0, 4, bar=0.7, minimum=4)


def test_the_interval_keeps_its_promise():
    """Over many simulated people, 95 of 100 intervals hold the accuracy they came from."""
    luck = random.Random(11)
    for accuracy, total in ((0.6, 10), (0.9, 20), (0.97, 30)):
        held = 0
        for _ in range(2000):
            low, high = wilson(sum(luck.random() < accuracy for _ in range(total)), total)
            held += low <= accuracy <= high
        assert 0.91 < held / 2000 < 0.99, (accuracy, total)


@pytest.mark.parametrize(("right", "total", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_counts_that_cannot_be_are_refused(right, total, level):
    with pytest.raises(ValueError, match="must be"):
        wilson(right, total, level)


def test_consequences_a_dead_process_left_undrawn_are_drawn(mixed, annotator, monkeypatch):
    random.seed(5)
    with monkeypatch.context() as patch:
        patch.setattr(worker_rules, "apply_rules", lambda standing: None)
        work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert standing(mixed, annotator).state == "working"
    for one in worker_rules.unjudged():
        worker_rules.apply_rules(one)
    assert standing(mixed, annotator).state == "paused"


def test_the_pages_make_an_item_known_and_overrule(mixed, annotator, client, manager):
    client.force_login(manager)
    base = f"/projects/{mixed.project_id}/questions/{mixed.pk}/quality/"
    item = Task.objects.filter(purpose="work").first().item_id
    assert client.post(f"{base}known/", {"item": item, "value": '"maybe"'}).status_code == 400
    assert client.post(f"{base}known/", {"item": item, "value": '"no"', "purpose": "gold"}).status_code == 302
    random.seed(5)
    work(mixed, annotator, lambda task: "no" if task in mixed.known else "yes")
    assert "Paused" in client.get(base).content.decode()
    assert client.post(f"{base}people/{annotator.pk}/", {"paused": "0"}).status_code == 302
    assert standing(mixed, annotator).overruled
    rules = {
        "gold_rate": 10, "gold_bar": 60, "qualification_bar": 80, "review_agreement": 50, "review_confidence": 0,
        "change_minutes": 30,
        "gold_minimum": 6, "pay_excluded": "on", "most_overlap": 8, "label_worth": 50, "instructions": "Look twice.",
    }  # fmt: skip
    assert client.post(base, rules).status_code == 302
    mixed.refresh_from_db()
    assert (mixed.gold_rate, mixed.gold_bar, mixed.gold_minimum) == (0.1, 0.6, 6)
    assert client.post(base, rules | {"gold_rate": 90}).status_code == 400


@pytest.mark.parametrize("purpose", ["qualification", "work"])
def test_an_answer_that_cannot_be_compared_holds_up_no_other(mixed, annotator, monkeypatch, caplog, purpose):
    for task in queue.next_tasks(mixed, annotator, 3):
        queue.submit(mixed.project, task.task_id, annotator, uuid.uuid4(), "yes")
    Task.objects.filter(answers__isnull=False).update(purpose=purpose, overlap=F("answer_count") + 2, open_slots=2)
    Task.objects.filter(answers__isnull=False).update(answer_count=F("overlap"), open_slots=0)
    first = AnswerCheck.objects.order_by("pk").first().answer_id
    compare = answer_checks.check_answer

    def broken(answer_id):
        if answer_id == first:
            raise ZeroDivisionError
        return compare(answer_id)

    def broken_together(tasks):
        raise ZeroDivisionError

    monkeypatch.setattr(answer_checks, "check_answer", broken)
    monkeypatch.setattr(answer_checks, "ask_review_where_answers_disagree", broken_together)
    assert answer_checks.check_answers() == 3 and answer_checks.check_answers() == 0
    assert str(first) in caplog.text and not AnswerCheck.objects.exists()


def test_the_api_pauses_a_person_and_lets_them_go_on(mixed, annotator, manager, api):
    WorkerStatus.objects.get_or_create(question=mixed, worker=annotator)
    address = f"/api/v1/projects/{mixed.project_id}/questions/{mixed.pk}/statuses/{annotator.username}/"
    for exclude in (True, False):
        said = api(manager).patch(
            address, {"paused": True, "reason": "Look again.", "exclude_answers": exclude}, format="json"
        )
        assert said.status_code == 200 and said.json()["state"] == "paused"
        assert WorkerStatus.objects.get(question=mixed, worker=annotator).reason == "Look again."
        said = api(manager).patch(address, {"paused": False}, format="json")
        assert said.status_code == 200 and said.json()["state"] == "working"
