"""Imports of tables and archives: a file is recognised, its columns or folders are mapped, and a job imports it."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from annotator import audit, jobs, storage
from annotator.intake import archives, mapping
from annotator.intake.folders import ANSWERS_AS, BadFolders, Folders
from annotator.intake.found import BadContent, clean_name
from annotator.intake.imports import archive_preview, stream
from annotator.intake.tables.source import TableReading, table_format
from annotator.items import stored_files
from annotator.models import Import, ImportKind, Job, OnRejected, Project, Question, User
from annotator.models.job import OPEN
from annotator.refusal import Refused

MOST_BYTES = 5 * 1024**3
KIND = "import_table"
ARCHIVE_KIND = "import"
CHANGED = {"refuse": "Reject the row", "replace": "Replace the item"}


class BadImport(ValueError):
    """The file or the choices are refused. The message says why."""


def begin(project: Project, user: User, name: str, file: IO[bytes], reading: TableReading | None = None) -> Import:
    """Store a file, recognise it, and propose how to use its columns or folders. Nothing is imported yet. Raises BadImport."""
    name = clean_name(name)
    packed = archives.is_archive(name)
    if not packed and not table_format(name):
        raise BadImport(
            f"{name}: this is no table or archive. These are: CSV, TSV, XLSX, ODS, JSON, JSON Lines, Parquet, ZIP, TAR."
        )
    size, most = file.seek(0, 2), archives.MOST_BYTES if packed else MOST_BYTES
    if size > most:
        raise BadImport(f"{name}: the file has more than {most // 2**30} GB; send it in parts.")
    kind = ImportKind.ARCHIVE if packed else ImportKind.TABLE
    found = Import(project=project, kind=kind, name=name, size=size, created_by=user)
    with _on_disk(file) as opened:
        if packed:
            _list_files(found, opened)
        else:
            _recognise(found, opened, reading or TableReading())
        with stored_files.stored(opened) as found.sha256:
            found.save(force_insert=True)
            audit.record(user, project, "sent a file to import", name=name)
    return found


def imports_of(project: Project) -> QuerySet[Import]:
    """Return the imports of tables and archives. Exports of Label Studio have pages of their own."""
    return project.imports.exclude(kind=ImportKind.LABEL_STUDIO)


@contextmanager
def _on_disk(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield the file itself, or a copy on disk of one in memory: another process reads it."""
    try:
        file.fileno()
    except OSError:
        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy
        return
    yield file


def _list_files(found: Import, file: IO[bytes]) -> None:
    try:
        said = archive_preview.preview(file)
    except archives.BadArchive as problem:
        raise BadImport(f"{found.name}: {problem}") from None
    found.rows = said["files"] if said["complete"] else None
    found.recognised = {"archive": said}
    found.mapping = asdict(Folders(below=said["below"]))


def read_as(found: Import, reading: TableReading) -> None:
    """Recognise a file again, read in another way. Raises BadImport, and Refused once its import has begun."""
    _still_open(found)
    if found.is_archive:
        raise BadImport("An archive is read in one way only.")
    try:
        file = storage.open_content(found.sha256)
    except storage.Missing:
        raise BadImport(f"{found.name} is not stored any more; send it again.") from None
    with file:
        _recognise(found, file, reading)
    found.save(update_fields=["reading", "recognised", "columns", "mapping", "rows"])


def _recognise(found: Import, file: IO[bytes], reading: TableReading) -> None:
    try:
        said = stream.preview(found.name, file, reading)
    except BadContent as problem:
        raise BadImport(str(problem)) from None
    found.reading = said["reading"]
    found.rows = said["rows"]
    found.columns = said["columns"]
    names = [column["name"] for column in found.columns]
    remembered = _remembered(found.project, names)
    found.mapping = remembered or {"columns": said["guess"]}
    found.recognised = {name: said[name] for name in ("sheets", "keys", "problems", "sampled")} | {
        "remembered": bool(remembered)
    }


def _remembered(project: Project, names: list[str]) -> dict[str, Any] | None:
    """Return the mapping of the project's last import of a file with these columns."""
    if not names:
        return None
    for before in imports_of(project).filter(job__isnull=False).order_by("-created_at")[:20]:
        if sorted(column["name"] for column in before.columns) == sorted(names):
            return dict(before.mapping)
    return None


def choose(found: Import, chosen: dict[str, Any], on_rejected: str = OnRejected.SKIP) -> None:
    """Set what the columns of a file are used for.

    Args:
        found: the import.
        chosen: `columns` (the use of each column by its name), `question` (id), `answers_as` (a key of ANSWERS_AS), `worker`
            (whose the answers are where the file does not say), and `changed` (a key of CHANGED). For an archive `outer` and
            `inner` (what its folders are used for), `question` and `answers_as`.
        on_rejected: a value of OnRejected.

    Raises:
        BadImport: the choices do not fit together.
        Refused: the import has begun.
    """
    _still_open(found)
    if on_rejected not in OnRejected.values:
        raise BadImport("Rejected rows are skipped, or stop the import.")
    if found.is_archive:
        if on_rejected == OnRejected.STOP:
            raise BadImport(
                "The files of an archive are imported one after the other, so those that cannot be are skipped."
            )
        kept = _checked_folders(found, chosen)
    else:
        kept = _checked_columns(found, chosen, on_rejected)
    found.mapping, found.on_rejected = kept, on_rejected
    found.save(update_fields=["mapping", "on_rejected"])


def _checked_folders(found: Import, chosen: dict[str, Any]) -> dict[str, Any]:
    try:
        return asdict(Folders.checked(found.project, chosen, found.recognised["archive"]["below"]))
    except BadFolders as problem:
        raise BadImport(str(problem)) from None


def _checked_columns(found: Import, chosen: dict[str, Any], on_rejected: str) -> dict[str, Any]:
    names = [column["name"] for column in found.columns]
    try:
        uses = mapping.checked(chosen.get("columns") or {}, names)
    except mapping.BadMapping as problem:
        raise BadImport(str(problem)) from None
    question = None
    if mapping.ColumnUse.LABEL in uses.values():
        question = found.project.questions.filter(pk=chosen.get("question") or 0, draft=False).first()
        if question is None:
            raise BadImport("Choose the question that the label answers, or keep the column as a field.")
    if mapping.ColumnUse.ADDRESS in uses.values() and on_rejected == OnRejected.STOP:
        raise BadImport("Addresses are fetched one after the other, so rows that cannot be imported are skipped.")
    return {
        "columns": {name: str(use) for name, use in uses.items()},
        "question": question.pk if question else None,
        "answers_as": _one_of(chosen.get("answers_as") or "answers", ANSWERS_AS),
        "worker": str(chosen.get("worker") or "")[:150].strip(),
        "changed": _one_of(chosen.get("changed") or "refuse", CHANGED),
    }


def _one_of(value: Any, choices: dict[str, str]) -> str:
    if value not in choices:
        raise BadImport(f"“{str(value)[:40]}” is none of: {', '.join(choices)}.")
    return str(value)


def start(found: Import, user: User, check_only: bool = False) -> Job:
    """Request the job that imports a file, or with `check_only` one that only counts what an import would do.

    Raises BadImport when the mapping is not complete, and Refused when the import has begun.
    """
    with transaction.atomic():
        found = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
        _still_open(found)
        _not_checked_now(found)
        choose(found, found.mapping, found.on_rejected)
        question = Question.objects.filter(pk=found.mapping["question"] or 0).first()
        if question is not None and not found.is_archive:
            _needs_worker(found)
        key = f"check-import:{uuid.uuid4()}" if check_only else f"import-table:{found.pk}"
        title = f"Check of {found.name}" if check_only else f"Import of {found.name}"
        job = jobs.submit(
            found.project,
            ARCHIVE_KIND if found.is_archive else KIND,
            title[:200],
            key,
            {"import": str(found.pk), "check": check_only},
            user=user,
            total=100,
        )
        if not check_only:
            Import.objects.filter(pk=found.pk).update(job=job)
            audit.record(user, found.project, "imported a file", name=found.name, file=str(found.pk))
    return job


def _needs_worker(found: Import) -> None:
    named = found.mapping["worker"] or mapping.ColumnUse.WORKER in found.mapping["columns"].values()
    if found.mapping["answers_as"] == "answers" and not named:
        raise BadImport("Say whose the answers are: choose a column, or write a name.")


def _not_checked_now(found: Import) -> None:
    """Raise Refused while a check of the file is open: its counts and rejected rows would replace those of the import."""
    if found.project.jobs.filter(
        kind__in=(KIND, ARCHIVE_KIND), state__in=OPEN, arguments__import=str(found.pk), arguments__check=True
    ).exists():
        raise Refused("The file is being checked. Wait for the end of the check, or stop it.", "being_checked")


def _still_open(found: Import) -> None:
    if found.job_id is not None:
        raise Refused("This file is imported already; send it again to import it in another way.", "imported")


def go_on(found: Import, user: User) -> Job:
    """Request the rest of an import that was stopped or failed. It goes on where it was. Raises Refused when it cannot."""
    job = found.job
    if job is None or job.open or job.state == "done":
        raise Refused("There is nothing to go on with.", "not_stopped")
    again = jobs.submit(
        found.project,
        job.kind,
        job.title,
        f"import-table:{found.pk}:{job.pk}",
        {"import": str(found.pk), "check": False},
        user=user,
        total=100,
    )
    Import.objects.filter(pk=found.pk, job=job).update(job=again)
    return again
