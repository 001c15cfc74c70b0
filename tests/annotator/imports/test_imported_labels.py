"""Labels and answers that a file brings along: whose they are, what they cost, and what is asked after them."""

import pytest

from annotator.models import Answer, Gold
from annotator.models.job import JobState
from datasets.labels import computation
from datasets.models import Label
from tests import make
from tests.annotator.imports.files import imported

ANSWERED = (
    "id,text,annotator,label,time\n1,first,Ann,yes,2026-01-02\n1,first,Bo,no,2026-01-03\n2,second,Ann,yes,2026-01-02\n"
)


@pytest.fixture
def asked(project):
    return make.question(project, kind="choice", config={"choices": ["yes", "no"]}, overlap=2, test_overlap=2)


@pytest.mark.django_db
def test_answers_of_a_file_belong_to_the_people_it_names_and_cost_nothing(project, manager, asked):
    found = imported(project, manager, "a.csv", ANSWERED, question=asked.pk)
    assert found.job.state == JobState.DONE, found.job.error
    assert (found.counts["new"], found.counts["answers"], found.counts["rejected"]) == (2, 3, 0)
    answers = Answer.objects.filter(task__question=asked).select_related("worker", "task__item")
    assert {(one.worker.display_name, one.task.item.external_id, one.value, one.imported) for one in answers} == {
        ("Ann", "1", "yes", True),
        ("Bo", "1", "no", True),
        ("Ann", "2", "yes", True),
    }
    assert {str(one.created_at.date()) for one in answers} == {"2026-01-02", "2026-01-03"}
    assert [(task.item.external_id, task.open_slots) for task in asked.tasks.order_by("item__external_id")] == [
        ("1", 0),
        ("2", 1),
    ]
    again = imported(project, manager, "a.csv", ANSWERED, question=asked.pk)
    assert answers.count() == 3 and again.counts["new"] == 0
    computation.refresh(asked)
    assert Label.objects.get(question=asked, item__external_id="2").value == "yes"


@pytest.mark.django_db
def test_a_file_of_answers_names_items_that_are_here(project, manager, asked):
    imported(project, manager, "items.csv", "id,text\n1,first\n2,second\n")
    content = "item,worker,label,time\n1,Ann,yes,2026-01-02T10:00:00Z\n2,Ann,no,\n3,Ann,no,\n2,Bo,maybe,\n"
    found = imported(project, manager, "answers.csv", content, question=asked.pk, columns={"item": "external_id"})
    assert (found.counts["new"], found.counts["answers"], found.counts["rejected"]) == (0, 2, 2)
    reasons = {row.number: row.reason for row in found.rejected_rows.all()}
    assert "no item “3”" in reasons[4] and "maybe" in reasons[5] and "yes" in reasons[5]


@pytest.mark.django_db
def test_finished_labels_settle_their_items_and_nobody_is_asked(project, manager, asked):
    imported(
        project, manager, "a.csv", "id,text,label\n1,first,Yes\n2,second,no\n", question=asked.pk, answers_as="labels"
    )
    computation.refresh(asked)
    assert {(label.item.external_id, label.value) for label in Label.objects.filter(question=asked)} == {
        ("1", "yes"),
        ("2", "no"),
    }
    assert sum(asked.tasks.values_list("open_slots", flat=True)) == 0


@pytest.mark.django_db
def test_known_answers_become_gold(project, manager, asked):
    found = imported(
        project, manager, "a.csv", "id,text,label\n1,first,yes\n2,second,no\n", question=asked.pk, answers_as="gold"
    )
    assert found.counts["answers"] == 2
    assert set(Gold.objects.filter(task__question=asked).values_list("value", flat=True)) == {"yes", "no"}
    assert Answer.objects.count() == 0


@pytest.mark.django_db
def test_a_check_stores_no_answer(project, manager, asked):
    from annotator.intake.imports import requests
    from tests.annotator.imports.files import begun

    found = begun(project, manager, "a.csv", ANSWERED)
    requests.choose(found, {"columns": found.mapping["columns"], "question": asked.pk})
    requests.start(found, manager, check_only=True)
    make.run_jobs()
    found.refresh_from_db()
    assert found.counts["checked"]["answers"] == 3 and not Answer.objects.exists() and not project.items.exists()
