"""Review: one item, what people said of it, and a decision with its reason. And what people learn from decisions."""

import json
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from annotator.kinds import bootstrap
from annotator.models import Project, Question, Review
from annotator.pages.problems import sentences
from annotator.pages.selected import question_of
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from annotator.quality import review
from annotator.refusal import Refused

A_PAGE = 20
REASONS = 30


@project_page("review")
def first(request: ProjectRequest, project: Project) -> HttpResponse:
    """Redirect to the question with the most items waiting for a reviewer."""
    asked = permissions.questions(request.member)
    found = sorted(asked, key=lambda question: -review.waiting(question).count())
    if not found:
        return render(request, "desk/nothing.html")
    return redirect("review", project.pk, found[0].pk)


@project_page("review")
def next_item(
    request: ProjectRequest, project: Project, question_id: int, problems: list[str] | None = None, status: int = 200
) -> HttpResponse:
    """Show the next item to decide."""
    question = question_of(request, question_id)
    found = review.next_review(question, request.user)
    return render(request, "annotator/review.html", _data(request, question, found, problems), status=status)


def _data(
    request: ProjectRequest, question: Question, found: Review | None, problems: list[str] | None
) -> dict[str, Any]:
    given = review.answers(found) if found else []
    reasons = Review.objects.filter(task__question=question).exclude(reason="").order_by("-decided_at")
    return {
        "question": question,
        "review": found,
        "answers": given,
        "with_others": review.with_others(question, request.user) if found is None else [],
        "waiting": review.open_to(question, request.user).count(),
        "decided": Review.objects.filter(task__question=question, decision__isnull=False).count(),
        "reasons": list(dict.fromkeys(reasons.values_list("reason", flat=True)[:REASONS])),
        "id": uuid.uuid4(),
        "problems": problems or [],
        "data": _stage(request, question, found, given),
    }


def _stage(
    request: ProjectRequest, question: Question, found: Review | None, given: list[dict[str, Any]]
) -> dict[str, Any]:
    if found is None:
        return {}
    answers = [one["value"] for one in given]
    return bootstrap.question_data(question, request.user) | {
        "task": bootstrap.item_data(found.task.item, found.task_id),
        "answers": answers,
    }


@require_POST
@project_page("review")
def decide(request: ProjectRequest, project: Project, question_id: int, review_id: int) -> HttpResponse:
    """Decide an item, or ask one more person, and go on to the next."""
    question_of(request, question_id)
    try:
        if "more" in request.POST:
            review.ask_more(project, review_id, request.user, 1)
        else:
            answer_id = uuid.UUID(request.POST.get("id", ""))
            value, reason = json.loads(request.POST.get("value", "")), request.POST.get("reason", "")
            review.decide(project, review_id, request.user, answer_id, value, reason)
    except ValueError:
        return next_item(request, project.pk, question_id, ["The form was not whole; please try again."], 400)
    except Refused as problem:
        return next_item(request, project.pk, question_id, sentences(problem), problem.status)
    return redirect("review", project.pk, question_id)


@project_page("view_decisions")
def decisions(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show a person what was decided about items they answered, and why."""
    found = review.decisions_for(project, request.user)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    tasks = [one.task_id for one in page]
    mine = dict(request.user.answers.filter(task__in=tasks, decision=False).values_list("task_id", "value"))
    rows = [
        {
            "review": one,
            "mine": mine.get(one.task_id),
            "alike": one.decision is not None and mine.get(one.task_id) == one.decision.value,
        }
        for one in page
    ]
    return render(request, "annotator/decisions.html", {"page": page, "rows": rows, "count": found.count()})
