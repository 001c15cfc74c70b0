"""A question: what is asked, what it pays, how far it is, and its wordings."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from annotator import queue
from annotator.models import Answer, Project
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page


@project_page("view_question")
def question(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show a question."""
    found = get_object_or_404(permissions.questions(request.member), pk=question_id)
    may = permissions.allowed(request.member)
    progress = queue.progress(found)
    return render(
        request,
        "annotator/question.html",
        {
            "question": found,
            "progress": progress,
            "progress_shown": "view_overview" in may and permissions.may_tell_known_items(may),
            "simulated": Answer.objects.filter(task__question=found, simulated=True).count(),
            "imported": Answer.objects.filter(task__question=found, imported=True, decision=False).count(),
            "label_price": found.price * found.overlap,
            "revisions": found.revisions.select_related("created_by"),
            "left": (progress.answers_wanted - progress.answers) * found.price,
        },
    )
