"""The question editor: what a form makes, what the preview tells, drafts and revisions through the pages."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from annotator import kinds
from annotator.models import Question, Role
from annotator.questions import drafts
from tests import make
from tests.annotator.kinds.examples import CONFIGS, KIND

pytestmark = pytest.mark.django_db
FIELDS = {"text": "Which?", "price": "0.05", "overlap": 3, "test_overlap": 5, "plan": "everything"}


@pytest.fixture
def client(client, manager):
    client.force_login(manager)
    return client


def form_data(form_class, config):
    """Return what a browser would send for a configuration as the form shows it."""
    shown = form_class(initial=form_class.initial_of(config))
    sent = {name: shown[name].value() for name in shown.fields}
    return {name: value for name, value in sent.items() if value not in (None, False)}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_form_gives_back_the_configuration_it_shows(name):
    kind = kinds.get(KIND.get(name, name))
    config = kind.check_config(CONFIGS[name])
    form_class = import_string(kind.form)
    built = form_class(form_data(form_class, config))
    assert built.is_valid(), built.errors
    assert kind.check_config(built.config()) == config


@pytest.mark.parametrize(("kind", "template"), kinds.templates())
def test_every_template_opens_in_the_editor_and_can_be_published(client, project, kind, template):
    address = f"/projects/{project.pk}/questions/new/?kind={kind.name}&template={template.name}"
    page = client.get(address)
    assert page.status_code == 200 and template.text in page.content.decode().replace("&#x27;", "'")
    sent = form_data(type(page.context["built"]), kind.check_config(template.config))
    answer = client.post(address, FIELDS | sent | {"kind": kind.name, "text": template.text, "examples": "[]"})
    assert answer.status_code == 302, answer.context["built"].errors
    assert Question.objects.get().config == kind.check_config(template.config)


def test_keys_of_ones_own_and_hierarchies_survive_the_form():
    kind = kinds.get("choice")
    given = {
        "choices": [
            {"value": "0", "key": "0"},
            {"value": "1", "key": "1"},
            {"value": "odd", "label": "Odd one", "under": "1"},
        ]
    }
    config = kind.check_config(given)
    form_class = import_string(kind.form)
    built = form_class(form_data(form_class, config))
    assert built.is_valid() and kind.check_config(built.config()) == config


def test_the_preview_tells_what_would_be_stored_and_what_is_wrong(client, project):
    [item] = make.items(project)
    address = f"/projects/{project.pk}/questions/preview/"
    form = {"kind": "box", "labels": "cup", "shapes": ["box"], "least": 0, "item": item.pk}
    inside = {"shapes": [{"type": "box", "label": "cup", "x": 0, "y": 0, "width": 8, "height": 8}]}
    assert client.post(address, form | {"value": json.dumps(inside)}).json()["stored"] == "1 × cup"
    inside["shapes"][0]["width"] = 9
    assert "outside the picture" in client.post(address, form | {"value": json.dumps(inside)}).json()["problem"]
    assert "required" in client.post(address, {"kind": "box"}).json()["problem"]
    assert client.post(address, {"kind": "nothing"}).status_code == 400
    assert not Question.objects.exists()


def test_a_draft_is_kept_changed_and_published_by_its_pages(client, project):
    make.items(project, 2)
    new = f"/projects/{project.pk}/questions/new/"
    sent = FIELDS | {"kind": "choice", "choices": "cat\ndog", "draft": "1"}
    edit = client.post(new, sent).url
    assert edit.endswith("/edit/") and Question.objects.get().draft
    assert client.get(f"/projects/{project.pk}/desk/").status_code == 200, "there is nothing to answer yet"
    client.post(edit, sent | {"choices": "cat\nowl"})
    del sent["draft"]
    assert client.post(edit, sent | {"choices": "cat\nowl", "publish": "1"}).status_code == 302
    question = Question.objects.get()
    assert not question.draft and question.tasks.count() == 2
    refused = client.post(edit, {"text": "Which one?", "choices": "cat"})
    assert refused.status_code == 400
    assert client.post(edit, {"text": "Which one?", "choices": "cat | A cat\nowl\nbat"}).status_code == 302
    question.refresh_from_db()
    assert question.revision == 3 and [one["label"] for one in question.config["choices"]] == ["A cat", "owl", "bat"]
    page = client.get(f"/projects/{project.pk}/questions/{question.pk}/").content.decode()
    assert "Wordings" in page and "Which one?" in page


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ({"text": "Meow", "answer": "dog"}, "none of the choices"),
        ({"picture": "0" * 64, "answer": "yes"}, "neither a text nor a picture"),
        ({"text": "Meow", "answer": "yes", "note": "x" * 301}, "at most 300"),
        ("no", "no example"),
    ],
)
def test_examples_are_checked(client, project, example, reason):
    sent = FIELDS | {"kind": "choice", "choices": "yes\nno", "examples": json.dumps([example])}
    answer = client.post(f"/projects/{project.pk}/questions/new/", sent)
    assert answer.status_code == 400 and reason in answer.content.decode()


def test_examples_right_and_wrong_stand_at_the_desk(client, project):
    examples = [
        {"text": "Meow", "answer": "yes"},
        {"text": "<i>Woof</i>", "answer": "yes", "wrong": True, "note": "A dog."},
    ]
    sent = FIELDS | {
        "kind": "choice",
        "choices": "yes\nno",
        "examples": json.dumps(examples),
        "instructions": "Look *twice*.",
    }
    assert client.post(f"/projects/{project.pk}/questions/new/", sent).status_code == 302
    page = client.get(f"/projects/{project.pk}/desk/").content.decode()
    assert "Meow" in page and "&lt;i&gt;Woof" in page and "Not yes" in page and "<em>twice</em>" in page


def test_an_example_of_the_test_set_is_refused(client, project):
    [item] = make.items_of_split(project, "test", 1)
    example = {"picture": item.sha256, "answer": "yes"}
    sent = FIELDS | {"kind": "choice", "choices": "yes\nno", "examples": json.dumps([example])}
    answer = client.post(f"/projects/{project.pk}/questions/new/", sent)
    assert answer.status_code == 400 and "test set" in answer.content.decode()


def test_an_annotator_does_not_edit(as_role, question):
    assert (
        as_role(Role.ANNOTATOR).get(f"/projects/{question.project_id}/questions/{question.pk}/edit/").status_code == 403
    )


@pytest.mark.parametrize("name", ["config", "examples"])
def test_a_question_that_would_make_every_page_slow_is_refused(project, manager, api, name):
    choices = [{"value": f"{n}", "label": "x" * 100, "key": ""} for n in range(2000)]
    note = {"text": "x" * 20_000, "answer": "yes", "note": "", "wrong": False}
    sent = {"config": {"choices": choices}} if name == "config" else {"examples": [note] * 6}
    with pytest.raises(ValidationError, match="characters long as JSON"):
        drafts.add(project, manager, kind="choice", text="Which?", price=1, **sent)
    address = f"/api/v1/projects/{project.pk}/questions/"
    body = {"kind": "choice", "text": "Which?", "price": "0.05", "config": {"choices": choices}}
    said = api(manager).post(address, body, format="json")
    assert said.status_code == 400 and "At most 200,000 are allowed" in str(said.json()["config"])
    asked = make.question(project)
    with pytest.raises(ValidationError, match="At most"):
        drafts.reword(asked, manager, **sent)
