"""Rows of a table become items with their tasks and answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from annotator import queue
from annotator.intake.content import Stored, changed_reason, store_new
from annotator.intake.found import ADDRESS, FoundContent, Rejected
from annotator.intake.imports import answers, replaced
from annotator.models import Import

COUNTS = ("new", "known", "changed", "answers", "rejected")
MOST_RAW = 20_000  # characters of a rejected row that are kept
_COPY = 'COPY annotator_rejectedrow ("file_id", "number", "reason", "raw") FROM STDIN'


@dataclass(frozen=True)
class TakenIn:
    """What became of rows: the contents that are new items, and how many rows became what."""

    new: list[FoundContent]
    counts: dict[str, int]


def take_in(found: Import, contents: list[FoundContent], rejected: list[Rejected]) -> TakenIn:
    """Store contents with their tasks and answers within the caller's transaction; add to `rejected` what is refused."""
    project = found.project
    items = [one for one in contents if one.modality and one.modality != ADDRESS]
    stored = store_new(project, items) if items else Stored()
    if found.mapping["changed"] == "replace":
        if stored.changed:
            replaced.replace(project, found.created_by, stored)
        stored.refused += replaced.withdrawn_before(project, items, stored)
    stored.known -= len(stored.erased)
    rejected += [Rejected(reason, line=content.line) for content, reason in (*stored.refused, *stored.erased)]
    advice = "Choose to replace it, or leave the row out."
    rejected += [Rejected(f"{changed_reason(content)} {advice}", line=content.line) for content in stored.changed]
    # Before tasks are created: what is answered already reserves no money.
    answered = answers.take_in(found, contents, rejected)
    if stored.new and project.questions.filter(plan="everything", draft=False).exists():
        queue.create_tasks_of_all_questions(project, stored.ids)
    counts = {
        "new": len(stored.new),
        "known": stored.known,
        "changed": len(stored.changed) + stored.replaced,
        "answers": answered,
        "rejected": len(rejected),
    }
    return TakenIn(stored.new, counts)


def keep_rejected(found: Import, rejected: Iterable[Rejected]) -> None:
    """Store rejected rows, for the page and the download."""
    # Django turns the errors of a cursor's statements into its own, and leaves out COPY.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for one in rejected:
            reason = one.reason.removeprefix(f"{found.name}, line {one.line:,}: ")
            copy.write_row((found.pk, one.line, _plain(reason)[:500], _plain(one.raw)[:MOST_RAW]))


def _plain(text: str) -> str:
    """Return a text without NUL, which the database does not store."""
    return text.replace("\x00", "␀")
