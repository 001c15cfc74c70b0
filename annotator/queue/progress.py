"""The progress of a question."""

from dataclasses import dataclass

from django.db.models import Case, Count, F, Q, Sum, When

from annotator.models import BatchState, Purpose, Question


@dataclass(frozen=True)
class Progress:
    """The progress of a question: tasks, tasks with all their answers, answers that count, and answers wanted."""

    tasks: int
    tasks_done: int
    answers: int
    answers_wanted: int


def progress(question: Question) -> Progress:
    """Return the progress of a question. Gold and qualification tasks are left out, and tasks that ask nobody."""
    sums = question.tasks.filter(purpose=Purpose.WORK, overlap__gt=0).aggregate(
        tasks=Count("pk"),
        done=Count("pk", filter=Q(answer_count__gte=F("overlap"))),
        # A closed batch wants no more answers.
        wanted=Sum(Case(When(batch__state=BatchState.CLOSED, then=F("answer_count")), default=F("overlap"))),
        given=Sum("answer_count"),
    )
    return Progress(
        tasks=sums["tasks"], tasks_done=sums["done"], answers=sums["given"] or 0, answers_wanted=sums["wanted"] or 0
    )
