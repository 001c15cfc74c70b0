"""The queue: the only place that hands a task out and takes an answer in.

Places: a task has `overlap` of them; `places_left` counts those neither answered nor held. Handing out takes a place,
an expired or returned lease gives it back, an answer keeps it for good. Rows are locked assignment first, then task.
"""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.utils import timezone

from annotator import kinds
from annotator.models import Answer, Assignment, Item, Member, Project, Question, Side, Task, User
from annotator.models.assignment import State
from annotator.signals import answer_accepted

MOST_HELD = 3


class Refused(Exception):
    """The queue says no. `reason` is for the person, `code` for a program, `status` is the HTTP status that says it."""

    def __init__(self, reason: str, code: str, status: int = 409) -> None:
        super().__init__(reason)
        self.reason, self.code, self.status = reason, code, status


@dataclass(frozen=True)
class Receipt:
    """What a person is told of an answer: stored now, or stored before (`duplicate`)."""

    answer: Answer
    duplicate: bool


def put(question: Question, items: Iterable[Item]) -> int:
    """Make a task of each item that has none for this question, and return how many were made.

    Test items come first and get the question's `test_overlap`: their labels judge every model.
    """
    tasks = []
    for item in items:
        overlap = question.test_overlap if item.side == Side.TEST else question.overlap
        tasks.append(
            Task(
                question=question,
                item=item,
                overlap=overlap,
                places_left=overlap,
                priority=1 if item.side == Side.TEST else 0,
                position=random.randrange(2**31),  # noqa: S311
            )
        )
    before = question.tasks.count()
    Task.objects.bulk_create(tasks, batch_size=1000, ignore_conflicts=True)
    return question.tasks.count() - before


def put_all(project: Project) -> int:
    """Make the tasks of every question of a project for every item that lacks one."""
    made = 0
    for question in project.questions.all():
        without = project.items.exclude(Exists(Task.objects.filter(question=question, item=OuterRef("pk"))))
        made += put(question, without)
    return made


def next_tasks(question: Question, worker: User, count: int = 1) -> list[Assignment]:
    """Hand out up to `count` tasks: first those the person holds already, then new ones they have not met.

    Returns assignments with task and item, fewer than asked where there are no more. At most three are held at once.
    """
    count = max(1, min(count, MOST_HELD))
    now = timezone.now()
    with transaction.atomic():
        _one_tab_at_a_time(question, worker)
        free_expired(Assignment.objects.filter(worker=worker, task__question=question))
        held = list(
            Assignment.objects.filter(worker=worker, state=State.HELD, task__question=question)
            .select_related("task__item")
            .order_by("leased_at", "pk")[:count]
        )
        missing = count - len(held)
        if missing > 0:
            held += _take(question, worker, missing, now)
        return held


def _one_tab_at_a_time(question: Question, worker: User) -> None:
    """Let a person's requests for one question pass in turn: two tabs must not take one task twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"next:{question.pk}:{worker.pk}"])


def _take(question: Question, worker: User, count: int, now: datetime) -> list[Assignment]:
    met = Assignment.objects.filter(task=OuterRef("pk"), worker=worker, state__in=[State.HELD, State.ANSWERED])
    tasks = list(
        Task.objects.filter(~Exists(met), question=question, places_left__gt=0)
        .select_related("item")
        .order_by("-priority", "position")
        .select_for_update(skip_locked=True, of=("self",))[:count]
    )
    if not tasks:
        return []
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(places_left=F("places_left") - 1)
    assignments = [
        Assignment(task=task, worker=worker, state=State.HELD, leased_at=now, expires_at=_lease_end(now))
        for task in tasks
    ]
    return Assignment.objects.bulk_create(
        assignments,
        update_conflicts=True,
        unique_fields=["task", "worker"],
        update_fields=["state", "leased_at", "expires_at"],
    )


def submit(
    project: Project,
    task_id: int,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int = 0,
) -> Receipt:
    """Take an answer in. The answer, its task's state and whatever listens (its charge) are one transaction.

    The same id sent again by the same person for the same task with the same value is answered with the first answer.
    Raises Refused with the reason: unknown task, answer of another shape, lease lost, answered before.
    """
    try:
        with transaction.atomic():
            return _submit(project, task_id, worker, answer_id, value, active_ms)
    except IntegrityError:
        # Two requests with one id at the same moment: the other one won, and its answer is the answer.
        with transaction.atomic():
            return _submit(project, task_id, worker, answer_id, value, active_ms)


def _submit(
    project: Project,
    task_id: int,
    worker: User,
    answer_id: uuid.UUID,
    value: Any,
    active_ms: int,
) -> Receipt:
    task = Task.objects.select_related("question", "item").filter(pk=task_id, question__project=project).first()
    if task is None:
        raise Refused("There is no such task in this project.", "unknown_task", 404)
    assignment = Assignment.objects.select_for_update().filter(task=task, worker=worker).first()
    value = _checked(task.question, value)
    known = Answer.objects.filter(pk=answer_id).first()
    if known:
        if known.worker_id == worker.pk and known.task_id == task.pk and known.value == value:
            return Receipt(known, duplicate=True)
        raise Refused("This answer id belongs to another answer; make a new one.", "id_taken")
    _check_held(assignment)
    answer = Answer.objects.create(
        pk=answer_id,
        task=task,
        worker=worker,
        value=value,
        active_ms=active_ms,
        simulated=Member.objects.filter(project=project, user=worker, simulated=True).exists(),
    )
    Assignment.objects.filter(task=task, worker=worker).update(state=State.ANSWERED)
    Task.objects.filter(pk=task.pk).update(answer_count=F("answer_count") + 1)
    answer_accepted.send(Answer, answer=answer, task=task, question=task.question)
    return Receipt(answer, duplicate=False)


def _checked(question: Question, value: Any) -> Any:
    try:
        return kinds.get(question.kind).check(question.config, value)
    except kinds.Invalid as problem:
        raise Refused(str(problem), "invalid_answer", 400) from None


def _check_held(assignment: Assignment | None) -> None:
    if assignment is None or assignment.state == State.RETURNED:
        raise Refused("This task is not in your hands; ask for the next one.", "not_held")
    if assignment.state == State.ANSWERED:
        raise Refused("You have answered this task already, perhaps in another tab.", "answered")
    if assignment.state == State.EXPIRED or assignment.expires_at <= timezone.now():
        raise Refused(
            f"Your hold on this task ended at {assignment.expires_at:%H:%M} UTC; ask for the next one.", "lease_expired"
        )


def renew(project: Project, task_id: int, worker: User) -> Assignment:
    """Hold a task for longer. Raises Refused where it is not held any more."""
    with transaction.atomic():
        assignment = _mine(project, task_id, worker)
        _check_held(assignment)
        assignment.expires_at = _lease_end(timezone.now())
        assignment.save(update_fields=["expires_at"])
        return assignment


def give_back(project: Project, task_id: int, worker: User) -> None:
    """Return a task unanswered: its place is free again at once. Raises Refused where it is not held."""
    with transaction.atomic():
        assignment = _mine(project, task_id, worker)
        _check_held(assignment)
        _free([assignment], State.RETURNED)


def _mine(project: Project, task_id: int, worker: User) -> Assignment:
    found = (
        Assignment.objects.select_for_update(of=("self",))
        .filter(task_id=task_id, task__question__project=project, worker=worker)
        .first()
    )
    if found is None:
        raise Refused("There is no such task in your hands.", "unknown_task", 404)
    return found


def free_expired(of: QuerySet[Assignment] | None = None) -> int:
    """Give back the places whose lease has run out, of everyone or of some; return how many."""
    with transaction.atomic():
        expired = list(
            (Assignment.objects.all() if of is None else of)
            .filter(state=State.HELD, expires_at__lte=timezone.now())
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("task_id")[:1000]
        )
        _free(expired, State.EXPIRED)
    return len(expired)


def _free(assignments: list[Assignment], state: str) -> None:
    if assignments:
        Assignment.objects.filter(pk__in=[one.pk for one in assignments]).update(state=state)
        counts: dict[int, int] = {}
        for one in assignments:
            counts[one.task_id] = counts.get(one.task_id, 0) + 1
        for task_id, places in sorted(counts.items()):
            Task.objects.filter(pk=task_id).update(places_left=F("places_left") + places)


def _lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.TASK_LEASE_SECONDS)


@dataclass(frozen=True)
class Progress:
    """How far a question is: tasks, tasks with all their answers, answers given and wanted."""

    tasks: int
    tasks_done: int
    answers: int
    answers_wanted: int


def progress(question: Question) -> Progress:
    """Count how far a question is."""
    sums = question.tasks.aggregate(wanted=Sum("overlap"), given=Sum("answer_count"))
    return Progress(
        tasks=question.tasks.count(),
        tasks_done=question.tasks.filter(answer_count__gte=F("overlap")).count(),
        answers=sums["given"] or 0,
        answers_wanted=sums["wanted"] or 0,
    )
