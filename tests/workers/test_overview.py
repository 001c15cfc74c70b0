"""The sentence a manager came for."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from annotator import queue
from annotator.models import Answer, WorkerStatus
from datasets.models import Version
from tests import make
from workers.phases import pace
from workers.training import chart, outlook
from workers.training.models import TrainingRun
from workers.training.sentences import summarise

POINTS = [
    {
        "version": number,
        "run": number,
        "size": size,
        "error": error,
        "errors": [0.97 * error, error, 1.03 * error],
        "runs": 3,
        "cost": "1",
        "test_count": 2000,
        "guess_error": 0.9,
    }
    for number, (size, error) in enumerate([(20, 0.5), (60, 0.3), (180, 0.17), (540, 0.1), (1600, 0.06)], start=1)
]


@pytest.fixture
def ahead(question):
    return outlook.look_ahead(question, POINTS)


@pytest.mark.django_db
def test_it_says_where_we_are_and_what_100_dollars_buy(ahead):
    found = summarise(ahead, POINTS, None, "USD")
    assert found.before == "The error is 6.0%. The next " and found.money == "$100.00"
    assert "should bring it to about" in found.after and "80% probability" in found.lead
    assert any("2 answers" in text for _, text in found.notes)


@pytest.mark.django_db
def test_it_names_the_goal_when_it_is_reached_or_passed(ahead, question):
    assert ", past your goal of 5.5%" in summarise(ahead, POINTS, 0.055, "USD").after
    assert summarise(ahead, POINTS, ahead["next"]["error"], "USD").after.endswith(", your goal.")


@pytest.mark.django_db
def test_it_says_when_a_goal_is_unlikely(question):
    question.project.goal_error = 0.0001
    flat = [point | {"error": 0.2, "errors": [0.2, 0.2]} for point in POINTS]
    found = summarise(outlook.look_ahead(question, flat), flat, 0.0001, "USD")
    assert "should change little" in found.after
    assert any(head.startswith("The goal is unlikely") for head, _ in found.notes)


@pytest.mark.django_db
@pytest.mark.parametrize("people", [0, 1, 2])
def test_labels_of_one_person_are_called_so_with_the_price_of_a_check(question, people):
    for number in range(people):
        WorkerStatus.objects.create(question=question, worker=make.user(f"one {number}"), answers=9)
    for points in (POINTS, POINTS[:2]):  # with a forecast, and without
        found = summarise(outlook.look_ahead(question, points), points, None, "USD")
        said = [text for head, text in found.notes if head == "One person's word."]
        assert len(said) == (people == 1)
        assert all("answers to 20 of the items show it, for $0.40." in text for text in said)


def test_without_a_model_it_says_what_to_do():
    assert "Freeze a version" in summarise({}, [], None, "USD").lead


@pytest.mark.django_db
def test_with_two_versions_there_is_no_forecast(question):
    found = summarise(outlook.look_ahead(question, POINTS[:2]), POINTS[:2], None, "USD")
    assert "No forecast yet" in found.lead and not found.money
    small = [point | {"size": size} for point, size in zip(POINTS[:2], (9, 18), strict=True)]
    said = summarise(outlook.look_ahead(question, small), small, None, "USD").lead
    assert said.endswith("A version of 32 training labels makes them.")


@pytest.mark.django_db
def test_free_answers_have_no_next_dollar(question):
    question.price = 0
    assert "cost nothing" in summarise(outlook.look_ahead(question, POINTS), POINTS, None, "USD").lead


@pytest.mark.django_db
@pytest.mark.parametrize(
    "errors", [[0.5, 0.3, 0.17, 0.1, 0.06], [0.3, 0.2, 0.1, 0.01, 0.0], [0.0] * 5, [0.9] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]]
)
@pytest.mark.parametrize("narrow", [True, False])
def test_any_curve_is_drawn_in_the_pages_colours(question, errors, narrow):
    points = [point | {"error": error, "errors": [error]} for point, error in zip(POINTS, errors, strict=True)]
    svg = chart.draw(points, outlook.look_ahead(question, points), 0.05, "EUR", narrow=narrow)
    assert svg.startswith("<svg") and 'role="img"' in svg and "style=" not in svg and "#0" not in svg
    assert "s-accent" in svg and "EUR" in svg and "error on the test set" in svg
    import xml.etree.ElementTree as tree

    tree.fromstring(svg)


@pytest.mark.django_db
def test_the_page_carries_accuracy_and_spending(question, manager, client):
    from annotator import jobs

    version = Version.objects.create(
        project=question.project,
        question=question,
        number=1,
        sha256="0" * 64,
        test_sha256="1" * 64,
        train_count=10,
        test_count=400,
        answer_count=30,
    )
    job = jobs.submit(question.project, "train", "t", "c")
    TrainingRun.objects.create(
        version=version,
        job=job,
        network="picture-cnn",
        train_size=10,
        labels_cost=1,
        error=0.03,
        precision=0.9,
        recall=0.9,
        result={"guess_error": 0.5},
    )
    outlook.update(question)
    client.force_login(manager)
    page = client.get(f"/projects/{question.project_id}/").content.decode()
    assert "3.0" in page and "Against the crowd" in page and "$0.00" in page and "<svg" in page


@pytest.mark.django_db
def test_an_empty_project_leads_to_its_next_step(project, manager, client):
    client.force_login(manager)
    address = f"/projects/{project.pk}/"
    assert b"Add a question" in client.get(address).content
    make.question(project)
    assert b"Import items" in client.get(address).content


@pytest.mark.django_db
def test_a_lucky_last_test_never_makes_the_next_dollar_look_harmful(question):
    lucky = [
        point | {"error": error, "errors": [error], "test_count": 100}
        for point, error in zip(POINTS, [0.5, 0.3, 0.2, 0.15, 0.05], strict=True)
    ]
    found = summarise(outlook.look_ahead(question, lucky), lucky, None, "USD")
    assert "should change little" in found.after and "probably lucky" in found.lead


def test_the_next_week_and_the_money_count_weekends(project, manager, monkeypatch):
    """A crowd that works on weekdays, seen for two weeks: a week has five such days."""
    asked = make.question(project, overlap=1, test_overlap=1)
    person = make.user()
    make.member(project, person, "annotator")
    make.items(project, 60)
    now = datetime(2026, 3, 16, 1, tzinfo=UTC)  # a Monday
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    days = [now - timedelta(days=n) for n in range(1, 15) if (now - timedelta(days=n)).weekday() < 5]
    asked.batches.update(opened_at=days[-1])
    tasks = iter(asked.tasks.order_by("pk")[:40])
    field = Answer._meta.get_field("created_at")
    monkeypatch.setattr(field, "auto_now_add", False)
    for day in days:
        for hour in range(9, 13):
            moment = day.replace(hour=hour)
            Answer.objects.create(
                id=uuid.uuid4(), task=next(tasks), worker=person, value="yes", active_ms=4000, created_at=moment
            )
    found = pace.last_week(project)
    assert found.answers == pytest.approx(20 / 7) and found.days == 5
    left = replace(queue.progress(asked), answers_wanted=10_000)
    week = pace.next_week(asked, found, None, left)
    assert 16 <= week["answers"] <= 24 and week["least"] < week["answers"] < week["most"]
