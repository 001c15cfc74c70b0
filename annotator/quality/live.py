"""What is going on at a question right now, for its manager: numbers, each with the tasks behind it."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from annotator import kinds, queue
from annotator.models import (
    Answer,
    Assignment,
    BatchState,
    Presence,
    Purpose,
    Question,
    Review,
    Task,
    WorkerState,
)
from annotator.models.assignment import AssignmentState
from annotator.people import members
from annotator.quality import review, wilson
from annotator.queue import batches, flags
from annotator.server import sql

AT_WORK = timedelta(minutes=5)
RECENT = timedelta(minutes=15)
AGREEMENT_OVER = 1000  # the latest finished items
COMPARED_OVER = 100  # finished items when answers are similar rather than equal, so that each pair must be compared
COMPARED_PARTS = 200_000  # most marks or characters to compare, because someone waits for the page

_AGREEMENT = """
WITH done AS (
    SELECT id FROM annotator_task WHERE question_id = %(question)s::bigint AND purpose = 'work' AND answer_count >= overlap
      AND answer_count > 1 ORDER BY id DESC LIMIT %(over)s::bigint
), votes AS (
    SELECT a.task_id, count(*) AS n FROM annotator_countedanswer a JOIN done ON done.id = a.task_id GROUP BY a.task_id, a.value
), items AS (
    SELECT task_id, sum(n) AS total, sum(n * (n - 1)) AS agreeing FROM votes GROUP BY task_id
)
SELECT sum(agreeing)::float / nullif(sum(total * (total - 1)), 0)::float FROM items
"""


@dataclass(frozen=True)
class Stuck:
    """Something that does not move on its own: how many, what, why, and the condition that lists its tasks (or None)."""

    count: int
    what: str
    why: str
    condition: str | None = None


def _held() -> Exists:
    return Exists(Assignment.objects.filter(task=OuterRef("pk"), state=AssignmentState.HELD))


def _waiting() -> Exists:
    return Exists(Review.objects.filter(task=OuterRef("pk"), decision=None))


CONDITIONS: dict[str, tuple[str, Any]] = {
    "all": ("All", lambda: Q()),
    "done": ("With all their answers", lambda: Q(answer_count__gte=F("overlap"))),
    "open": ("Waiting for answers", lambda: Q(answer_count__lt=F("overlap"))),
    "held": ("In people's hands", _held),
    "review": ("In review", _waiting),
    "decided": ("Decided", lambda: Q(review__decision__isnull=False)),
    "skipped": ("Skipped", lambda: Q(skips__gt=0)),
    "flagged": ("Called unclear", lambda: Q(flags__settled_at=None, flags__isnull=False)),
    "unfunded": ("Waiting for money", lambda: Q(unfunded__gt=0)),
    "more": ("Want more people than there are", lambda: Q()),
}


def tasks_that(question: Question, condition: str, *, batch: int | None = None, worker: str = "") -> QuerySet[Task]:
    """Return the tasks behind a number. With `worker`, only those that person has answered."""
    found = question.tasks.filter(CONDITIONS[condition][1](), purpose=Purpose.WORK)
    if condition == "more":
        found = _wanting(question, members.who_may_answer(question).count())
    if batch is not None:
        found = found.filter(batch__number=batch)
    if worker:
        given = Assignment.objects.filter(task=OuterRef("pk"), worker__username=worker, state=AssignmentState.ANSWERED)
        found = found.filter(Exists(given))
    return found.select_related("item", "batch").distinct().order_by("pk")


def _wanting(question: Question, people: int) -> QuerySet[Task]:
    """Return the open tasks that need more different people than may answer."""
    return question.tasks.filter(purpose=Purpose.WORK, answer_count__lt=F("overlap"), overlap__gt=people)


def people(question: Question) -> list[dict[str, Any]]:
    """Return everyone who has worked at a question, latest first, with their accuracy on gold and its 95% interval."""
    now = timezone.now()
    held = dict(
        Assignment.objects.filter(state=AssignmentState.HELD, task__question=question)
        .values_list("worker")
        .annotate(count=Count("pk"))
    )
    known = {member.user_id: member for member in question.project.members.all()}
    found = question.worker_statuses.select_related("worker").order_by(F("last_at").desc(nulls_last=True), "pk")
    return [
        {
            "standing": standing,
            "member": known.get(standing.worker_id),
            "held": held.get(standing.worker_id, 0),
            "at_work": bool(standing.last_at and standing.last_at > now - AT_WORK),
            "accuracy": standing.gold_right / standing.gold_total if standing.gold_total else None,
            "interval": wilson(standing.gold_right, standing.gold_total),
        }
        for standing in found
    ]


def figures(question: Question) -> dict[str, Any]:
    """Return the numbers of the live page.

    `speed` is answers per hour over the last 15 minutes. `hours_left` is the time for the rest at that speed (None when
    nobody answers). `agreement` is the share of pairs of answers to the same item that agree, over the latest 1,000 finished
    items (100 where each pair must be compared). The gold numbers are right and total over all people, with the 95% interval
    of their accuracy.
    """
    now = timezone.now()
    progress = queue.progress(question)
    given = Answer.objects.filter(task__question=question, decision=False, imported=False, replaces=None)
    answers = given.filter(created_at__gt=now - RECENT)
    speed = answers.count() * (timedelta(hours=1) / RECENT)
    left = progress.answers_wanted - progress.answers
    gold = question.worker_statuses.aggregate(right=Sum("gold_right"), total=Sum("gold_total"))
    right, total = gold["right"] or 0, gold["total"] or 0
    agreement = _agreement(question)
    at_work = question.worker_statuses.filter(last_at__gt=now - AT_WORK).count()
    low, high = wilson(right, total)
    waiting, unclear = review.waiting(question).count(), flags.unclear(question)
    paused = question.worker_statuses.filter(state=WorkerState.PAUSED).count()
    return {
        "progress": progress,
        "answers_left": left,
        "cost_left": left * question.price,
        "held": question.tasks.filter(_held(), purpose=Purpose.WORK).count(),
        "at_work": at_work,
        "speed": round(speed),
        "hours_left": left / speed if speed and left and at_work else (0 if not left else None),
        "agreement": agreement,
        "gold_right": right,
        "gold_total": total,
        "gold_accuracy": right / total if total else None,
        "gold_low": low,
        "gold_high": high,
        "reviews": waiting,
        "decided": Review.objects.filter(task__question=question, decision__isnull=False).count(),
        "paused": paused,
        "unclear": unclear,
        "stuck": stuck(question, waiting, unclear, paused),
    }


def _agreement(question: Question) -> float | None:
    kind = kinds.get(question.kind)
    if kind.classes(question.config):
        [(agreement,)] = sql.rows(_AGREEMENT, question=question.pk, over=AGREEMENT_OVER)
        return agreement
    done = question.tasks.filter(purpose=Purpose.WORK, answer_count__gte=F("overlap"), answer_count__gt=1)
    tasks = done.order_by("-pk").values_list("pk", flat=True)[:COMPARED_OVER]
    values: dict[int, list[Any]] = {}
    for task, value in queue.counted().filter(task__in=list(tasks)).values_list("task", "value"):
        values.setdefault(task, []).append(value)
    pairs: list[bool] = []
    left = COMPARED_PARTS
    for given in values.values():
        for one, other in combinations(given, 2):
            left -= kind.size(one) + kind.size(other)
            if left < 0 and pairs:
                return sum(pairs) / len(pairs)
            pairs.append(kind.agrees(question.config, one, other))
    return sum(pairs) / len(pairs) if pairs else None


def _items_wait(count: int, why: str) -> Stuck:
    return Stuck(count, "items wait" if count > 1 else "item waits", why)


def _why_skipped(question: Question) -> str:
    """Return the reasons that people gave for skipping, the most frequent first."""
    skips = Assignment.objects.filter(task__question=question, state=AssignmentState.SKIPPED).exclude(reason="")
    given = list(skips.values_list("reason").annotate(count=Count("pk")).order_by("-count", "reason")[:3])
    return "; ".join(f"“{reason}” ({count:,})" for reason, count in given) or "no reason was given"


def stuck(question: Question, waiting: int, unclear: int, paused: int) -> list[Stuck]:
    """Return what does not move on its own, and why.

    `waiting` (items for a reviewer), `unclear` and `paused` (people) are the counts that `figures` already has.
    """
    found = []
    may_answer = members.who_may_answer(question).count()
    wants, most = _wanting(question, may_answer).aggregate(count=Count("pk"), most=Max("overlap")).values()
    if wants:
        found.append(
            Stuck(
                wants,
                "items want more people" if wants > 1 else "item wants more people",
                f"they want up to {most} different people, and {may_answer} may answer",
                "more",
            )
        )
    left = batches.left(question)
    waiting_for_money = sum(one.unfunded for one in left.values())
    if waiting_for_money:
        found.append(
            Stuck(
                waiting_for_money,
                "answers wait for money" if waiting_for_money > 1 else "answer waits for money",
                "the budget does not cover them",
                "unfunded",
            )
        )
    for batch in question.batches.filter(state=BatchState.PAUSED, pk__in=left):
        if left[batch.pk].unfinished:
            found.append(_items_wait(left[batch.pk].unfinished, f"the batch “{batch.name}” is paused"))
    for batch in question.batches.filter(state=BatchState.OPEN, group__isnull=False).select_related("group"):
        free = batch.tasks.filter(open_slots__gt=0).count()
        if free and not batch.group.members.filter(presence=Presence.ACTIVE).exists():  # type: ignore[union-attr]
            found.append(_items_wait(free, f"nobody is in the group “{batch.group}” of the batch"))
    if waiting:
        found.append(
            Stuck(
                waiting,
                "items wait for a reviewer" if waiting > 1 else "item waits for a reviewer",
                "their answers disagree or are unsure",
                "review",
            )
        )
    skipped = tasks_that(question, "skipped").filter(answer_count__lt=F("overlap")).count()
    if skipped:
        found.append(
            Stuck(
                skipped,
                "items were skipped and still need answers"
                if skipped > 1
                else "item was skipped and still needs answers",
                _why_skipped(question),
                "skipped",
            )
        )
    if unclear:
        who = "people say" if unclear > 1 else "person says"
        found.append(Stuck(unclear, f"{who} that the question is unclear", "read what they write", "flagged"))
    if paused:
        who = "people are" if paused > 1 else "person is"
        found.append(Stuck(paused, f"{who} paused", "too many wrong answers to gold items, or by hand"))
    return found
