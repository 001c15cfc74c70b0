"""Deleting a project, with everything that belongs to it, in every app.

A job does it: first the blobs that no other project uses, then the rows, table by table, those first that name others. Each
part is a transaction of its own. A job that starts again goes on with what is still there. What stays is one entry of the
audit trail without content.

Append-only tables refuse to delete. They let go of the rows of one archived project while the transaction names it in
`marginalia.deleting_project`, which only this module sets (`annotator/server/append_only.py`). Where the database's user may,
the checks of foreign keys are off for these transactions: to check a million rows one by one would take days, and all rows that
could name them are gone. The last transaction deletes the project's own row with all checks on.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import ProgrammingError, connection, transaction

from annotator import audit, jobs, storage
from annotator.archive import archiving
from annotator.archive.belongings import names_itself, rows, tables
from annotator.items import blobs
from annotator.models import Import, Item, Job, Project, Question, Revision, User
from annotator.models.item import IN_DATABASE
from annotator.refusal import Refused
from annotator.signals import project_blobs

PART = 5000  # rows in one transaction
ITEMS = 1000  # items whose blobs are looked at together


def ask(project: Project, by: User, name: str) -> Job:
    """Submit the job that deletes a project. Raises Refused unless it is archived and its name is typed as it is written."""
    with transaction.atomic():
        locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if locked.archived_at is None:
            raise Refused("Archive the project first. Only an archived project can be deleted.", "not_archived")
        if name.strip() != locked.name.strip():
            raise Refused(f"Type the name of the project, “{locked.name}”, to delete it.", "wrong_name", 400)
        open_jobs = locked.jobs.filter(kind=archiving.DELETE, state__in=["waiting", "running"])
        if job := open_jobs.first():
            return job
        audit.record(by, locked, "asked to delete the project")
        return jobs.submit(
            locked, archiving.DELETE, f"Deleting “{locked.name}”"[:200], f"delete-project:{uuid.uuid4()}", user=by
        )


@jobs.handles(archiving.DELETE)
def delete_project(work: jobs.Work) -> None:
    """Delete everything that belongs to the job's project, the job included."""
    project = work.job.project
    project.refresh_from_db()
    if project.archived_at is None:
        raise jobs.JobProblem("This project is not archived any more, so it was not deleted.")
    counts = {"items": project.items.count()}
    total = counts["items"] + sum(rows(model, project.pk).count() for model in tables())
    done = _delete_blobs(work, project, total)
    for model in tables():
        if model is Project:
            continue
        while count := _delete_part(work, model, project.pk):
            done += count
            work.report(min(done, total - 1), total, f"deleting {model._meta.verbose_name_plural}")
    with transaction.atomic():
        mine = Job.objects.select_for_update(no_key=True).filter(pk=work.job.pk, lease_token=work.token).first()
        if mine is None:
            raise jobs.JobProblem("Another worker deletes this project.")
        by = work.job.created_by
        mine.delete()
        with _deleting(project.pk, checked=True):
            rows(Project, project.pk)._raw_delete("default")
        audit.record(by, None, "deleted a project", project=project.pk, items=counts["items"])
    work.finished = True


def _delete_part(work: jobs.Work, model: type, project_id: int) -> int:
    """Delete some rows of a model; return how many. Rows that may name each other are deleted together."""
    found = rows(model, project_id)
    if model is Job:
        found = found.exclude(pk=work.job.pk)
    with transaction.atomic(), _deleting(project_id) as unchecked:
        limit = None if names_itself(model) and not unchecked else PART
        ids = list(found.values_list("pk", flat=True)[:limit])
        if ids:
            model._base_manager.filter(pk__in=ids)._raw_delete("default")  # type: ignore[attr-defined]
    return len(ids)


@contextmanager
def _deleting(project_id: int, checked: bool = False) -> Iterator[bool]:
    """Let the append-only rows of a project be deleted in this transaction; yield whether foreign keys are not checked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('marginalia.deleting_project', %s, true)", [str(project_id)])
        unchecked = not checked and _without_checks()
        try:
            yield unchecked
        finally:
            if not connection.needs_rollback:
                cursor.execute("SELECT set_config('marginalia.deleting_project', '', true)")
                if unchecked:
                    cursor.execute("SET LOCAL session_replication_role = origin")


def _without_checks() -> bool:
    """Turn the checks of foreign keys off for this transaction, where the database's user may; return whether they are off."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
    except ProgrammingError:
        return False
    with connection.cursor() as cursor:  # the end of a savepoint keeps it
        cursor.execute("SHOW session_replication_role")
        return bool(cursor.fetchone() == ("replica",))


def _delete_blobs(work: jobs.Work, project: Project, total: int) -> int:
    """Delete the blobs that no other project uses; return how many items were looked at."""
    for hashes, keys in _named_blobs(project):
        blobs.delete_unused(hashes, without=project)
        for key in keys:
            work.check()
            storage.delete(key)
    done = last = 0
    while items := list(Item.objects.filter(project=project, pk__gt=last).order_by("pk")[:ITEMS]):
        hashes = [item.sha256 for item in items if item.modality not in IN_DATABASE]
        hashes += [item.original_sha256 for item in items]
        blobs.delete_unused(hashes, without=project)
        done, last = done + len(items), items[-1].pk
        work.report(done, total, f"deleting the files of {done:,} items")
    return done


def _named_blobs(project: Project) -> Iterator[tuple[list[str], list[str]]]:
    """Return the contents and the keys of blobs that other rows than items name."""
    asked = [
        *Question.objects.filter(project=project).values_list("examples", flat=True),
        *Revision.objects.filter(question__project=project).values_list("examples", flat=True),
    ]
    yield [example["picture"] for examples in asked for example in examples if example.get("picture")], []
    yield list(Import.objects.filter(project=project).values_list("sha256", flat=True)), []
    archives = Job.objects.filter(project=project, arguments__has_key="sha256").values_list("arguments", flat=True)
    yield [str(arguments["sha256"]) for arguments in archives], []
    replies: list[tuple[Any, Any]] = project_blobs.send(Project, project=project)
    for _, (hashes, keys) in replies:
        yield hashes, keys
