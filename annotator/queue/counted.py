"""Which answers count."""

from django.db.models import Exists, OuterRef, QuerySet

from annotator.models import Answer, CountedAnswer


def latest(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Return the answers that no later answer has replaced."""
    later = Answer.objects.filter(task=OuterRef("task"), worker=OuterRef("worker"), replaces=OuterRef("pk"))
    return answers.exclude(Exists(later))


def counted() -> QuerySet[CountedAnswer]:
    """Return the answers that count. Handwritten SQL reads the same view, `annotator_countedanswer`."""
    return CountedAnswer.objects.all()
