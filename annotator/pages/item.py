"""The page of one item, and what is done to one or many items."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from annotator import contents, storage
from annotator.items import bulk
from annotator.items import search as searching
from annotator.models import Change, Item, Modality, Project, Task
from annotator.pages.items import ItemAction, item_list
from annotator.people.permissions import ProjectRequest, allowed, may_tell_known_items, project_page
from annotator.refusal import Refused
from annotator.server import buckets

MOST_SHOWN = 20_000  # characters of a text on its item's page
# Blocks of the apps above on the page of an item. Each gets the request and the item, and returns HTML or nothing.
BLOCKS: list[Callable[[ProjectRequest, Item], SafeString | str]] = []


@project_page("view_items")
def item(
    request: ProjectRequest, project: Project, item_id: int, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    """Show an item: its content, where it comes from, what else its row said, and what can be done to it.

    Tasks, fields and the like are shown only to people who may tell gold items from regular ones: they may tell the answer.
    """
    found = get_object_or_404(project.items.select_related("withdrawn_by"), pk=min(item_id, 2**63 - 1))
    # Asked by question, because tasks have no index by item alone.
    tasks = Task.objects.filter(question__in=project.questions.all(), item=found).select_related("question")
    may = allowed(request.member)
    may_tell = may_tell_known_items(may)
    return render(
        request,
        "annotator/item.html",
        {
            "item": found,
            "text": _text(found),
            "link": _link(found) if may_tell else "",
            "changes": [Change(change).label for change in found.changes],
            "fields": [(name, _cell(value)) for name, value in found.fields.items()] if may_tell else [],
            "tasks": tasks.order_by("question") if may_tell else None,
            "may_tell": may_tell,
            "problems": problems or [],
            "done": bulk.DONE.get(request.GET.get("done", ""), ""),
            "actions": [] if found.erased_at else bulk.offered(may, bool(found.withdrawn_at)),
            "questions": project.questions.filter(draft=False),
            "blocks": [block(request, found) for block in BLOCKS],
        },
        status=status,
    )


@require_POST
@project_page("manage_items")
def act(request: ProjectRequest, project: Project) -> HttpResponse:
    """Do something to the chosen items, or to all that the search of the page finds."""
    name = request.POST.get("action", "")
    if name in bulk.PERMISSIONS and bulk.PERMISSIONS[name] not in allowed(request.member):
        raise PermissionDenied("Your role here does not allow this.")
    ids = [int(one) for one in request.POST.getlist("items") if one.isdecimal() and len(one) < 19]
    one = request.POST.get("one", "") == "1" and len(ids) == 1
    address = request.POST.get("search", "")
    question = request.POST.get("question", "")
    action = bulk.Action(
        name,
        request.POST.get(f"{name}_value", ""),
        int(question) if question.isdecimal() and len(question) < 19 else None,
    )
    try:
        search = None
        if request.POST.get("all") == "1":
            may_tell = may_tell_known_items(allowed(request.member))
            search = searching.read(dict(parse_qsl(address)), project, may_tell, order="newest")
        outcome = bulk.do(project, request.user, action, ids, search)
    except Refused as refusal:
        if one:
            return item(request, project.pk, ids[0], problems=[refusal.reason], status=refusal.status)
        wanted = ItemAction(name, action.value, dict(parse_qsl(address)), ids, request.POST.get("all") == "1")
        return item_list(request, project.pk, problems=[refusal.reason], status=refusal.status, action=wanted)
    if one:
        return redirect(reverse("item", args=[project.pk, ids[0]], query={"done": name}))
    said = {} if outcome.job else {"done": name, "changed": str(outcome.changed)}
    return redirect(reverse("items", args=[project.pk], query=dict(parse_qsl(address)) | said, fragment="found"))


def _link(item: Item) -> str:
    """Return a signed link to a file that was left in its bucket; nothing for other items."""
    try:
        return buckets.link(item.reference, item.mime_type) if item.reference else ""
    except buckets.BadBucket:  # it is not among the allowed ones any more
        return ""


def _text(item: Item) -> str:
    """Return the beginning of what a text, a row or a pair says; empty for pictures and sounds."""
    if item.modality in (Modality.PICTURE, Modality.AUDIO):
        return ""
    try:
        return contents.read_item(item).decode(errors="replace")[:MOST_SHOWN]
    except (
        storage.Missing,
        contents.NotNow,
        ValueError,
    ):  # it is gone or damaged; the rest of the page is still of use
        return ""


def _cell(value: Any) -> str:
    """Return a field as a table shows it: lists and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
