"""The page of one worker at one question."""

from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from annotator.models import Answer, Project, Question, User, WorkerStatus
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.quality import wilson
from annotator.server import sql
from datasets.models import Aggregation
from workers.budget.models import AccountName, Entry, EntryKind

REASONS = {
    "one key": "Nearly all of their answers are the same, far more than their items would give.",
    "too fast": "They take less than a third of the usual time.",
    "at random": "Their answers are hardly more right than guesses.",
}
_SPEED = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a.active_ms) FILTER (WHERE a.worker_id = %(worker)s::bigint) / 1000,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY a.active_ms) / 1000
FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
WHERE t.question_id = %(question)s::bigint AND NOT a.decision AND NOT a.imported AND a.active_ms > 0
"""


@project_page("manage_quality")
def worker(request: ProjectRequest, project: Project, question_id: int, user_id: int) -> HttpResponse:
    """Show what is known about a person at a question."""
    question = question_of(request, question_id)
    person = get_object_or_404(User, pk=user_id, memberships__project=project)
    return render(
        request,
        "workers/budget/worker.html",
        {"question": question, "person": person, "member": project.members.get(user=person)} | about(question, person),
    )


def about(question: Question, person: User) -> dict[str, Any]:
    """Return the figures of a person at a question: what was learned, gold items, speed, earnings."""
    aggregation = Aggregation.objects.filter(question=question).first()
    found = next((one for one in (aggregation.workers if aggregation else []) if one["worker"] == person.pk), None)
    standing = WorkerStatus.objects.filter(question=question, worker=person).first()
    [(mine, usual)] = sql.rows(_SPEED, question=question.pk, worker=person.pk)
    given = Answer.objects.filter(task__question=question, worker=person, decision=False, replaces=None).aggregate(
        count=Count("pk"), time=Sum("active_ms", filter=Q(imported=False))
    )
    earned = _earned(question, person)
    worked = timedelta(milliseconds=given["time"] or 0).total_seconds() / 3600
    return {
        "found": found,
        "classes": aggregation.classes if aggregation else [],
        "matrix": _matrix(found, aggregation.classes if aggregation else []),
        "doubts": [REASONS[one] for one in (found["suspicion"] if found else [])],
        "standing": standing,
        "gold": wilson(standing.gold_right, standing.gold_total) if standing and standing.gold_total else None,
        "seconds": mine,
        "usual_seconds": usual,
        "given": given,
        "earned": earned,
        "an_hour": float(earned) / worked if worked > 1 / 60 else None,
    }


def _earned(question: Question, person: User) -> Any:
    back = When(target__name=AccountName.AVAILABLE, then=-F("amount"))
    kinds = [EntryKind.ANSWER, EntryKind.CORRECTION, EntryKind.REFUND, EntryKind.BONUS]
    paid = Entry.objects.filter(question=question, worker=person, kind__in=kinds)
    return paid.aggregate(sum=Sum(Case(back, default=F("amount"))))["sum"] or 0


def _matrix(found: dict[str, Any] | None, classes: list[Any]) -> list[tuple[Any, list[tuple[float, bool]]]]:
    """Return the confusion matrix's rows: the true class, and for each answer its share and whether it is right."""
    if not found or not found.get("confusion"):
        return []
    return [
        (classes[truth], [(share, truth == said) for said, share in enumerate(row)])
        for truth, row in enumerate(found["confusion"])
    ]
