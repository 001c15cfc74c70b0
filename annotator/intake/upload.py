"""Files sent by a form or the API: all are checked first, and then all or none are stored."""

import time
from collections.abc import Sequence

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from annotator import audit, queue
from annotator.intake import archives, jobs, sandbox
from annotator.intake.archives import BadArchive
from annotator.intake.content import (
    MOST_BYTES,
    BadContent,
    FoundContent,
    clean_name,
    files_deleted_if_refused,
    store_new,
)
from annotator.intake.folders import NOTHING, Folders
from annotator.intake.found import Rejected
from annotator.models import Item, Job, Project, User

# More than this is work for a job, not for the process that serves people: send an archive.
MOST_DIRECT_BYTES = 100 * 1024**2


class BadUpload(ValueError):
    """Files are refused. `reasons` names each with the reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class Imported(list[Item]):
    """The new items of an upload. `known` is how many contents the project, or the upload itself, had already."""

    known = 0


def direct(project: Project, user: User, files: Sequence[UploadedFile]) -> Imported:
    """Import files as items and tasks. Raises BadUpload with every reason, and then nothing is stored."""
    if not files:
        raise BadUpload(["No file was sent."])
    if sum(file.size or 0 for file in files) > MOST_DIRECT_BYTES:
        raise BadUpload(
            [f"The files have more than {MOST_DIRECT_BYTES // 2**20} MB together; send them as one ZIP archive."]
        )
    good: list[FoundContent] = []
    reasons: list[str] = []
    until, room = time.monotonic() + sandbox.WAITED_FOR.seconds, sandbox.WAITED_FOR.most_bytes
    for file in files:
        name = clean_name(file.name or "")
        if (file.size or 0) > MOST_BYTES:
            reasons.append(
                f"{name}: the file has {(file.size or 0) // 2**20} MB; at most {MOST_BYTES // 2**20} MB are taken."
            )
            continue
        # All files together get the time and space of one, because a person and a thread are waiting.
        limits = sandbox.shorter(sandbox.WAITED_FOR, until - time.monotonic(), room)
        if not limits.seconds:
            reasons.append(f"{name}: there was no time left to read it. Send the files as one ZIP archive.")
            break
        try:
            found = sandbox.read(name, file.read(), limits)
        except BadContent as problem:
            reasons.append(str(problem))
            continue
        contents = [one for one in found if isinstance(one, FoundContent)]
        good += contents
        reasons += [one.reason for one in found if isinstance(one, Rejected)]
        room -= sum(len(one.content) for one in contents)
    if reasons:
        raise BadUpload(reasons)
    imported = Imported(take_in(project, user, good))
    imported.known = len(good) - len(imported)
    return imported


def take_in(project: Project, user: User, contents: list[FoundContent]) -> list[Item]:
    """Store contents as items and create tasks for the questions that ask about everything; return the new items.

    Raises BadUpload, and then nothing is stored.
    """
    with files_deleted_if_refused(contents), transaction.atomic():
        stored = store_new(project, contents)
        if stored.reasons:
            raise BadUpload(stored.reasons)
        items = list(project.items.filter(sha256__in=[content.sha256 for content in stored.new]).order_by("pk"))
        queue.create_tasks_of_all_questions(project, items)
        audit.record(user, project, "added items", count=len(items))
    return items


def archive(project: Project, user: User, file: UploadedFile, folders: Folders = NOTHING) -> Job:
    """Store an archive and request its import. Raises BadArchive."""
    if (file.size or 0) > archives.MOST_BYTES:
        raise BadArchive("The archive has more than 2 GB; send it in parts.")
    return jobs.ask(project, user, file.name or "archive", file, folders=folders)
