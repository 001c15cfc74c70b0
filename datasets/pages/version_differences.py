"""The page that compares two versions."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from annotator import queue
from annotator.models import Project
from annotator.pages.selected import chosen_question
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from datasets.models import Version
from datasets.versions import differences

SHOWN = 100  # items of each kind
# What apps above say of two versions, such as what the difference has cost.
BLOCKS: list[Callable[[ProjectRequest, Version, Version], SafeString | str]] = []


@project_page("export_versions")
def compare(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show what differs between two versions of a question; without a choice, the newest two."""
    question = chosen_question(request, project)
    versions = list(Version.objects.filter(question=question).order_by("-number")) if question else []
    context: dict[str, Any] = {
        "question": question,
        "questions": permissions.questions(request.member),
        "versions": versions,
    }
    if question is None or len(versions) < 2:
        return render(request, "datasets/version_difference.html", context)
    after = _chosen(request, "to", versions, versions[0])
    earlier = [version for version in versions if version.number < after.number]
    before = _chosen(request, "from", versions, earlier[0] if earlier else versions[-1])
    found = differences.between(before, after)
    relabelled = differences.relabelled(before, after, found.relabelled[:SHOWN])
    added, removed = (differences.entries_of(ids[:SHOWN]) for ids in (found.added, found.removed))
    # Whoever sees labels is not asked about the items any more.
    seen = [*(one.item for one in relabelled), *(one["item"] for one in (*added, *removed))]
    queue.mark_seen(question, request.user, seen)
    context |= {
        "before": before,
        "after": after,
        "difference": found,
        "relabelled": relabelled,
        "added": added,
        "removed": removed,
        "shown": SHOWN,
        "classes": _classes(before, after),
        "blocks": [block(request, before, after) for block in BLOCKS],
    }
    return render(request, "datasets/version_difference.html", context)


def _chosen(request: ProjectRequest, name: str, versions: list[Version], otherwise: Version) -> Version:
    """Return the version whose number the address names. Raises Http404."""
    number = request.GET.get(name)
    if not number:
        return otherwise
    for version in versions:
        if str(version.number) == number:
            return version
    raise Http404("There is no such version.")


def _classes(before: Version, after: Version) -> list[tuple[str, int, int]]:
    """Return how many items of each class the versions have."""
    counts = [{str(name): train + test for name, train, test in version.classes} for version in (before, after)]
    return [(name, counts[0].get(name, 0), counts[1].get(name, 0)) for name in dict.fromkeys([*counts[0], *counts[1]])]
