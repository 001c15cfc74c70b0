"""Labels from answers: when they are computed, what they show, and what is learned of people."""

import uuid

import pytest

from annotator import queue
from annotator.models import Role
from datasets.labels import computation
from datasets.models import Aggregation, Label, StaleLabel
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(project):
    made = [make.user() for _ in range(3)]
    for number, person in enumerate(made):
        make.member(project, person, Role.ANNOTATOR, simulated=number == 0)
    return made


def test_agreement_becomes_a_sure_label(question, people):
    make.labelled_items(question, 6, 4, people)
    computation.compute(question)
    assert Label.objects.count() == 10
    assert min(Label.objects.values_list("probability", flat=True)) > 0.9
    assert (
        set(Label.objects.values_list("simulated", flat=True)) <= {0, 1} and Label.objects.filter(simulated=1).exists()
    )


def test_computing_again_changes_no_count(question, people):
    make.labelled_items(question, 3, 2, people)
    for _ in range(2):
        computation.compute(question)
    assert Label.objects.count() == 5 and Aggregation.objects.count() == 1


def test_a_question_without_answers_has_no_label(question):
    make.items(question.project, 3)
    assert computation.compute(question).answers == 0 and not Label.objects.exists()


def test_the_page_shows_the_least_sure_first_and_who_answered(question, people, client, manager):
    make.labelled_items(question, 5, 3, people)
    computation.compute(question)
    client.force_login(manager)
    response = client.get(f"/projects/{question.project_id}/labels/")
    shown = [label.probability for label in response.context["page"]]
    assert shown == sorted(shown) and len(response.context["answerers"]) == 3
    assert b"simulated" in response.content


def test_the_job_computes_them(question, people):
    from datasets import jobs

    make.labelled_items(question, 2, 2, people)
    job = jobs.ask_labels(question)
    make.run_jobs()
    job.refresh_from_db()
    assert job.result["answers"] == queue.progress(question).answers == 10


def test_known_items_show_who_is_right(question, people, manager):
    """Two people against one: the one whose known answers are right is believed."""
    from annotator.models import Purpose
    from annotator.quality import gold

    known = make.items(question.project, 12)
    for item in known:
        gold.add(question, manager, item, "yes", Purpose.GOLD)
    from datasets.labels.aggregate import AnswerRow, aggregate

    rows = [AnswerRow(item.pk, person, "yes" if person == 1 else "no", False) for item in known for person in (1, 2, 3)]
    rows += [AnswerRow(-1, 1, "yes", False), AnswerRow(-1, 2, "no", False), AnswerRow(-1, 3, "no", False)]
    config = question.config
    without = {label.item: label.value for label in aggregate("choice", config, rows, {}).labels}
    told = {
        label.item: label.value
        for label in aggregate("choice", config, rows, {item.pk: "yes" for item in known}).labels
    }
    assert without[-1] == "no" and told[-1] == "yes"


# In between


def test_in_between_only_what_changed_is_looked_at_again(question, people, monkeypatch):
    monkeypatch.setattr(computation, "FEW", 0)
    monkeypatch.setattr(computation, "REST", 10**6)
    make.labelled_items(question, 20, 4, people)
    whole = computation.compute(question)
    before = dict(Label.objects.values_list("item", "updated_at"))
    make.labelled_items(question, 2, 1, people)
    found = computation.refresh(question)
    assert Label.objects.count() == 27 and found.full_at == whole.full_at and found.answers == whole.answers + 7
    after = dict(Label.objects.values_list("item", "updated_at"))
    changed = [item for item in before if after[item] != before[item]]
    assert not changed and set(after) > set(before) and not StaleLabel.objects.exists()
    partly = dict(Label.objects.values_list("item", "value"))
    computation.compute(question)
    assert dict(Label.objects.values_list("item", "value")) == partly


def test_many_new_answers_are_learned_from_and_few_are_not(question, people, monkeypatch):
    monkeypatch.setattr(computation, "FEW", 0)
    monkeypatch.setattr(computation, "REST", 0)
    make.labelled_items(question, 60, 5, people[:2])
    first = computation.refresh(question)
    make.labelled_items(question, 1, 0, people[:2])
    assert computation.refresh(question).full_at == first.full_at
    make.labelled_items(question, 20, 0, people[:2])
    assert computation.refresh(question).full_at > first.full_at


# Votes of models


def test_a_model_joins_on_training_items_and_says_nothing_of_test_items(question, people, manager, api):
    make.labelled_items(question, 8, 3, people[:1])
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/model-votes/"
    train = question.project.items.filter(split="train")
    sent = {"model": "net-1", "votes": [{"item": item.pk, "value": "yes"} for item in train]}
    assert api(manager).post(address, sent, format="json").json() == {"stored": 8}
    computation.compute(question)
    assert Aggregation.objects.get().workers and any(one["worker"] == 0 for one in Aggregation.objects.get().workers)
    assert set(Label.objects.filter(item__split="test").values_list("answers", flat=True)) == {1}
    test = question.project.items.filter(split="test").first()
    for wrong in (
        [{"item": test.pk, "value": "yes"}],
        [{"item": train[0].pk, "value": "perhaps"}],
        [{"item": 10**9, "value": "yes"}],
    ):
        reply = api(manager).post(address, {"model": "m", "votes": wrong}, format="json")
        assert reply.status_code == 400 and question.model_votes.filter(model="m").count() == 0


def test_a_model_alone_labels_nothing(question, people, manager):
    from datasets.labels import model_votes

    made = make.items_of_split(question.project, "train", 3)
    model_votes.store_votes(question, "net", {item.pk: "yes" for item in made}, manager)
    computation.compute(question)
    assert not Label.objects.exists()


# What is learned of people


def test_people_have_quality_with_an_interval_agreement_and_a_page(question, people, client, manager, api):
    make.labelled_items(question, 10, 4, people)
    computation.compute(question)
    found = Aggregation.objects.get()
    assert all(one["low"] <= one["accuracy"] <= one["high"] for one in found.workers)
    assert all(one["agreement"] == 1 and one["confusion"] for one in found.workers) and found.agreement["alpha"] == 1
    client.force_login(manager)
    page = client.get(
        f"/projects/{question.project_id}/questions/{question.pk}/people/{people[0].pk}/"
    ).content.decode()
    assert "seems to be right" in page and "$0.28" in page and "What they take for what" in page
    learned = api(manager).get(f"/api/v1/projects/{question.project_id}/questions/{question.pk}/labels/workers/").json()
    assert (
        learned["workers"][0]["username"] in {person.username for person in people}
        and learned["method"] == "communities"
    )


def test_a_person_who_has_not_answered_has_a_page_too(question, people, client, manager):
    client.force_login(manager)
    page = client.get(f"/projects/{question.project_id}/questions/{question.pk}/people/{people[0].pk}/")
    assert page.status_code == 200 and b"has not answered" in page.content


def test_a_label_shows_who_said_what(question, people, client, manager):
    make.labelled_items(question, 2, 1, people)
    computation.compute(question)
    client.force_login(manager)
    label = Label.objects.first()
    page = client.get(f"/projects/{question.project_id}/labels/{label.pk}/").content.decode()
    assert all(person.display_name in page for person in people[: label.answers])


def test_labels_of_answers_that_were_excluded_go_where_a_known_item_was_not_answered(question, people, manager):
    from annotator.models import Purpose
    from annotator.quality import gold, worker_rules

    question.gold_rate = 0  # it is not handed out
    question.save()
    [known, *_] = make.items(question.project, 3)
    gold.add(question, manager, known, "yes", Purpose.GOLD)
    while tasks := queue.next_tasks(question, people[0], 1):
        queue.submit(question.project, tasks[0].task_id, people[0], uuid.uuid4(), "yes")
    computation.compute(question)
    assert Label.objects.count() == 2
    worker_rules.pause(question, people[0], "paused by a test", manager, exclude_answers=True)
    computation.refresh(question)
    assert not Label.objects.exists() and not StaleLabel.objects.exists()
