"""The files that imports read: stored when they are sent, and deleted some days after the import has ended.

An import makes its own copy of everything that it stores. Its file would otherwise keep what people erase later.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from annotator import storage
from annotator.items import blobs
from annotator.models import Import, Job, Project, RejectedRow
from annotator.models.job import OPEN
from annotator.server import locks
from annotator.server.locks import Lock

KEPT = timedelta(days=7)  # after the import ended, or after it was sent and never begun
KINDS = ("import", "label_studio")  # the kinds of jobs that name their file in `arguments["sha256"]`
NAMING = (*KINDS, "import_table")  # the kinds of jobs whose result names what they did not import
PART = 100
NOT_KEPT = "The reason was deleted with the file."


@contextmanager
def stored(file: IO[bytes]) -> Iterator[str]:
    """Store a file, and yield its SHA-256 in a transaction in which the caller stores the row that names it."""
    sha256 = storage.put_content_stream(file)
    with _deleted_if_refused(sha256), transaction.atomic():
        locks.share(Lock.CONTENTS)  # whoever deletes files waits from here on, and then finds the row
        if not storage.exists(storage.content_key(sha256)):
            storage.put_content_stream(file)  # it was deleted a moment ago
        yield sha256


@contextmanager
def _deleted_if_refused(sha256: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        blobs.delete_unused([sha256])  # unless something else names it
        raise


def _forget_contents(imports: list[uuid.UUID]) -> None:
    """Delete what imports keep of their files: samples of columns, names of folders, and what was not read or not imported."""
    for found in Import.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=imports):
        found.sha256 = ""
        found.columns = [column | {"samples": []} for column in found.columns]
        found.recognised = found.recognised | {"problems": []}
        if found.is_archive:
            found.recognised["archive"] |= {"below": "", "outer": [], "inner": []}
            found.mapping["below"] = ""
        found.save(update_fields=["sha256", "columns", "recognised", "mapping"])
    RejectedRow.objects.filter(file__in=imports).update(raw="", reason=NOT_KEPT)


def delete_old() -> int:
    """Delete the files of imports that ended some days ago, and of those that nobody began; return how many were deleted."""
    before = Now() - KEPT
    ended = Q(job__ended_at__lt=before) | Q(job=None, created_at__lt=before)
    return _delete(Import.objects.filter(ended), Job.objects.filter(ended_at__lt=before))


def delete_ended(project: Project) -> int:
    """Delete the files of a project's imports that have ended or were never begun; return how many were deleted.

    A stopped import cannot be continued after that, and a file that was only sent has to be sent again. This is for the erasure
    of items: their contents are in such files.
    """
    imports = Import.objects.filter(project=project).exclude(job__state__in=OPEN)
    return _delete(imports, Job.objects.filter(project=project).exclude(state__in=OPEN))


def _delete(imports: QuerySet[Import], jobs: QuerySet[Job]) -> int:
    imports = imports.exclude(sha256="")
    for job in jobs.filter(kind__in=NAMING, result__has_key="reasons").exclude(result__reasons=[]):
        job.result = {**(job.result or {}), "reasons": []}
        job.save(update_fields=["result"])
    jobs = jobs.filter(kind__in=KINDS, arguments__has_key="sha256").exclude(arguments__sha256="")
    deleted = 0
    while some := dict(imports.values_list("pk", "sha256")[:PART]):
        with transaction.atomic():
            _forget_contents(list(some))
            deleted += blobs.delete_unused(some.values())
    while found := list(jobs[:PART]):
        hashes = [job.arguments["sha256"] for job in found]
        with transaction.atomic():
            for job in found:
                job.arguments["sha256"] = ""
                job.save(update_fields=["arguments"])
            deleted += blobs.delete_unused(hashes)
    return deleted
