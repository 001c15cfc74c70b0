"""Comments: what people say about a question, and what is replied."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.models import Flag, Project
from annotator.pages.problems import sentences
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, allowed, project_page
from annotator.queue import flags
from annotator.refusal import Refused


@project_page("comment")
def comments(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show the comments: all of them to people who may settle them, only their own to everyone else. A POST adds one."""
    question = question_of(request, question_id)
    problems: list[str] = []
    if request.method == "POST":
        try:
            flags.raise_flag(question, request.user, request.member.role, request.POST.get("comment", ""))
            return redirect("comments", project.pk, question.pk)
        except Refused as problem:
            problems = sentences(problem)
    found = question.flags.select_related("worker", "task__item", "settled_by")
    may_settle = "manage_questions" in allowed(request.member)
    if not may_settle:
        found = found.filter(worker=request.user)
    data = {
        "question": question,
        "open": found.filter(settled_at=None),
        "settled": found.exclude(settled_at=None)[:50],
        "may_settle": may_settle,
        "problems": problems,
    }
    return render(request, "annotator/comments.html", data, status=400 if problems else 200)


@require_POST
@project_page("manage_questions")
def settle(request: ProjectRequest, project: Project, flag_id: int) -> HttpResponse:
    """Answer a comment."""
    flag = get_object_or_404(Flag, pk=flag_id, question__project=project)
    try:
        flags.settle(flag, request.user, request.POST.get("reply", ""))
    except Refused:
        pass  # someone else settled it first: the page shows that
    return redirect("comments", project.pk, flag.question_id)
