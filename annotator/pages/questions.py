"""A question: what is asked, what it pays, how far it is, and its wordings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotator import access, queue
from annotator.access import project_page
from annotator.models import Answer, Project


@project_page("view_question")
def question(request: HttpRequest, project: Project, question_id: int) -> HttpResponse:
    """Show a question."""
    found = get_object_or_404(access.questions(request.member), pk=question_id)  # type: ignore[attr-defined]
    may = access.allowed(request.member)  # type: ignore[attr-defined]
    progress = queue.progress(found)
    return render(
        request,
        "annotator/question.html",
        {
            "question": found,
            "progress": progress,
            "progress_shown": "view_overview" in may and access.may_tell_known_items(may),
            "simulated": Answer.objects.filter(task__question=found, simulated=True).count(),
            "label_price": found.price * found.overlap,
            "revisions": found.revisions.select_related("created_by"),
            "left": (progress.answers_wanted - progress.answers) * found.price,
        },
    )
