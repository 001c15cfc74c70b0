"""The job that imports a table. It goes on where it was after a crash, and can be stopped.

Each part of the rows is one transaction: items, tasks, answers, rejected rows, and how far the file is read. If rejected rows
stop the import, the file is checked first, and a file of up to `MOST_AT_ONCE` rows is then one transaction. A larger one would
keep others from changing the project for too long: it is imported in parts once the check has found nothing wrong.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from annotator import jobs, storage
from annotator.intake import addresses
from annotator.intake.found import ADDRESS, BadContent, FoundContent, Rejected
from annotator.intake.imports import check, requests, rows, stream
from annotator.intake.imports.rows import COUNTS
from annotator.intake.imports.stream import Part
from annotator.intake.tables.source import TableReading
from annotator.models import Import, OnRejected
from annotator.queue import open_slots
from annotator.server import sql

MOST_AT_ONCE = 50_000  # rows
GROWN = (2_000, 20_000, 200_000)  # rows after which the database looks at how large the table is


@jobs.handles(requests.KIND)
def run(work: jobs.Work) -> None:
    """Import the file of an import, or only check it."""
    found = Import.objects.select_related("project", "created_by").get(pk=work.arguments["import"])
    check_only = bool(work.arguments["check"])
    try:
        if check_only:
            counts, _ = _checked(work, found)
            Import.objects.filter(pk=found.pk).update(counts={"checked": counts})
        elif found.on_rejected == OnRejected.STOP and not found.position:
            counts = _all_or_nothing(work, found)
        else:
            counts = _by_parts(work, found)
    except BadContent as problem:
        raise jobs.JobProblem(f"{problem} {_so_far(found)}".strip()) from None
    _fill_in_raw(work, found)
    with work.finish() as said:
        said.update(counts, refused=counts["rejected"], check=check_only, file=str(found.pk))
        said["reasons"] = list(found.rejected_rows.values_list("reason", flat=True)[:50])


def _checked(work: jobs.Work, found: Import) -> tuple[dict[str, int], int]:
    """Check the file. Return what an import would do, and how many rows the file has."""
    found.rejected_rows.all().delete()
    checking, done = check.Check(found), 0
    with _parts(work, found, 0) as parts:
        for part in parts:
            work.report(round(1000 * part.share), 1000, f"{part.done:,} rows checked")
            checking.add(part.found)
            done = part.done
    return checking.counts, done


def _all_or_nothing(work: jobs.Work, found: Import) -> dict[str, int]:
    counts, size = _checked(work, found)
    if not counts["rejected"]:
        if size > MOST_AT_ONCE:
            return _by_parts(work, found)
        rejected = _at_once(work, found)
        if not rejected:
            return _counts(found)
        rows.keep_rejected(found, rejected)  # what was imported meanwhile contradicts these rows
        counts["rejected"] = len(rejected)
    Import.objects.filter(pk=found.pk).update(counts=counts | {"new": 0, "answers": 0})
    _fill_in_raw(work, found)
    raise jobs.JobProblem(
        f"{counts['rejected']:,} row{'s' if counts['rejected'] != 1 else ''} cannot be imported, so nothing was. "
        "Correct them and send the file again, or import the good rows."
    )


def _at_once(work: jobs.Work, found: Import) -> list[Rejected]:
    """Import the whole file in one transaction. Return the rows that are rejected; then nothing is imported."""
    counts = dict.fromkeys(COUNTS, 0)
    rejected: list[Rejected] = []
    with _parts(work, found, 0) as parts, transaction.atomic():
        open_slots.lock(found.project_id)
        done = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
        if done.position:
            return []  # another worker, which took this one for dead, was faster
        last = 0
        for part in parts:
            work.note(round(1000 * part.share), 1000, f"{part.done:,} rows read")
            contents, more = _prepared(work, part)
            stored = rows.take_in(found, contents, more)
            counts = {name: counts[name] + stored.counts[name] for name in COUNTS}
            rejected += more
            _note_growth(last, part.done)
            last = part.done
        if rejected:
            transaction.set_rollback(True)
        else:
            Import.objects.filter(pk=found.pk).update(position=last, counts=counts)
    return rejected


def _fill_in_raw(work: jobs.Work, found: Import) -> None:
    """Store how rejected rows are written, where it is not known yet: those that were refused after they were read."""
    lines = list(found.rejected_rows.filter(raw="").values_list("number", flat=True))
    if not lines:
        return
    with storage.open_content(found.sha256) as file:
        reading = TableReading(**found.reading)
        for number, raw in stream.as_written(found.name, file, reading, lines, work.check):
            found.rejected_rows.filter(number=number, raw="").update(raw=raw[: rows.MOST_RAW])


def _so_far(found: Import) -> str:
    found.refresh_from_db(fields=["counts"])
    new = found.counts.get("new", 0)
    return f"{new:,} items were imported before." if new else ""


def _by_parts(work: jobs.Work, found: Import) -> dict[str, int]:
    last = found.position
    with _parts(work, found, last) as parts:
        for part in parts:
            work.report(round(1000 * part.share), 1000, f"{part.done:,} rows read")
            _store(work, found, part)
            _note_growth(last, part.done)
            last = part.done
    return _counts(found)


def _note_growth(before: int, after: int) -> None:
    if any(before < rows <= after for rows in GROWN):
        sql.analyze("annotator_item", "project_id", "sha256", "external_id", "name")


def _store(work: jobs.Work, found: Import, part: Part) -> None:
    """Store a part of the rows and how far the file is read, in one transaction."""
    prepared, rejected = _prepared(work, part)
    with transaction.atomic():
        open_slots.lock(found.project_id)
        done = Import.objects.select_for_update(no_key=True, of=("self",)).get(pk=found.pk)
        if done.position >= part.done:
            return  # another worker, which took this one for dead, was faster
        if not done.position:
            found.rejected_rows.all().delete()  # of a check before
        counts = rows.take_in(found, prepared, rejected).counts
        rows.keep_rejected(found, rejected)
        totals = {name: done.counts.get(name, 0) + counts[name] for name in COUNTS}
        Import.objects.filter(pk=found.pk).update(position=part.done, counts=totals)


@contextmanager
def _parts(work: jobs.Work, found: Import, start: int) -> Iterator[Iterator[Part]]:
    try:
        file = storage.open_content(found.sha256)
    except storage.Missing:
        raise jobs.JobProblem("The file is not in the storage any more; send it again.") from None
    # In the order of the file: the database sorts the keys of a document.
    chosen = found.mapping["columns"]
    uses = {name: chosen[name] for column in found.columns if (name := column["name"]) in chosen}
    reading = TableReading(**found.reading)
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


def _counts(found: Import) -> dict[str, int]:
    found.refresh_from_db(fields=["counts"])
    return {name: found.counts.get(name, 0) for name in COUNTS}
