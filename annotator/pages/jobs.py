"""Jobs as pages show them: with their progress, and a way to cancel them."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotator import jobs
from annotator.models import Job, Project
from annotator.models.job import OPEN, JobState
from annotator.people.permissions import ProjectRequest, project_page

SHOWN = 8
QUIET_FOR = timedelta(seconds=3)  # regular work is shown from then on


@dataclass(frozen=True)
class JobRow:
    """A line of the block: a job, or one whose parts are at work in its place."""

    pk: uuid.UUID
    title: str
    state: str
    message: str
    percent: int
    cancel_asked: bool


def _row(job: Any) -> JobRow:
    """Return the line of a job that is open, or has open parts (annotated with how many)."""
    if job.open:
        return JobRow(job.pk, job.title, job.state, job.message, job.percent, job.cancel_asked)
    done = job.parts_all - job.parts_open
    stopping = job.parts.filter(cancel_asked=True, state=JobState.RUNNING).exists()
    percent = round(100 * done / job.parts_all)
    return JobRow(job.pk, job.title, JobState.RUNNING, f"{done} of {job.parts_all} done", percent, stopping)


def _worth_saying(job: Job) -> bool:
    """Check whether a job failed, left something out, has a note, or is an import whose files a person waits for.

    What a check would leave out is on its own page, and so is what became of a table.
    """
    result = job.result or {}
    if job.state == JobState.FAILED:
        return True
    if job.state != JobState.DONE or result.get("check"):
        return False
    return bool(result.get("refused") or result.get("note")) or "files" in result


def summary(project: Project) -> dict[str, object]:
    """Return what the block of jobs shows: what runs, what went wrong in the last day, and how many have ended.

    A page calls it before it reads anything else. What ends meanwhile is then not counted, and the page is loaded again for it.
    """
    single = project.jobs.filter(parent=None)
    ended_jobs = single.exclude(state__in=OPEN).exclude(kind__in=jobs.quiet_kinds).count()
    just_begun = Q(started_at=None) | Q(started_at__gt=timezone.now() - QUIET_FOR)
    single = single.exclude(just_begun, kind__in=jobs.quiet_kinds, state__in=OPEN)
    counts = {"parts_all": Count("parts"), "parts_open": Count("parts", filter=Q(parts__state__in=OPEN))}
    running = single.annotate(**counts).filter(Q(state__in=OPEN) | Q(parts_open__gt=0)).order_by("created_at")
    open_jobs = [_row(job) for job in running]
    latest = project.jobs.exclude(state__in=OPEN).filter(ended_at__gt=timezone.now() - timedelta(days=1))
    unread = latest.filter(Q(dismissed_at=None) | Q(dismissed_at__lt=F("ended_at"))).order_by("-ended_at")
    troubled = [job for job in unread[: SHOWN * 3] if _worth_saying(job)]
    troubled = list({(job.parent_id or job.pk, job.error): job for job in troubled}.values())[:SHOWN]
    return {"open_jobs": open_jobs, "troubled_jobs": troubled, "ended_jobs": ended_jobs}


@project_page("view_question")
def job_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the block of jobs. If a job has ended since the page was made, tell the browser to reload the page."""
    found = summary(project)
    response = render(request, "annotator/_jobs.html", found)
    seen = request.GET.get("seen", "")
    if request.htmx and seen.isdecimal() and len(seen) < 10 and int(seen) < int(str(found["ended_jobs"])):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@project_page("cancel_jobs")
def cancel(request: ProjectRequest, project: Project, job_id: str) -> HttpResponse:
    """Ask a job to stop."""
    job: Job = get_object_or_404(project.jobs, pk=job_id)
    jobs.ask_to_cancel(job, request.user)
    return _back(request, project)


@require_POST
@project_page("view_jobs")
def dismiss(request: ProjectRequest, project: Project, job_id: str) -> HttpResponse:
    """Hide what a job left out, or why it failed, from the pages of the project."""
    ended: Job = get_object_or_404(project.jobs.exclude(state__in=OPEN), pk=job_id)
    Job.objects.filter(pk=ended.pk).update(dismissed_at=timezone.now())
    return _back(request, project)


def _back(request: ProjectRequest, project: Project) -> HttpResponse:
    """Return the block of jobs to a page that shows it, and lead everybody else to where the form says."""
    if request.htmx:
        return render(request, "annotator/_jobs.html", summary(project))
    following = request.POST.get("next", "")
    return redirect(following if following.startswith(f"/projects/{project.pk}/") else "/")
