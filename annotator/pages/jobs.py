"""Long work as pages show it: with its progress, and a way to stop it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotator import audit, jobs
from annotator.access import project_page
from annotator.models import Job, Project
from annotator.models.job import State

SHOWN = 8


def summary(project: Project) -> dict[str, object]:
    """Return what the block of jobs shows: what runs, what went wrong in the last day, and how many have ended."""
    open_jobs = list(project.jobs.filter(state__in=[State.WAITING, State.RUNNING]).order_by("created_at"))
    ended = project.jobs.exclude(state__in=[State.WAITING, State.RUNNING])
    latest = ended.filter(ended_at__gt=timezone.now() - timedelta(days=1)).order_by("-ended_at")[:SHOWN]
    troubled = [job for job in latest if job.state == State.FAILED or (job.result or {}).get("refused")]
    return {"open_jobs": open_jobs, "troubled_jobs": troubled, "ended_jobs": ended.count()}


@project_page("view_question")
def job_list(request: HttpRequest, project: Project) -> HttpResponse:
    """Show the block of jobs; where one has ended since the page was made, ask the browser for the page anew."""
    found = summary(project)
    response = render(request, "annotator/_jobs.html", found)
    seen = request.GET.get("seen", "")
    if request.htmx and seen.isdigit() and int(seen) < int(str(found["ended_jobs"])):  # type: ignore[attr-defined]
        response["HX-Refresh"] = "true"
    return response


@require_POST
@project_page("cancel_jobs")
def cancel(request: HttpRequest, project: Project, job_id: str) -> HttpResponse:
    """Ask a job to stop."""
    job: Job = get_object_or_404(project.jobs, pk=job_id)
    jobs.ask_to_cancel(job)
    audit.record(request.user, project, "asked a job to stop", job=str(job.pk), title=job.title)  # type: ignore[arg-type]
    return redirect(
        request.POST.get("next") if request.POST.get("next", "").startswith(f"/projects/{project.pk}/") else "/"
    )
