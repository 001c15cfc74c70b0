"""The import of a table or an archive: what was recognised, what columns or folders are used for, and what became of it."""

import uuid
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from annotator.intake import folders, mapping
from annotator.intake.folders import ANSWERS_AS
from annotator.intake.imports import rejected, requests
from annotator.intake.tables.delimited import NONE
from annotator.intake.tables.encodings import NAMES
from annotator.intake.tables.source import IN_TEXT, TableReading, table_format
from annotator.models import Import, OnRejected, Project
from annotator.pages.jobs import summary
from annotator.people.permissions import ProjectRequest, project_page
from annotator.refusal import Refused

SHOWN = 50  # rejected rows on the page
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar", NONE: "None: one column"}


@project_page("add_items")
def mapping_page(request: ProjectRequest, project: Project, import_id: uuid.UUID) -> HttpResponse:
    """Show an import; change how it is read or mapped, check it, start it, or go on with it."""
    found = get_object_or_404(requests.imports_of(project).select_related("job", "created_by", "project"), pk=import_id)
    if request.method != "POST":
        return _page(request, found)
    try:
        return _done(request, found)
    except requests.BadImport as problem:
        found.refresh_from_db()
        return _page(request, found, str(problem), 400, sent=True)
    except Refused as refused:
        found.refresh_from_db()
        return _page(request, found, refused.reason, refused.status)


def _done(request: ProjectRequest, found: Import) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "read":
        names = ("encoding", "delimiter", "sheet", "key")
        requests.read_as(found, TableReading(**{name: request.POST.get(name, "")[:200] for name in names}))
    elif action == "continue":
        requests.go_on(found, request.user)
    elif action in ("check", "start"):
        requests.choose(found, _chosen(request, found), request.POST.get("on_rejected", OnRejected.SKIP))
        requests.start(found, request.user, check_only=action == "check")
    else:
        raise requests.BadImport("Choose whether to check the file or to import it.")
    return redirect("import", found.project_id, found.pk)


def _chosen(request: ProjectRequest, found: Import) -> dict[str, Any]:
    """Return the mapping that the form holds. Columns are named by their place, because any text can be a column's name."""
    sent = request.POST
    if found.is_archive:
        return {name: sent.get(name, "") for name in (*folders.LEVELS, "question", "answers_as")}
    question = sent.get("question", "")
    return {
        "columns": {
            column["name"]: sent.get(f"use-{place}", mapping.ColumnUse.FIELD)
            for place, column in enumerate(found.columns)
        },
        "question": int(question) if question.isascii() and question.isdigit() and len(question) < 19 else None,
        **{name: sent.get(name, "") for name in ("answers_as", "worker", "changed")},
    }


def _page(
    request: ProjectRequest, found: Import, problem: str = "", status: int = 200, sent: bool = False
) -> HttpResponse:
    project = found.project
    chosen = _chosen(request, found) if sent and request.POST.get("action") in ("check", "start") else found.mapping
    uses = chosen.get("columns", {})
    table = table_format(found.name)
    checks = project.jobs.filter(arguments__import=str(found.pk), arguments__check=True)
    check = checks.order_by("-created_at").first()
    counts = _counts(found)
    return render(
        request,
        "annotator/import.html",
        {
            "file": found,
            "problem": problem,
            "rows": [
                {"place": place, **column, "use": uses.get(column["name"], "field")}
                for place, column in enumerate(found.columns)
            ],
            "uses": mapping.LABELS.items(),
            "archive": found.recognised.get("archive"),
            "levels": _levels(found, chosen),
            "folder_uses": folders.USES.items(),
            "chosen": chosen,
            "questions": project.questions.filter(draft=False),
            "answers_as": ANSWERS_AS.items(),
            "changed": requests.CHANGED.items(),
            "on_rejected": OnRejected.choices,
            "in_text": table in IN_TEXT,
            "delimited": table == "delimited",
            "encodings": NAMES.items(),
            "delimiters": _delimiters(found).items(),
            "check": check,
            "counts": counts,
            "rejected": list(found.rejected_rows.all()[:SHOWN]) if counts else [],
            "stopped": found.job is not None and found.job.state in ("failed", "cancelled"),
            **summary(project),
        },
        status=status,
    )


def _levels(found: Import, chosen: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the outermost and innermost folders of an archive: what they are used for, and their names with counts."""
    if not found.is_archive:
        return []
    listed = found.recognised["archive"]
    return [
        {"name": name, "title": title.removesuffix(" is"), "use": chosen.get(name, ""), "folders": listed[name]}
        for name, title in folders.LEVELS.items()
    ]


def _counts(found: Import) -> dict[str, int] | None:
    """Return what a check counted, or an import that has ended."""
    if found.job is None:
        return found.counts.get("checked")
    return found.counts if "new" in found.counts and not found.job.open else None


@require_safe
@project_page("add_items")
def rejected_rows(request: ProjectRequest, project: Project, import_id: uuid.UUID) -> StreamingHttpResponse:
    """Download the rejected rows: as they are written, or with `report`, with their reasons."""
    found = get_object_or_404(requests.imports_of(project), pk=import_id)
    return rejected.download(found, "report" in request.GET)


def _delimiters(found: Import) -> dict[str, str]:
    """Return the delimiters to choose from, with the one that the file names itself."""
    named = found.reading.get("delimiter", ",")
    return DELIMITERS if named in DELIMITERS else {named: f"“{named}”", **DELIMITERS}
