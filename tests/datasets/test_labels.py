"""Labels from answers."""

import pytest

from annotator import queue
from annotator.models import Role
from datasets import labels
from datasets.models import Aggregation, Label
from datasets.tasks import refresh_labels
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
    labels.compute(question)
    assert Label.objects.count() == 10
    assert min(Label.objects.values_list("probability", flat=True)) > 0.9
    assert (
        set(Label.objects.values_list("simulated", flat=True)) <= {0, 1} and Label.objects.filter(simulated=1).exists()
    )


def test_they_are_computed_when_answers_have_come_in_and_not_before(question, people):
    refresh_labels()
    assert not Aggregation.objects.exists()
    make.labelled_items(question, 3, 2, people)
    assert labels.stale() == [question]
    refresh_labels()
    assert labels.stale() == [] and Label.objects.count() == 5


def test_computing_again_changes_no_count(question, people):
    make.labelled_items(question, 3, 2, people)
    for _ in range(2):
        labels.compute(question)
    assert Label.objects.count() == 5 and Aggregation.objects.count() == 1


def test_a_question_without_answers_has_no_label(question):
    make.items(question.project, 3)
    assert labels.compute(question).answers == 0 and not Label.objects.exists()


def test_the_page_shows_the_least_sure_first_and_who_answered(question, people, client, manager):
    make.labelled_items(question, 5, 3, people)
    labels.compute(question)
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
