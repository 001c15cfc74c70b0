"""Review: someone who did not answer an item decides it when its answers disagree or its label is unsure."""

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotator import audit, hooks, kinds, queue
from annotator.models import (
    Answer,
    Assignment,
    Member,
    Project,
    Purpose,
    Question,
    Review,
    ReviewTrigger,
    Task,
    User,
)
from annotator.models.assignment import AssignmentState
from annotator.queue import open_slots, worker_status
from annotator.queue.release import move_cursors_back
from annotator.refusal import Refused
from annotator.signals import task_decided

MANY_SKIPS = 3
MOST_MORE = 10


def send_to_review(tasks: Iterable[Task], trigger: str) -> int:
    """Send tasks to review, except those already there and those of withdrawn items; return how many tasks were sent."""
    wanted = [task.pk for task in tasks]
    asked = Task.objects.filter(pk__in=wanted, item__withdrawn_at=None)
    # Sorted by task, because two concurrent calls would otherwise deadlock.
    reviews = [Review(task=task, trigger=trigger) for task in asked.order_by("pk")]
    Review.objects.bulk_create(reviews, ignore_conflicts=True)
    return len(reviews)


def waiting(question: Question) -> QuerySet[Review]:
    """Return the undecided reviews of a question, oldest first."""
    return (
        Review.objects.filter(task__question=question, decision=None, task__item__withdrawn_at=None)
        .select_related("task__item")
        .order_by("created_at")
    )


def open_to(question: Question, reviewer: User) -> QuerySet[Review]:
    """Return the reviews a person may decide: none of items that they have answered or hold."""
    own = Assignment.objects.filter(
        task=OuterRef("task"),
        worker=reviewer,
        state__in=[AssignmentState.ANSWERED, AssignmentState.EXCLUDED, AssignmentState.HELD],
    )
    own_answer = Answer.objects.filter(task=OuterRef("task"), worker=reviewer)
    return waiting(question).exclude(Exists(own) | Exists(own_answer))


def next_review(question: Question, reviewer: User) -> Review | None:
    """Return the next item to decide, starting with the one already held. Nobody else gets it while its lease lasts."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_by=reviewer)
    with transaction.atomic():
        queue.lock_worker(question, reviewer)  # as in a decision, the worker status is locked before the review
        found = (
            open_to(question, reviewer)
            .filter(free)
            .order_by(F("held_by").desc(nulls_last=True), "created_at")
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
        )
        mine = next((review for review in found.filter(held_by=reviewer)[:1]), None)
        review = mine or found.first()
        if review:
            review.held_by, review.held_until = reviewer, now + timedelta(seconds=settings.TASK_LEASE_SECONDS)
            review.save(update_fields=["held_by", "held_until"])
            queue.mark_seen(question, reviewer, [review.task.item_id])
        return review


def with_others(question: Question, reviewer: User) -> list[Review]:
    """Return the reviews a person could decide but that another reviewer holds now, the first to become free first."""
    now = timezone.now()
    return list(open_to(question, reviewer).filter(held_until__gt=now).exclude(held_by=reviewer).order_by("held_until"))


def answers(review: Review) -> list[dict[str, Any]]:
    """Return the answers without names: each value with its number of votes, the most frequent first."""
    given = list(queue.counted().filter(task=review.task_id).values_list("value", flat=True))
    votes = Counter(repr(value) for value in given)
    values = {repr(value): value for value in given}
    in_order = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))  # ties must not show who came first
    return [{"value": values[key], "votes": count} for key, count in in_order]


def decide(project: Project, review_id: int, reviewer: User, answer_id: uuid.UUID, value: Any, reason: str) -> Review:
    """Decide an item. The decision is an answer of its own; the people who answered see it and the reason.

    The same decision sent again gets the first result. Raises Refused when the review is unknown, about the reviewer's own
    work, decided before or held by someone else, when the value is not a valid answer, or when the reason is missing.
    """
    try:
        with transaction.atomic():
            return _decide(project, review_id, reviewer, answer_id, value, reason)
    except IntegrityError:
        raise Refused("This id belongs to another answer; make a new one.", "id_taken") from None


def _decide(project: Project, review_id: int, reviewer: User, answer_id: uuid.UUID, value: Any, reason: str) -> Review:
    asked = Question.objects.filter(tasks__review=review_id, project=project).first()
    if asked:
        worker_status.lock_status(asked, reviewer)  # so that the item is not handed to them at this moment
    review = _mine(project, review_id, reviewer, answer_id)
    question = review.task.question
    try:
        value = kinds.check_value(question.kind, question.config, value, kinds.about(review.task.item))
    except kinds.Invalid as problem:
        raise Refused(str(problem), "invalid_answer", 400) from None
    reason = reason.strip()[:500]
    if not reason:
        raise Refused("Please say why, in a few words: people learn from it.", "no_reason", 400)
    if review.decision:
        if (review.decision.value, review.reason) != (value, reason):
            raise Refused("This id belongs to another decision; make a new one.", "id_taken")
        return review
    simulated = Member.objects.filter(project=project, user=reviewer, simulated=True).exists()
    review.decision = Answer.objects.create(
        pk=answer_id, task=review.task, worker=reviewer, value=value, decision=True, simulated=simulated
    )
    Assignment.objects.update_or_create(
        task=review.task,
        worker=reviewer,
        defaults={"state": AssignmentState.DECIDED, "leased_at": timezone.now(), "expires_at": timezone.now()},
    )
    review.reason, review.decided_at, review.held_by, review.held_until = reason, timezone.now(), None, None
    review.save()
    audit.record(reviewer, project, "decided an item", task=review.task_id, review=review.pk)
    task_decided.send(Review, question=question, task=review.task)
    hooks.emit(
        project.pk,
        "task.decided",
        {
            "question": question.pk,
            "task": review.task_id,
            "item": review.task.item_id,
            "value": value,
            "reason": review.reason,
        },
    )
    return review


def _mine(project: Project, review_id: int, reviewer: User, answer_id: uuid.UUID | None) -> Review:
    """Lock and return a review that this person may settle now. Raises Refused otherwise."""
    review = (
        Review.objects.select_for_update(of=("self",), no_key=True)
        .select_related("task__question", "decision")
        .filter(pk=review_id, task__question__project=project)
        .first()
    )
    if review is None:
        raise Refused(
            "There is no such review in this project. Perhaps its item was withdrawn; go on with the next one.",
            "unknown_review",
            404,
        )
    if review.decision:
        if review.decision_id == answer_id and review.decision.worker_id == reviewer.pk:
            return review
        raise Refused("This item was decided already.", "decided")
    if not open_to(review.task.question, reviewer).filter(pk=review.pk).exists():
        raise Refused("You answered this item yourself; someone else decides it.", "own_work", 403)
    if review.held_by_id not in (None, reviewer.pk) and review.held_until and review.held_until > timezone.now():
        raise Refused("Another reviewer has this item before them.", "not_held")
    return review


def ask_more(project: Project, review_id: int, reviewer: User, count: int) -> Task:
    """Ask more people instead of deciding.

    The review is deleted; it is opened again if the new answers disagree too. Raises Refused as `decide` does, when the
    count is out of range, when the batch is closed, and when the budget does not cover the answers.
    """
    if not 1 <= count <= MOST_MORE:
        raise Refused(f"From 1 to {MOST_MORE} more people can be asked.", "bad_count", 400)
    with transaction.atomic():
        open_slots.wanted(project)  # before the review is locked, in the same order as excluding answers
        review = _mine(project, review_id, reviewer, None)
        _refuse_where_nobody_is_asked(review.task)
        task = Task.objects.select_for_update(no_key=True).get(pk=review.task_id)
        task.overlap, task.open_slots = task.overlap + count, task.open_slots + count
        task.save(update_fields=["overlap", "open_slots"])
        move_cursors_back([(task.batch_id, task.sort_key)])
        review.delete()
        open_slots.added(review.task.question, {task.batch_id: count}, must=True, by=reviewer)
        audit.record(reviewer, project, "asked more people", task=task.pk, count=count)
        return task


def _refuse_where_nobody_is_asked(task: Task) -> None:
    """Raise Refused when the task's batch is closed: the review would be gone and nobody would be asked."""
    if not queue.can_be_asked(task):
        raise Refused(
            "The batch of this item is closed, so nobody can be asked about it. Decide it, or have its manager plan the item "
            "into an open batch.",
            "batch_closed",
        )


def ask_by_hand(project: Project, task_id: int, by: User) -> Review:
    """Send one task to review. Raises Refused when it is unknown, a gold item, or already in review."""
    with transaction.atomic():
        found = Task.objects.filter(pk=task_id, question__project=project, purpose=Purpose.WORK)
        task = found.select_related("item").first()
        if task is None:
            raise Refused("There is no such task in this project.", "unknown_task", 404)
        if task.item.withdrawn_at:
            raise Refused("This item was withdrawn; take it back into the project first.", "withdrawn")
        review, new = Review.objects.get_or_create(task=task, defaults={"trigger": ReviewTrigger.ASKED})
        if not new:
            raise Refused("This item is in review already.", "in_review")
        audit.record(by, project, "asked for a review", task=task.pk)
        return review


def after_skip(task_id: int) -> None:
    """Send a task that many people have skipped to review."""
    send_to_review(
        Task.objects.filter(pk=task_id, purpose=Purpose.WORK, skips__gte=MANY_SKIPS, review=None), ReviewTrigger.SKIPPED
    )


def decisions_for(project: Project, worker: User) -> QuerySet[Review]:
    """Return the decisions about items a person answered, latest first."""
    answered = Assignment.objects.filter(
        task=OuterRef("task"), worker=worker, state__in=[AssignmentState.ANSWERED, AssignmentState.EXCLUDED]
    )
    return (
        Review.objects.filter(Exists(answered), task__question__project=project, decision__isnull=False)
        .select_related("task__item", "task__question", "decision")
        .order_by("-decided_at")
    )
