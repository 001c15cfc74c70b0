"""The pages of trainings: what they show, who may do what, and what a click brings."""

import pytest

from annotator.models import Review
from annotator.models.job import JobState
from annotator.people import permissions
from datasets.models import ModelVote
from tests import make, openapi
from tests.workers.training.setting import frozen, shades
from workers.training import trainings
from workers.training.learning import networks
from workers.training.learning.networks.picture import PictureNetwork
from workers.training.models import Curve, Recommendation, Training

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # each trains


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(PictureNetwork, "passes", (6, 10))


def frozen_with_wrong_labels(question, manager, every=10, count=100, test_wrong=False):
    """Freeze a version in which one label of some is the other class, and people were split about those."""

    def wrong(pairs):
        flip = {"yes": "no", "no": "yes"}
        return [
            (content, flip[label], 0.7) if place % every == every - 1 else (content, label, 0.95)
            for place, (content, label) in enumerate(pairs)
        ]

    test = shades(40, 500)
    return frozen(question, manager, wrong(shades(count)), wrong(test) if test_wrong else test)


def finish() -> None:
    for lane in ("gpu", "gpu", "default"):
        make.run_jobs(lane)


def page(client, project, path: str) -> str:
    response = client.get(f"/projects/{project.pk}/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_a_version_that_nothing_can_learn_from_is_told_and_does_not_lead_back_to_versions(question, manager, as_role):
    client = as_role("manager")
    texts = [(f"Text {number}".encode(), "yes") for number in range(4)]
    mixed = [*shades(8), *texts]
    frozen(question, manager, mixed, shades(6, 500))
    assert not Training.objects.exists()
    for path in ("runs/", ""):
        said = page(client, question.project, path)
        assert "Version 1 is frozen, and no model was trained on it: its items are of several modalities" in said
        assert "Go to versions" not in said and "Freeze a version of the labels, and a model" not in said
    pair = make.question(question.project, kind="choice", config={"choices": ["a", "b"], "several": True, "least": 1})
    frozen(
        pair,
        manager,
        [(content, ["a"]) for content, _ in shades(8)],
        [(content, ["b"]) for content, _ in shades(6, 500)],
    )
    said = page(client, question.project, f"runs/?question={pair.pk}")
    assert "there is no network for questions of this kind about such items" in said


def test_an_empty_project_leads_to_versions(question, as_role):
    assert "Go to versions" in page(as_role("manager"), question.project, "runs/")


def test_runs_are_seen_starting_and_ending_then_comes_the_curve(question, manager, as_role):
    client, project = as_role("manager"), question.project
    version = frozen(question, manager, shades(40), shades(16, 500))
    waiting = page(client, project, "runs/")
    assert "Waits for its turn" in waiting and "every 1s" in waiting and "<svg" not in waiting
    make.run_jobs("gpu")
    begun = page(client, project, "runs/")
    assert begun.count("run-dot waiting") == 7 and "every 1s" in begun and "0 of 7 runs succeeded" in begun
    make.run_jobs("gpu")
    part = client.get(
        f"/projects/{project.pk}/runs/", headers={"HX-Request": "true", "HX-Target": "trainings"}
    ).content.decode()
    assert "<html" not in part and "7 of 7 runs succeeded" in part and "every 1s" in part
    make.run_jobs()
    done = page(client, project, "runs/")
    assert "<svg" in done and "every 1s" not in done and "the next" in done.lower()
    training = version.trainings.get()
    assert "Can it learn at all?" in page(client, project, f"trainings/{training.pk}/")


@pytest.mark.parametrize("address", ["runs/", "trainings/{training}/"])
def test_a_page_that_is_made_while_the_curve_is_stored_asks_again(question, manager, as_role, monkeypatch, address):
    """Otherwise it would show for good that there is no curve: it read that first, and then that nothing is open."""
    client, project = as_role("manager"), question.project
    version = frozen(question, manager, shades(40), shades(16, 500))
    make.run_jobs("gpu")
    make.run_jobs("gpu")

    def ends(function, call):
        calls = []

        def called(*given):
            calls.append(given)
            if len(calls) == call:
                make.run_jobs()  # the curve is stored at this moment
            return function(*given)

        return called

    monkeypatch.setattr(trainings, "networks_for", ends(trainings.networks_for, 1))
    # The first call finds the question; the second fills the page, when the curve is read.
    monkeypatch.setattr(permissions, "questions", ends(permissions.questions, 2))
    path = address.format(training=version.trainings.get().pk)
    made = page(client, project, path)
    assert Curve.objects.filter(question=question).exists() and "every 1s" in made
    assert "every 1s" not in page(client, project, path)


def test_the_run_page_shows_the_four_steps_and_figures(question, manager, as_role):
    client, project = as_role("data_scientist"), question.project
    version = frozen(question, manager, shades(40), shades(16, 500))
    make.run_jobs("gpu")
    run = version.runs.order_by("-train_size").first()
    waiting = page(client, project, f"runs/{run.pk}/")
    assert "waits to be trained on" in waiting and "2. A first look at little data" in waiting
    finish()
    shown = page(client, project, f"runs/{run.pk}/")
    for words in (
        "1. The architecture",
        "3. Training",
        "4. Why it ended",
        "Confusion matrix",
        "Average precision",
        "Calibration",
        networks.title(run.network),
    ):
        assert words in shown, words
    part = client.get(f"/projects/{project.pk}/runs/{run.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "hx-trigger" not in part


def test_doubtful_labels_are_shown_and_sent_to_review_with_one_click(project, manager, as_role):
    person = make.user()
    make.member(project, person, "annotator")
    asked = make.question(project, overlap=1, test_overlap=1)
    version = frozen_with_wrong_labels(asked, manager)
    from annotator import queue
    from annotator.models import Item

    queue.create_tasks(asked, Item.objects.filter(project=project))
    finish()
    training, client = version.trainings.get(), as_role("manager")
    assert training.found["suspect_count"] >= 3
    assert "probably wrong" in page(client, project, f"trainings/{training.pk}/")
    address = f"/projects/{project.pk}/trainings/{training.pk}/review/"
    assert client.post(address).status_code == 302
    sent = Review.objects.count()
    assert sent == training.found["suspect_count"] and set(Review.objects.values_list("trigger", flat=True)) == {
        "model"
    }
    client.post(address)
    assert Review.objects.count() == sent
    flipped = {one["sha256"] for one in training.found["suspects"]}
    assert not Review.objects.exclude(task__item__sha256__in=flipped).exists()


def test_what_models_say_joins_the_answers_of_training_items_only(question, manager, as_role):
    version = frozen(question, manager, shades(40), shades(16, 500))
    finish()
    training = version.trainings.get()
    as_role("manager").post(f"/projects/{question.project_id}/trainings/{training.pk}/model-votes/")
    assert ModelVote.objects.filter(question=question).count() == 40
    assert not ModelVote.objects.filter(item__split="test").exists()


def test_what_noise_of_thirty_percent_costs_is_named(question, manager, as_role):
    frozen_with_wrong_labels(question, manager, every=3, count=120, test_wrong=True)
    finish()
    shown = page(as_role("manager"), question.project, "runs/")
    assert "Wrong labels cost much." in shown
    assert "Wrong labels cost much." in page(as_role("manager"), question.project, "")


def test_clean_labels_are_not_called_noisy(question, manager, as_role):
    frozen(question, manager, shades(120), shades(40, 500))
    finish()
    assert "Wrong labels" not in page(as_role("manager"), question.project, "runs/")


def test_a_training_can_be_stopped_and_begun_again(question, manager, as_role):
    client, project = as_role("data_scientist"), question.project
    version = frozen(question, manager, shades(40), shades(16, 500))
    make.run_jobs("gpu")
    training = version.trainings.get()
    client.post(f"/projects/{project.pk}/trainings/{training.pk}/stop/")
    assert not training.runs.exclude(job__state=JobState.CANCELLED).exists()
    assert "Start it again" in page(client, project, "runs/")
    client.post(f"/projects/{project.pk}/versions/{version.pk}/train/", {"network": "picture", "most_minutes": "5"})
    assert Training.objects.get(attempt=2).most_seconds == 300


@pytest.mark.parametrize("fields", [{"network": "span"}, {"network": "picture", "most_money": "-1"}, {"network": ""}])
def test_a_wrong_wish_is_refused_with_the_reason(question, manager, as_role, fields):
    version = frozen(question, manager, shades(40), shades(16, 500))
    response = as_role("manager").post(f"/projects/{question.project_id}/versions/{version.pk}/train/", fields)
    assert response.status_code == 400 and b"This couldn't be saved." in response.content


def test_a_recommendation_is_published_by_a_manager_only(project, manager, as_role):
    asked = make.question(project, plan="batches")
    make.items_of_split(project, "train", 20)
    frozen(asked, manager, shades(70), shades(16, 500))
    finish()
    made = Recommendation.objects.get()
    address = f"/projects/{project.pk}/recommendations/{made.pk}/"
    assert as_role("data_scientist").post(address, {"way": "new"}).status_code == 403
    count = made.content["ways"]["new"]["items"]
    assert count > 20 and f"Ask about {count} items" in page(as_role("manager"), project, "runs/")
    assert as_role("manager").post(address, {"way": "new"}).status_code == 302
    made.refresh_from_db()
    assert made.published == "new" and made.batch.tasks.count() == count
    again = as_role("manager").post(address, {"way": "new"})
    assert again.status_code == 409 and b"published already" in again.content


def test_trainings_of_another_project_are_not_found(question, manager, client):
    version = frozen(question, manager, shades(40), shades(16, 500))
    other = make.project(manager)
    client.force_login(manager)
    assert client.get(f"/projects/{other.pk}/trainings/{version.trainings.get().pk}/").status_code == 404


def test_a_training_is_one_line_among_the_jobs_and_stopping_it_stops_its_parts(question, manager, as_role):
    client, project = as_role("manager"), question.project
    version = frozen(question, manager, shades(40), shades(16, 500))
    make.run_jobs("gpu")
    block = page(client, project, "jobs/")
    assert block.count('class="sheet job"') == 1 and "0 of 7 done" in block
    client.post(f"/projects/{project.pk}/jobs/{version.trainings.get().job_id}/cancel/")
    left = page(client, project, "jobs/")
    assert left.count('class="sheet job"') == 1 and "Learning curve" in left
    assert not version.runs.filter(job__state=JobState.WAITING).exists()


def test_what_to_expect_at_any_size_is_said_and_absurd_sizes_are_refused(question, manager, as_role, api):
    client, project = as_role("manager"), question.project
    address = f"/api/v1/projects/{project.pk}/questions/{question.pk}/curve/"
    assert api(manager).get(f"{address}?at=50").status_code == 400
    frozen(question, manager, shades(40), shades(16, 500))
    finish()
    shown = page(client, project, "runs/?at=400")
    assert "At 400 labels" in shown and "recall" in shown
    assert openapi.fits(openapi.document(), "Curve", api(manager).get(address).json()) == []
    found = api(manager).get(f"{address}?at=400").json()["at"]
    assert found["error"]["low"] <= found["error"]["value"] <= found["error"]["high"]
    for wrong in ("0", "-3", "1e9", "many", "9999999999"):
        assert api(manager).get(f"{address}?at={wrong}").status_code == 400
        assert 'role="alert"' in page(client, project, f"runs/?at={wrong}")


def test_the_same_by_api(project, manager, api):
    asked = make.question(project, plan="batches")
    make.items_of_split(project, "train", 20)
    frozen(asked, manager, shades(70), shades(16, 500))
    client, base = api(manager), f"/api/v1/projects/{project.pk}/"
    begun = client.post(f"{base}trainings/", {"question": asked.pk, "version": 1}, format="json")
    assert begun.status_code == 201 and client.get(f"{base}trainings/").json()["count"] == 1
    assert (
        client.post(
            f"{base}trainings/", {"question": asked.pk, "version": 1, "network": "x"}, format="json"
        ).status_code
        == 400
    )
    finish()
    training = client.get(f"{base}trainings/{begun.json()['id']}/").json()
    assert training["sizes"] == [9, 18, 35, 70] and training["found"]["judged"] == 70
    assert client.get(f"{base}runs/?train_size=70&chosen=false").json()["count"] == 2
    assert client.post(f"{base}trainings/{training['id']}/review/").json() == {"sent": 0}
    address = f"{base}questions/{asked.pk}/recommendation/"
    assert client.get(address).json()["content"]["ways"]["new"]["items"] > 0
    assert client.post(address, {"way": "gold"}, format="json").status_code == 400
    assert client.post(address, {"way": "new"}, format="json").json()["batch"] == 1
    assert client.post(address, {"way": "new"}, format="json").status_code == 409
