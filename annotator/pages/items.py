"""Items: looked at, and brought in."""

import csv
import io
import json
from typing import IO, Any, cast

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator import contents, storage
from annotator.intake import archives, buckets, files, upload
from annotator.intake import jobs as intake
from annotator.intake.imports import requests
from annotator.intake.tables.source import table_format
from annotator.models import Change, Item, Modality, Project, Split, Task
from annotator.pages.jobs import summary
from annotator.people.body_gate import takes_body
from annotator.people.permissions import ProjectRequest, allowed, may_tell_known_items, project_page
from annotator.server.limits import MB

A_PAGE = 60
MOST_SHOWN = 20_000  # characters of a text on its item's page


@project_page("view_items")
def item_list(
    request: ProjectRequest, project: Project, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    """Show the items, by split."""
    split = request.GET.get("split", "")
    items = project.items.order_by("pk")
    chosen = items.filter(split=split) if split in Split.values else items
    page = Paginator(chosen, A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "annotator/items.html",
        {
            "page": page,
            "split": split,
            "endings": ",".join(f".{ending}" for ending in (*files.ENDINGS, *archives.ENDINGS)),
            "problems": problems or [],
            "imported": [_count(request, name) for name in ("new", "known")] if "new" in request.GET else None,
            **summary(project),
            "splits": Split.choices,
            "train": items.filter(split=Split.TRAIN).count(),
            "test": items.filter(split=Split.TEST).count(),
        },
        status=status,
    )


@project_page("view_items")
def item(request: ProjectRequest, project: Project, item_id: int) -> HttpResponse:
    """Show an item: its content, where it comes from, and what else its row said.

    Tasks and fields are shown only to people who may tell gold items from regular ones: a field may hold the answer.
    """
    found = get_object_or_404(project.items, pk=min(item_id, 2**63 - 1))
    # Asked by question, because tasks have no index by item alone.
    tasks = Task.objects.filter(question__in=project.questions.all(), item=found).select_related("question")
    may_tell = may_tell_known_items(allowed(request.member))
    return render(
        request,
        "annotator/item.html",
        {
            "item": found,
            "text": _text(found),
            "changes": [Change(change).label for change in found.changes],
            "fields": [(name, _cell(value)) for name, value in found.fields.items()] if may_tell else [],
            "tasks": tasks.order_by("question") if may_tell else None,
        },
    )


def _text(item: Item) -> str:
    """Return the beginning of what a text, a row or a pair says; empty for pictures and sounds."""
    if item.modality in (Modality.PICTURE, Modality.AUDIO):
        return ""
    try:
        return contents.read_item(item).decode(errors="replace")[:MOST_SHOWN]
    except (storage.Missing, ValueError):  # it is gone or damaged; the rest of the page is still of use
        return ""


def _cell(value: Any) -> str:
    """Return a field as a table shows it: lists and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _count(request: ProjectRequest, name: str) -> int:
    """Return a count from the address that an import leads to; 0 for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@takes_body(upload.MOST_ARCHIVE_BYTES + MB)
@require_POST
@project_page("add_items")
def add(request: ProjectRequest, project: Project) -> HttpResponse:
    """Import files, one archive, a bucket, or what stands at addresses. A table is shown first, with its columns.

    If anything is refused, the page says why and nothing is stored.
    """
    files = request.FILES.getlist("files")
    addresses = request.POST.get("addresses", "").split()
    zips = [file for file in files if archives.is_archive(file.name or "")]
    try:
        if zips and len(files) > 1:
            raise upload.BadUpload(["Send one archive by itself, or files."])
        if addresses and not files:
            return _from_addresses(request, project, addresses)
        if len(files) == 1 and table_format(files[0].name or ""):
            found = requests.begin(project, request.user, files[0].name or "", cast(IO[bytes], files[0].file))
            return redirect("import", project.pk, found.pk)
        if zips:
            upload.archive(project, request.user, zips[0])
        else:
            result = upload.direct(project, request.user, files)
            counts = {"new": len(result), "known": result.known}
            return redirect(reverse("items", args=[project.pk], query=counts))
    except upload.BadUpload as problem:
        return item_list(request, project.pk, problems=problem.reasons, status=400)
    except (archives.BadArchive, buckets.BadBucket, requests.BadImport) as problem:
        return item_list(request, project.pk, problems=[str(problem)], status=400)
    return redirect("items", project.pk)


def _from_addresses(request: ProjectRequest, project: Project, addresses: list[str]) -> HttpResponse:
    """Import a bucket, or a table with one address a line. Raises BadBucket and BadImport."""
    if len(addresses) == 1 and addresses[0].lower().startswith("s3://"):
        intake.ask_bucket(project, request.user, addresses[0])
        return redirect("items", project.pk)
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["address"], *([address] for address in dict.fromkeys(addresses))])
    found = requests.begin(
        project, request.user, "addresses.csv", io.BytesIO(buffer.getvalue().encode(errors="replace"))
    )
    return redirect("import", project.pk, found.pk)
