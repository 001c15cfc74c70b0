"""Gold items that people contradict: either the people are wrong, or the known answer is."""

from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, F, Sum

from annotator import kinds
from annotator.models import Answer, Gold, Question, WorkerStatus
from annotator.quality import surely_under

HALF = 0.5  # the known answer is in doubt when a smaller share than this agrees
LEAST = 3  # people
MOST = 5_000  # answers compared while somebody waits for the page


@dataclass(frozen=True)
class Contradicted:
    """A gold item with which surely fewer than half of the people agree. Only each person's first answer counts."""

    gold: Gold
    agree: int
    people: int


def contradicted(question: Question) -> list[Contradicted]:
    """Return the gold items of a question that most people contradict, the most contradicted first."""
    known = {one.task_id: one for one in Gold.objects.filter(task__question=question).select_related("task__item")}
    first = Answer.objects.filter(task__in=list(known), decision=False, replaces=None)
    rows = first.order_by("task_id", "created_at").values_list("task_id", "value")[:MOST]
    kind, found = kinds.get(question.kind), []
    for task, given in groupby(rows, key=lambda row: row[0]):
        gold = known[task]
        agrees = [kind.agrees(question.config, value, gold.value) for _, value in given]
        if is_contradicted(sum(agrees), len(agrees)):
            found.append(Contradicted(gold, sum(agrees), len(agrees)))
    return sorted(found, key=lambda one: (one.agree / one.people, -one.people))


def is_contradicted(agree: int, people: int) -> bool:
    """Check whether surely fewer than half agree. Fewer than LEAST people are never enough.

    Example:
        >>> is_contradicted(0, 3), is_contradicted(1, 3), is_contradicted(0, 2)
        (True, False, False)
    """
    return surely_under(agree, people, HALF, LEAST)


def nearly_everybody_fails(question: Question) -> tuple[int, int] | None:
    """Return (right, total) of the answers to gold items when surely fewer than half were right; otherwise None.

    Qualifications count too. At least LEAST people must have answered, because one or two may simply be bad at it.
    """
    tried = WorkerStatus.objects.filter(question=question).annotate(
        right=F("gold_right") + F("qualification_right"), total=F("gold_total") + F("qualification_total")
    )
    sums = tried.filter(total__gt=0).aggregate(people=Count("pk"), of=Sum("total"), were=Sum("right"))
    if sums["people"] < LEAST or not is_contradicted(sums["were"], sums["of"]):
        return None
    return sums["were"], sums["of"]
