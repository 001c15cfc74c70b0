"""How far a question is."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from annotator.models import Purpose, Question


@dataclass(frozen=True)
class Progress:
    """How far a question is: tasks, tasks with all their answers, answers that count, and answers wanted."""

    tasks: int
    tasks_done: int
    answers: int
    answers_wanted: int


def progress(question: Question) -> Progress:
    """Count how far a question is. Gold and qualification tasks are not part of it."""
    sums = question.tasks.filter(purpose=Purpose.WORK).aggregate(
        tasks=Count("pk"),
        done=Count("pk", filter=Q(answer_count__gte=F("overlap"))),
        wanted=Sum("overlap"),
        given=Sum("answer_count"),
    )
    return Progress(
        tasks=sums["tasks"], tasks_done=sums["done"], answers=sums["given"] or 0, answers_wanted=sums["wanted"] or 0
    )
