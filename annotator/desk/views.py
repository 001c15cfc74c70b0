"""The desk: one item, one question, the keys."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie

from annotator import kinds, review
from annotator.access import project_page
from annotator.models import Answer, Project, Question, User

REASONS = ["I cannot tell", "The picture is broken", "No choice fits", "I do not want to see this"]


@ensure_csrf_cookie
@project_page("answer")
def desk(request: HttpRequest, project: Project, question_id: int | None = None) -> HttpResponse:
    """Open the desk at a question, or at the project's first."""
    if question_id is None:
        question = project.questions.first()
        if question is None:
            return render(request, "desk/nothing.html")
    else:
        question = get_object_or_404(project.questions, pk=question_id)
    user: User = request.user  # type: ignore[assignment]
    data = {
        "question": question,
        "data": _data(project, question, user),
        "reasons": REASONS,
        "decisions": review.decisions_for(project, user).count(),
    }
    return render(request, "desk/desk.html", data)


def _data(project: Project, question: Question, user: User) -> dict[str, object]:
    """Return what the desk's script starts from."""
    base = f"/api/projects/{project.pk}/"
    return {
        "person": user.pk,
        "question": question.pk,
        "config": question.config,
        "widget": static(kinds.get(question.kind).widget),
        "next": f"{base}questions/{question.pk}/tasks/next/",
        "tasks": f"{base}tasks/",
        "flags": f"{base}questions/{question.pk}/flags/",
        "price": str(question.price),
        "currency": project.currency,
        "answered": Answer.objects.filter(worker=user, task__question=question, decision=False).count(),
        "total": question.tasks.count(),
        "leave": reverse("projects"),
    }
