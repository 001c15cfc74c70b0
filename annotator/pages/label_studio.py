"""Exports of Label Studio: what is in one, where its controls go, and what became of it."""

import uuid
from typing import IO, Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.intake import archives
from annotator.intake.found import BadContent, clean_name
from annotator.intake.label_studio import job as label_studio
from annotator.intake.label_studio.questions import checked_mapping, fitting, usual
from annotator.models import Import, ImportKind, Job, Project, Question
from annotator.pages.jobs import summary as jobs_summary
from annotator.people.body_gate import takes_body
from annotator.people.permissions import ProjectRequest, allowed, project_page
from annotator.refusal import Refused
from annotator.server.limits import MB

NEW = "new"
MOST_CONTROLS = 500


def _page(request: ProjectRequest, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "annotator/label_studio.html", more, status=status)


@takes_body(archives.MOST_BYTES + MB)
@project_page("add_items")
def label_studio_page(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show what an export holds, and let the person choose the question for each of its controls."""
    if request.method != "POST":
        return _page(request)
    file = request.FILES.get("file")
    try:
        if not isinstance(file, UploadedFile):
            raise BadContent("Choose the file that Label Studio exported.")
        name = clean_name(file.name or "export.json")
        found = label_studio.recognise(file, name)
        kept = label_studio.keep(project, request.user, name, cast(IO[bytes], file))
    except BadContent as problem:
        return _page(request, 400, problems=[str(problem)])
    return _page(request, export=kept.pk, name=name, found=found, controls=_controls(project, found))


def _controls(project: Project, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the controls, each with the questions it can go to and the one that is chosen at first."""
    rows = []
    for one in found["questions"]:
        same = None if one["problem"] else usual(project, one)
        offered: list[Question] = [] if one["problem"] else fitting(project, one)
        choices = one["config"].get("choices") or one["config"].get("labels") or []
        names = [choice["value"] if isinstance(choice, dict) else choice for choice in choices]
        rows.append(one | {"offered": offered, "chosen": same.pk if same else NEW, "names": names[:20]})
    return rows


@require_POST
@project_page("add_items")
def begin(request: ProjectRequest, project: Project) -> HttpResponse:
    """Import an export that was looked at."""
    kept = _kept(request, project)
    if kept is None:
        return _page(request, 400, problems=["Choose the file again: this page is too old."])
    gold = request.POST.get("ground_truth") == "gold"
    needed = {"manage_questions"} | ({"manage_quality"} if gold else set())
    try:
        if not needed <= allowed(request.member):
            raise Refused("Your role here does not allow this.", "forbidden", 403)
        mapping = checked_mapping(project, _chosen(request))
    except Refused as problem:
        return _page(request, problem.status, problems=[problem.reason])
    job = label_studio.begin(kept, request.user, mapping, "gold" if gold else "answers")
    return redirect("label-studio-receipt", project.pk, job.pk)


def _kept(request: ProjectRequest, project: Project) -> Import | None:
    """Return the export that the form names; None if it is not stored any more."""
    try:
        named = uuid.UUID(request.POST.get("export", ""))
    except ValueError:
        return None
    exports = project.imports.filter(kind=ImportKind.LABEL_STUDIO).exclude(sha256="")
    return exports.filter(pk=named).first()


def _chosen(request: ProjectRequest) -> dict[str, int]:
    """Return the question that is chosen for each control; a control that gets a new one is not named."""
    found = {}
    for place in range(MOST_CONTROLS):
        name, to = request.POST.get(f"name{place}"), request.POST.get(f"to{place}")
        if name is None:
            break
        if to != NEW:
            found[name] = int(to) if to and to.isascii() and to.isdigit() and len(to) < 19 else -1
    return found


@project_page("view_jobs")
def receipt(request: ProjectRequest, project: Project, job_id: str) -> HttpResponse:
    """Show what became of an export."""
    job: Job = get_object_or_404(project.jobs, pk=job_id, kind=label_studio.KIND)
    result = job.result or {}
    counts = {"new": 0, "known": 0, "answers": 0, "known_answers": 0, "gold": 0, "suggestions": 0, "cancelled": 0}
    people = sorted(result.get("people", {}).items(), key=lambda one: -one[1])
    lost = sorted(result.get("lost", {}).items(), key=lambda one: -one[1])
    questions = project.questions.filter(pk__in=list(result.get("questions", {}).values()))
    shown = {
        "job": job,
        "result": result,
        "counts": counts | result.get("counts", {}),
        "people": people,
        "lost": lost,
        "questions": questions,
        "unread": result.get("summary", {}).get("problems", []),
    }
    return render(request, "annotator/label_studio_receipt.html", shown | jobs_summary(project))
