"""The live page: what goes on this minute, and the items behind each number."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from annotator.models import Project
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.quality import live as room

A_PAGE = 60


@project_page("view_live")
def first(request: ProjectRequest, project: Project) -> HttpResponse:
    """Redirect to the live page of the project's first question."""
    question = project.questions.first()
    if question is None:
        return render(request, "desk/nothing.html")
    return redirect("live", project.pk, question.pk)


@project_page("view_live")
def live(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show the numbers. htmx requests them again every few seconds."""
    question = question_of(request, question_id)
    template = "annotator/_live.html" if request.htmx else "annotator/live.html"
    found = {"question": question, "people": room.people(question), "questions": project.questions.all()}
    return render(request, template, found | room.figures(question))


@project_page("view_live")  # the list holds regular tasks only: it tells which items are known
def tasks(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show the items behind a number."""
    question = question_of(request, question_id)
    condition = request.GET.get("is", "all")
    batch = request.GET.get("batch", "")
    worker = request.GET.get("worker", "")
    if condition not in room.CONDITIONS or "\x00" in worker:
        raise Http404("There is no such list.")
    found = room.tasks_that(
        question, condition, batch=int(batch) if batch.isdecimal() and len(batch) < 10 else None, worker=worker
    )
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "annotator/tasks.html",
        {
            "question": question,
            "page": page,
            "condition": condition,
            "title": room.CONDITIONS[condition][0],
            "conditions": [(name, text) for name, (text, _) in room.CONDITIONS.items()],
            "worker": worker,
            "batch": batch,
        },
    )
