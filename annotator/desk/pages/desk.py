"""The desk: one item, one question, and the keys that answer it."""

from typing import Any, cast

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie

from annotator.desk import own_answers
from annotator.desk.own_answers import is_uuid
from annotator.kinds import bootstrap
from annotator.models import Answer, Assignment, BatchState, Project, Question, Task, User
from annotator.money import currency_digits
from annotator.people.permissions import ProjectRequest, project_page
from annotator.quality import review

REASONS = ["I cannot tell", "It is broken or cannot be shown", "No answer fits", "I do not want to see this"]


@ensure_csrf_cookie
@project_page("answer")
def desk(request: ProjectRequest, project: Project, question_id: int | None = None) -> HttpResponse:
    """Show the desk for a question, or for the first with work for the person. `?change=` opens one of their answers."""
    user: User = request.user
    if question_id is None:
        question = _first(project, user)
        if question is None:
            return render(request, "desk/nothing.html")
    else:
        question = get_object_or_404(project.questions.filter(draft=False), pk=question_id)
    data = {
        "question": question,
        "data": _data(project, question, user) | _change(request, project, question, user),
        "reasons": REASONS,
        "decisions": review.decisions_for(project, user).count(),
    }
    return render(request, "desk/desk.html", data)


def _data(project: Project, question: Question, user: User) -> dict[str, object]:
    """Return the data that the desk's script starts with."""
    base = reverse("api:project-detail", args=[project.pk])
    asked = reverse("api:question-detail", args=[project.pk, question.pk])
    return bootstrap.question_data(question, user) | {
        "alive": static("desk/desk.js"),
        "next": f"{asked}tasks/next/",
        "tasks": f"{base}tasks/",
        "flags": f"{asked}flags/",
        "name": user.display_name,
        "price": str(question.price),
        "pay": bootstrap.booked(question, user),
        "pays": f"{asked}pay/",
        "currency": project.currency,
        "digits": currency_digits(project.currency),
        "answered": Answer.objects.filter(worker=user, task__question=question, decision=False, replaces=None).count(),
        "total": question.tasks.count(),
        "leave": reverse("projects"),
        "others": [
            {"text": other.text, "url": reverse("desk-question", args=[project.pk, other.pk])}
            for other in project.questions.filter(draft=False).exclude(pk=question.pk)
        ],
    }


def _first(project: Project, user: User) -> Question | None:
    """Return the first question with an open slot for the person in an open batch; otherwise the first question, or None."""
    asked = project.questions.filter(draft=False)
    free = Task.objects.filter(question=OuterRef("pk"), batch__state=BatchState.OPEN, open_slots__gt=0)
    unmet = free.exclude(assignments__in=Assignment.objects.filter(worker=user, state__in=["answered", "skipped"]))
    return asked.filter(Exists(unmet)).first() or asked.first()


def _change(request: ProjectRequest, project: Project, question: Question, user: User) -> dict[str, object]:
    """Return the answer to change, when the address names one that may be changed; otherwise an empty dict."""
    wanted = request.GET.get("change", "")
    found = (
        own_answers.changeable(project, user).filter(pk=wanted, task__question=question).first()
        if is_uuid(wanted)
        else None
    )
    if found is None:
        return {}
    task = bootstrap.item_data(found.task.item, str(cast(Any, found).public_id))
    leads = reverse("history", args=[project.pk])
    return {"change": {"task": task, "value": found.value, "answer": str(found.pk), "leads": leads}}
