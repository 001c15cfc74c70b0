"""Items: found, and brought in."""

import csv
import io
from dataclasses import dataclass
from typing import IO, cast
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator.intake import archives, files, folders, upload
from annotator.intake import jobs as intake
from annotator.intake.folders import Folders
from annotator.intake.imports import requests
from annotator.intake.tables.source import table_format
from annotator.items import bulk, found
from annotator.items import search as searching
from annotator.items.search import OPEN_ORDERS, ORDERS, Search
from annotator.models import Modality, Project, Split
from annotator.pages.jobs import summary
from annotator.people.body_gate import takes_body
from annotator.people.permissions import ProjectRequest, allowed, may_tell_known_items, project_page
from annotator.refusal import Refused
from annotator.server.buckets import SCHEME, BadBucket
from annotator.server.limits import MB

A_PAGE = 60


@dataclass(frozen=True)
class ItemAction:
    """What somebody wanted to do to items: the action and its value, the search of the page, and the items by id, or all."""

    name: str
    value: str
    search: dict[str, str]
    items: list[int]
    all: bool


@project_page("view_items")
def item_list(
    request: ProjectRequest,
    project: Project,
    problems: list[str] | None = None,
    status: int = 200,
    action: ItemAction | None = None,
) -> HttpResponse:
    """Show the items that a search finds, with what can be done to them; without a search the newest.

    After an action that was refused, its search and what was chosen are shown again.
    """
    may = allowed(request.member)
    may_tell = may_tell_known_items(may)
    work = summary(project)
    try:
        asked = action.search if action else request.GET.dict()
        search = searching.read(asked, project, may_tell, order="newest")
    except Refused as refusal:
        search, problems, status = Search(order="newest", may_tell=may_tell), [refusal.reason], refusal.status
    number = min(_count(request, "page") or 1, found.MOST_COUNTED // A_PAGE)
    page = found.page(project, search, A_PAGE, (number - 1) * A_PAGE)
    if not page.items and number > 1:
        number, page = 1, found.page(project, search, A_PAGE)
    splits = _splits(project)
    return render(
        request,
        "annotator/items.html",
        {
            "items": page.items,
            "found": page,
            "search": search,
            "filtered": bool(searching.chosen(search) - {"words", "order"}),
            "address": urlencode(searching.parameters(search)),
            "number": number,
            "numbers": -(-page.count // A_PAGE),
            "most": found.MOST_COUNTED,
            "endings": ",".join(f".{ending}" for ending in (*files.ENDINGS, *archives.ENDINGS)),
            "folder_levels": folders.LEVELS.items(),
            "folder_uses": folders.USES.items(),
            "folder_answers": folders.ANSWERS_AS.items(),
            "problems": problems or [],
            "nothing_imported": bool(problems) and request.method == "POST" and action is None,
            "acted": action,
            # Files that somebody sent and nobody has begun to import: otherwise nobody would find them again.
            "begun": requests.imports_of(project).filter(job=None).exclude(sha256="")[:5] if "add_items" in may else [],
            "imported": [_count(request, name) for name in ("new", "known")] if "new" in request.GET else None,
            "done": bulk.DONE.get(request.GET.get("done", ""), ""),
            "changed": _count(request, "changed"),
            **work,
            "splits": Split.choices,
            "modalities": Modality.choices,
            "orders": [(name, title) for name, (title, _) in ORDERS.items() if may_tell or name in OPEN_ORDERS],
            "may_tell": may_tell,
            "questions": project.questions.filter(draft=False),
            "actions": bulk.offered(may, search.withdrawn),
            "train": splits.get(Split.TRAIN, 0),
            "test": splits.get(Split.TEST, 0),
            "all_withdrawn": not any(splits.values()) and project.items.exists(),
        },
        status=status,
    )


def _splits(project: Project) -> dict[str, int]:
    """Return how many items each split has; of a large project as they were up to a minute ago."""
    key = f"items-of-splits:{project.pk}"
    known: dict[str, int] | None = cache.get(key)
    if known is None:
        rows = project.items.filter(withdrawn_at=None).order_by().values_list("split").annotate(Count("pk"))
        known = dict(rows)
        if sum(known.values()) > found.MOST_COUNTED:
            cache.set(key, known, 60)
    return known


def _count(request: ProjectRequest, name: str) -> int:
    """Return a count from the address that an import leads to; 0 for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@takes_body(archives.MOST_BYTES + MB)
@require_POST
@project_page("add_items")
def add(request: ProjectRequest, project: Project) -> HttpResponse:
    """Import files, one archive, a bucket, or what stands at addresses. Of a table or an archive, a preview is shown first.

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
        if zips or (len(files) == 1 and table_format(files[0].name or "")):
            begun = requests.begin(project, request.user, files[0].name or "", cast(IO[bytes], files[0].file))
            return redirect("import", project.pk, begun.pk)
        result = upload.direct(project, request.user, files)
    except upload.BadUpload as problem:
        return item_list(request, project.pk, problems=problem.reasons, status=400)
    except (BadBucket, requests.BadImport, folders.BadFolders) as problem:
        return item_list(request, project.pk, problems=[str(problem)], status=400)
    counts = {"new": len(result), "known": result.known}
    return redirect(reverse("items", args=[project.pk], query=counts))


def _from_addresses(request: ProjectRequest, project: Project, addresses: list[str]) -> HttpResponse:
    """Import a bucket, or a table with one address a line. Raises BadBucket and BadImport."""
    if len(addresses) == 1 and addresses[0].lower().startswith(SCHEME):
        by_reference = request.POST.get("by_reference") == "1"
        intake.ask_bucket(project, request.user, addresses[0], Folders.checked(project, request.POST), by_reference)
        return redirect("items", project.pk)
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["address"], *([address] for address in dict.fromkeys(addresses))])
    begun = requests.begin(
        project, request.user, "addresses.csv", io.BytesIO(buffer.getvalue().encode(errors="replace"))
    )
    return redirect("import", project.pk, begun.pk)
