"""The question a page is about."""

from django.shortcuts import get_object_or_404

from annotator.models import Project, Question
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest


def chosen_question(request: ProjectRequest, project: Project) -> Question | None:
    """Return the question a page is about: the one of `?question=`, else the first. Raises Http404 for a wrong one.

    A draft is one only for people who may see drafts.
    """
    found = permissions.questions(request.member)
    wanted = request.GET.get("question") or request.POST.get("question")
    if wanted:
        return get_object_or_404(found, pk=wanted if wanted.isdecimal() and len(wanted) < 19 else 0)
    return found.first()


def question_of(request: ProjectRequest, question_id: int) -> Question:
    """Return a question of the project that the page is in. Raises Http404 where it has none that the person may know of."""
    found = permissions.questions(request.member)
    return get_object_or_404(found.select_related("project"), pk=question_id)
