"""A project is deleted with everything that belongs to it, whatever table it is in, and another project stays as it is."""

import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from annotator import hooks, jobs, queue, storage
from annotator.archive import archiving, belongings, deletion
from annotator.archive.belongings import rows, tables
from annotator.hooks import subscriptions
from annotator.intake import content
from annotator.items import withdrawal
from annotator.models import (
    Answer,
    AuditEntry,
    Flag,
    Group,
    Import,
    Job,
    Project,
    Purpose,
    RejectedRow,
    Role,
    Split,
    Suggestion,
)
from annotator.quality import answer_checks, gold
from annotator.refusal import Refused
from datasets.labels import computation
from datasets.models import ModelVote
from datasets.versions import versions
from tests import make
from tests.annotator.test_item_search import text
from workers.budget.models import Entry

pytestmark = pytest.mark.django_db


def lived(manager, name: str, shade: int) -> Project:
    """Return a project in which much has happened."""
    project = make.project(manager, name=name)
    question = make.question(project, overlap=2, test_overlap=2, gold_rate=0.1)
    people = [make.user() for _ in range(2)]
    for person in people:
        make.member(project, person, Role.ANNOTATOR)
    made = make.labelled_items(question, 3, 2, people)
    content.store(project, [text(f"{name}.txt", f"A text of {name}"), text("same.txt", "The same text")])
    from annotator.intake import pictures

    content.store(project, [pictures.check_picture("shared.png", make.png(201))])
    for task in queue.next_tasks(question, people[0], 1):
        queue.submit(project, task.task_id, people[0], uuid.uuid4(), "yes")
    known, *_ = make.items_of_split(project, Split.TRAIN, 1)
    gold.add(question, manager, known, "yes", Purpose.GOLD)
    answer_checks.check_answers()
    computation.compute(question)
    versions.freeze(question, versions.build(question), manager)
    answer = Answer.objects.filter(task__question=question).first()
    queue.change(project, answer.task_id, answer.worker, uuid.uuid4(), "no", answer.pk)
    Suggestion.objects.create(question=question, item=made[0], value="yes", model="m")
    ModelVote.objects.create(question=question, item=made[0], value="yes", model="m")
    Flag.objects.create(question=question, worker=people[0], comment="Hm")
    group = Group.objects.create(project=project, name="g")
    group.members.add(project.members.first())
    blob = storage.put_content(f"a file of {name}".encode())
    found = Import.objects.create(project=project, name="a.csv", sha256=blob, size=1, created_by=manager)
    RejectedRow.objects.create(file=found, number=1, reason="bad")
    withdrawal.withdraw(project, [made[0].pk], manager, "Broken")
    return project


def counted(project: Project) -> dict[str, int]:
    return {model._meta.label: rows(model, project.pk).count() for model in tables()}


def files() -> set[str]:
    return {path.name for path in Path(settings.MARGINALIA_STORAGE).rglob("*") if path.is_file()}


def blobs_of(project: Project) -> set[str]:
    pictures = set(project.items.filter(modality="picture").values_list("sha256", flat=True))
    imports = set(Import.objects.filter(project=project).values_list("sha256", flat=True))
    return pictures | imports


@pytest.mark.parametrize("unchecked", [True, False])
def test_nothing_of_it_is_left_and_another_project_is_untouched(manager, monkeypatch, unchecked):
    if not unchecked:
        monkeypatch.setattr(deletion, "_without_checks", lambda: False)
    monkeypatch.setattr(deletion, "PART", 3)
    monkeypatch.setattr(deletion, "ITEMS", 2)
    gone, kept = lived(manager, "Gone", 1), lived(manager, "Kept", 2)
    filled = {label for label, count in counted(gone).items() if count}
    assert len(filled) > 25, filled
    of_gone, of_kept = blobs_of(gone), blobs_of(kept)
    assert of_gone & of_kept and of_gone | of_kept <= files()
    before, pk = counted(kept), gone.pk
    archiving.archive(gone, manager)
    job = deletion.ask(gone, manager, " Gone ")
    jobs.run(job.pk)
    left = {label: count for label, count in counted(gone).items() if count}
    assert left == {} and not Project.objects.filter(pk=pk).exists()
    assert counted(kept) == before
    assert not (of_gone - of_kept) & files() and of_kept <= files()
    entry = AuditEntry.objects.get(project=None, action="deleted a project")
    assert entry.detail == {"project": pk, "items": 9} and entry.user == manager
    connection.check_constraints()


def test_every_table_that_leads_to_a_project_is_among_them():
    """By the model graph: a model with a relation to one that belongs to a project belongs to it, too."""
    there = set(tables())
    for model in apps.get_models(include_auto_created=True):
        leads = [field for field in model._meta.concrete_fields if field.is_relation and field.related_model in there]
        assert not leads or model in there or not model._meta.managed, model
    order = list(tables())
    for model in there:
        for field in belongings._relations(model):
            if field.related_model in there and field.related_model is not model:
                assert order.index(model) < order.index(field.related_model), (model, field)


def test_a_killed_job_goes_on_where_it_was(manager, monkeypatch):
    gone = lived(manager, "Gone", 1)
    archiving.archive(gone, manager)
    job = deletion.ask(gone, manager, "Gone")
    delete_part, calls = deletion._delete_part, []

    def dies(*args):
        calls.append(args)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return delete_part(*args)

    monkeypatch.setattr(deletion, "_delete_part", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.run(job.pk)
    assert archiving.being_deleted(gone)
    with pytest.raises(Refused, match="being deleted"):
        archiving.unarchive(gone, manager)
    Job.objects.filter(pk=job.pk).update(lease_until="2001-01-01T00:00Z")
    jobs.run(job.pk)
    assert not Project.objects.filter(pk=gone.pk).exists()


def test_only_an_archived_project_whose_name_is_typed_is_deleted(project, manager, api):
    with pytest.raises(Refused, match="Archive the project first"):
        deletion.ask(project, manager, "Cats")
    archiving.archive(project, manager)
    browser = Client()
    browser.force_login(manager)
    base = f"/api/v1/projects/{project.pk}/"
    for wrong in ("cats", "", "Dogs"):
        assert api(manager).delete(base, {"name": wrong}, format="json").status_code == 400
        page = browser.post(f"/projects/{project.pk}/delete/", {"name": wrong})
        assert page.status_code == 400 and "Type the name" in page.content.decode()
    said = api(manager).delete(base, {"name": "Cats"}, format="json")
    assert said.status_code == 202
    assert deletion.ask(project, manager, "Cats").pk == uuid.UUID(said.json()["id"]), "once"
    assert browser.post(f"/projects/{project.pk}/delete/", {"name": "Cats"}, follow=True).status_code == 200
    make.run_jobs()
    assert browser.get(f"/projects/{project.pk}/").status_code == 404


@pytest.mark.parametrize("model", [Answer, AuditEntry, Entry])
def test_append_only_rows_go_only_with_their_own_archived_project(manager, model):
    gone, kept = lived(manager, "Gone", 1), lived(manager, "Kept", 2)

    def delete(project_id: int, of: Project) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('marginalia.deleting_project', %s, true)", [str(project_id)])
            rows(model, of.pk)._raw_delete("default")

    for project_id, of in ((gone.pk, gone), (0, gone)):
        with pytest.raises(DatabaseError, match="append-only"):
            delete(project_id, of)  # it is not archived
    archiving.archive(gone, manager)
    with pytest.raises(DatabaseError, match="append-only"):
        delete(gone.pk, kept)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows(model, gone.pk)._raw_delete("default")


def test_events_wait_while_it_is_archived(project, manager, monkeypatch):
    monkeypatch.setattr("annotator.hooks.outgoing.check_url", lambda url: None)
    subscriptions.add(project, manager, "https://example.org/hook", ["worker.joined"])
    hooks.emit(project.pk, "worker.joined", {})
    archiving.archive(project, manager)
    from annotator.hooks import deliveries

    assert deliveries._claim(set()) == []
    archiving.unarchive(project, manager)
    assert len(deliveries._claim(set())) == 1
