"""The job that imports a table. It goes on where it was after a crash, and can be stopped.

By default each part of the rows is one transaction: items, tasks, answers, rejected rows, and how far the file is read. If
rejected rows stop the import, or it only checks, the whole file is one transaction, which is undone at the end if need be.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import connection, transaction

from annotator import jobs, queue, storage
from annotator.intake import addresses
from annotator.intake.content import Stored, changed_reason, ids_of, store_new
from annotator.intake.found import ADDRESS, BadContent, FoundContent, Rejected
from annotator.intake.imports import answers, replaced, requests, stream
from annotator.intake.imports.stream import Part
from annotator.intake.tables.source import Reading
from annotator.models import Import, OnRejected
from annotator.server.locks import Lock, take

COUNTS = ("new", "known", "changed", "answers", "rejected")
MOST_RAW = 20_000  # characters of a rejected row that are kept
_COPY = 'COPY annotator_rejectedrow ("file_id", "number", "reason", "raw") FROM STDIN'


class _Undone(Exception):
    """Undoes the transaction of a whole file."""


@jobs.handles(requests.KIND)
def run(work: jobs.Work) -> None:
    """Import the file of an import, or only check it."""
    found = Import.objects.select_related("project", "created_by").get(pk=work.arguments["import"])
    check_only = bool(work.arguments["check"])
    whole = check_only or found.on_rejected == OnRejected.STOP
    try:
        counts = _whole(work, found, check_only) if whole else _by_parts(work, found)
    except BadContent as problem:
        raise jobs.JobProblem(f"{problem} {_so_far(found)}".strip()) from None
    _fill_in_raw(work, found)
    with work.finish() as said:
        said.update(counts, refused=counts["rejected"], check=check_only, file=str(found.pk))
        said["reasons"] = list(found.rejected_rows.values_list("reason", flat=True)[:50])


def _fill_in_raw(work: jobs.Work, found: Import) -> None:
    """Store how rejected rows are written, where it is not known yet: those that were refused after they were read."""
    lines = list(found.rejected_rows.filter(raw="").values_list("number", flat=True))
    if not lines:
        return
    with storage.open_content(found.sha256) as file:
        reading = Reading(**found.reading)
        for number, raw in stream.as_written(found.name, file, reading, lines, work.check):
            found.rejected_rows.filter(number=number, raw="").update(raw=raw[:MOST_RAW])


def _so_far(found: Import) -> str:
    found.refresh_from_db(fields=["counts"])
    new = found.counts.get("new", 0)
    return f"{new:,} items were imported before." if new else ""


def _by_parts(work: jobs.Work, found: Import) -> dict[str, int]:
    with _parts(work, found, found.position) as parts:
        for part in parts:
            work.report(round(1000 * part.share), 1000, f"{part.done:,} rows read")
            _store(work, found, part)
    return _counts(found)


def _store(work: jobs.Work, found: Import, part: Part) -> None:
    """Store a part of the rows and how far the file is read, in one transaction."""
    prepared, rejected = _prepared(work, part)
    with transaction.atomic():
        take(Lock.OPEN_SLOTS, found.project_id)
        done = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
        if done.position >= part.done:
            return  # another worker, which took this one for dead, was faster
        if not done.position:
            found.rejected_rows.all().delete()  # of a check before
        counts = _take_in(found, prepared, rejected)
        _keep_rejected(found, rejected)
        totals = {name: done.counts.get(name, 0) + counts[name] for name in COUNTS}
        Import.objects.filter(pk=found.pk).update(position=part.done, counts=totals)


def _whole(work: jobs.Work, found: Import, check_only: bool) -> dict[str, int]:
    """Import the whole file in one transaction. It is undone if it only checks, or if a row is rejected."""
    counts = dict.fromkeys(COUNTS, 0)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        try:
            with transaction.atomic(), _parts(work, found, 0) as parts:
                take(Lock.OPEN_SLOTS, found.project_id)
                already = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
                if already.position and not check_only:
                    return _counts(found)
                for part in parts:
                    work.note(round(1000 * part.share), 1000, f"{part.done:,} rows read")
                    prepared, rejected = _prepared(work, part)
                    more = _take_in(found, prepared, rejected)
                    counts = {name: counts[name] + more[name] for name in COUNTS}
                    for one in rejected:
                        spool.write(json.dumps([one.line, one.reason, one.raw]) + "\n")
                if check_only or counts["rejected"]:
                    raise _Undone
                Import.objects.filter(pk=found.pk).update(position=max(1, sum(counts.values())), counts=counts)
        except _Undone:
            spool.seek(0)
            _after_undoing(found, counts, spool, check_only)
    if counts["rejected"] and not check_only:
        raise jobs.JobProblem(
            f"{counts['rejected']:,} row{'s' if counts['rejected'] != 1 else ''} cannot be imported, so nothing was. "
            "Correct them and send the file again, or import the good rows."
        )
    return counts


def _after_undoing(found: Import, counts: dict[str, int], spool: IO[str], check_only: bool) -> None:
    with transaction.atomic():
        found.rejected_rows.all().delete()
        _keep_rejected(found, (Rejected(reason, raw, line) for line, reason, raw in map(json.loads, spool)))
        name = {"checked": counts} if check_only else counts | {"new": 0, "answers": 0}
        Import.objects.filter(pk=found.pk).update(counts=name)


@contextmanager
def _parts(work: jobs.Work, found: Import, start: int) -> Iterator[Iterator[Part]]:
    try:
        file = storage.open_content(found.sha256)
    except storage.Missing:
        raise jobs.JobProblem("The file is not in the storage any more; send it again.") from None
    reading, uses = Reading(**found.reading), found.mapping["columns"]
    with file, stream.parts(found.name, file, reading, uses, start, work.check) as parts:
        yield parts


def _prepared(work: jobs.Work, part: Part) -> tuple[list[FoundContent], list[Rejected]]:
    """Return the contents of a part, addresses fetched, and the rows that are rejected."""
    contents: list[FoundContent] = []
    rejected: list[Rejected] = []
    for one in part.found:
        if isinstance(one, Rejected):
            rejected.append(one)
        else:
            contents.append(one)
    if any(one.modality == ADDRESS for one in contents):
        return addresses.fetched(contents, rejected, work.check), rejected
    return contents, rejected


def _take_in(found: Import, contents: list[FoundContent], rejected: list[Rejected]) -> dict[str, int]:
    """Store contents with their tasks and answers within the caller's transaction; add to `rejected` what is refused."""
    project = found.project
    items = [one for one in contents if one.modality]
    stored = store_new(project, items) if items else Stored()
    if stored.changed and found.mapping["changed"] == "replace":
        replaced.replace(project, found.created_by, stored)
    rejected += [_rejected(content, reason) for content, reason in stored.refused]
    rejected += [
        _rejected(content, f"{changed_reason(content)} Choose to replace it, or leave the row out.")
        for content in stored.changed
    ]
    # Before tasks are created: what is answered already reserves no money.
    answered = answers.take_in(found, contents, rejected)
    if stored.new and project.questions.filter(plan="everything", draft=False).exists():
        queue.create_tasks_of_all_questions(project, ids_of(project, [content.sha256 for content in stored.new]))
    return {
        "new": len(stored.new),
        "known": stored.known,
        "changed": len(stored.changed) + stored.replaced,
        "answers": answered,
        "rejected": len(rejected),
    }


def _rejected(content: FoundContent, reason: str) -> Rejected:
    return Rejected(reason, line=content.line)


def _keep_rejected(found: Import, rejected: Any) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in rejected:
            reason = one.reason.removeprefix(f"{found.name}, line {one.line:,}: ")
            copy.write_row(
                (found.pk, one.line, reason[:500].replace("\x00", "␀"), one.raw[:MOST_RAW].replace("\x00", "␀"))
            )


def _counts(found: Import) -> dict[str, int]:
    found.refresh_from_db(fields=["counts"])
    return {name: found.counts.get(name, 0) for name in COUNTS}
