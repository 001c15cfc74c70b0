"""Batches: tasks that are planned, opened, paused and closed together, and their priorities."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotator import audit, hooks, kinds, queue
from annotator.models import Assignment, Batch, BatchState, Group, Item, Order, Purpose, Question, Task, User
from annotator.models.assignment import AssignmentState
from annotator.queue import flags
from annotator.queue.release import reset_cursors
from annotator.refusal import Refused
from annotator.server import sql

MOST_ITEMS = 100_000
MAY_BECOME = {
    BatchState.PLANNED: {BatchState.OPEN, BatchState.CLOSED},
    BatchState.OPEN: {BatchState.PAUSED, BatchState.CLOSED},
    BatchState.PAUSED: {BatchState.OPEN, BatchState.CLOSED},
    BatchState.CLOSED: {BatchState.OPEN},
}
_EVENTS = {BatchState.OPEN: "batch.opened", BatchState.PAUSED: "batch.paused", BatchState.CLOSED: "batch.closed"}
RULES = {
    "newest_first": "Newest items first",
    "equal": "No priority",
}
_PRIORITIES = """
UPDATE annotator_task t SET priority = p.priority, sort_key = p.sort_key
FROM unnest(%(tasks)s::bigint[], %(priorities)s::int[], %(sort_keys)s::bigint[]) AS p(id, priority, sort_key) WHERE t.id = p.id
"""


def open_standing(question: Question, user: User) -> Batch:
    """Create and open the default batch of a question, which takes every new item."""
    return Batch.objects.create(
        question=question,
        number=1,
        name="Everything",
        is_default=True,
        state=BatchState.OPEN,
        opened_at=timezone.now(),
        created_by=user,
    )


def plannable(question: Question) -> QuerySet[Item]:
    """Return the items that a batch can be planned from: those not asked about yet, and those a closed batch left unfinished."""
    asked = Task.objects.filter(question=question, item=OuterRef("pk"))
    left = asked.filter(batch__state=BatchState.CLOSED, answer_count__lt=F("overlap"))
    fitting = question.project.items.filter(modality__in=kinds.modalities(question), withdrawn_at=None)
    return fitting.filter(~Exists(asked) | Exists(left)).order_by("pk")


def plan(
    question: Question,
    by: User,
    name: str,
    *,
    count: int | None = None,
    items: Iterable[int] | None = None,
    order: str = Order.PRIORITY,
    group: Group | None = None,
) -> Batch:
    """Plan a batch of the named items, or of the first `count` items that can be planned (all of them without a count).

    Raises Refused when there is nothing to plan, or when a named item cannot be planned.
    """
    with transaction.atomic():
        queue.open_slots.wanted(question.project)
        locked = Question.objects.select_for_update(no_key=True).get(pk=question.pk)  # two plans must not take one item
        if locked.draft:
            raise Refused("This question is a draft; put it to people first.", "draft")
        found = plannable(question)
        if items is not None:
            wanted = set(items)
            chosen = list(found.filter(pk__in=wanted))
            if len(chosen) < len(wanted):
                raise Refused(
                    f"{len(wanted) - len(chosen):,} of the {len(wanted):,} items are unknown here or in another batch.",
                    "not_plannable",
                )
        else:
            chosen = list(found[: min(count or MOST_ITEMS, MOST_ITEMS)])
        if not chosen:
            raise Refused("There is no item left to plan: every one is in a batch already.", "nothing_to_plan")
        last = question.batches.order_by("-number").first()
        batch = Batch.objects.create(
            question=question,
            number=last.number + 1 if last else 1,
            name=name.strip() or f"Batch {last.number + 1 if last else 1}",
            order=order,
            group=group,
            created_by=by,
        )
        left_over = _move(question, chosen, batch)
        queue.create_tasks(question, chosen, batch)
        queue.open_slots.changed(question, [*left_over, batch])
        audit.record(by, question.project, "planned a batch", batch=batch.number, name=batch.name, items=len(chosen))
        return batch


def _move(question: Question, items: list[Item], batch: Batch) -> list[Batch]:
    """Move the unfinished tasks of closed batches into this batch, and return those closed batches."""
    left = question.tasks.filter(item__in=items, batch__state=BatchState.CLOSED)
    found = list(left.order_by("pk").select_for_update(of=("self",), no_key=True).select_related("batch"))
    before = {task.batch_id: task.batch for task in found if task.batch}
    for task in found:
        task.batch, task.sort_key = batch, queue.sort_key(task.priority, task.shuffle_key, batch.order)
        task.save(update_fields=["batch", "sort_key"])
    return list(before.values())


def change(batch: Batch, state: str, by: User, *, anyway: bool = False) -> Batch:
    """Open, pause or close a batch. People may still answer the tasks they hold at that moment.

    Raises Refused when the batch cannot change to that state. Opening also raises Refused when many people find the
    question unclear (unless `anyway`), when the budget does not cover the answers, or when the project was stopped.
    """
    with transaction.atomic():
        queue.open_slots.lock(batch.question.project_id)
        locked = Batch.objects.select_for_update(of=("self",), no_key=True)
        batch = locked.select_related("question__project").get(pk=batch.pk)
        if batch.state == state:
            return batch
        if state not in MAY_BECOME[BatchState(batch.state)]:
            raise Refused(f"A batch that is {batch.get_state_display().lower()} cannot become {state}.", "wrong_state")
        if state == BatchState.OPEN:
            queue.open_slots.wanted(batch.question.project)
        if state == BatchState.OPEN and not anyway:
            flags.refuse_where_unclear(batch.question)
        batch.state = state
        now = timezone.now()
        batch.opened_at = now if state == BatchState.OPEN else batch.opened_at
        batch.closed_at = now if state == BatchState.CLOSED else None
        batch.save(update_fields=["state", "opened_at", "closed_at"])
        audit.record(by, batch.question.project, f"made a batch {state}", batch=batch.number, name=batch.name)
        queue.open_slots.changed(batch.question, [batch], must=state == BatchState.OPEN, by=by)
        tell(batch, _EVENTS[BatchState(state)])
        return batch


def tell(batch: Batch, event: str) -> None:
    """Send an event about a batch to other systems."""
    content = {"batch": batch.number, "name": batch.name, "question": batch.question_id}
    hooks.emit(batch.question.project_id, event, content)


def note_finished() -> int:
    """Mark the open batches whose tasks all have all their answers, and send their events. Return how many there were."""
    tasks = Task.objects.filter(batch=OuterRef("pk"))
    held = Assignment.objects.filter(state=AssignmentState.HELD, task__batch=OuterRef("pk"))
    done = Batch.objects.filter(
        ~Exists(tasks.filter(Q(open_slots__gt=0) | Q(unfunded__gt=0))),
        ~Exists(held),
        Exists(tasks),
        state=BatchState.OPEN,
        finished_at=None,
    ).select_related("question")
    count = 0
    for batch in done:
        with transaction.atomic():
            now = timezone.now()
            first = Coalesce("first_finished_at", Value(now))
            if Batch.objects.filter(pk=batch.pk, finished_at=None).update(finished_at=now, first_finished_at=first):
                tell(batch, "batch.finished")
                count += 1
    return count


@dataclass(frozen=True)
class Left:
    """What is left of a batch: its tasks, those without all their answers, the answers they still need, and the cost of those.

    `unfunded` of the answers wait until the budget covers them.
    """

    tasks: int = 0
    unfinished: int = 0
    answers: int = 0
    unfunded: int = 0
    cost: Decimal = Decimal(0)


def left(question: Question) -> dict[int, Left]:
    """Return what is left of each batch of a question, by the batch's id. Batches without tasks are missing.

    The cost includes the gold items that come with those answers, at the question's gold rate.
    """
    known = question.gold_rate if question.tasks.filter(purpose=Purpose.GOLD).exists() else 0.0
    each = question.price / Decimal(str(1 - known))
    rows = (
        question.tasks.filter(batch__isnull=False)
        .values_list("batch")
        .annotate(
            tasks=Count("pk"),
            unfinished=Count("pk", filter=Q(answer_count__lt=F("overlap"))),
            wanted=Sum(F("overlap") - F("answer_count")),
            unfunded=Sum("unfunded"),
        )
    )
    return {
        batch: Left(tasks, unfinished, answers, unfunded, (answers * each).quantize(Decimal("0.0001")))
        for batch, tasks, unfinished, answers, unfunded in rows
    }


def set_priorities(question: Question, priorities: dict[int, int]) -> int:
    """Set the priorities of items; higher priorities are asked first. Return how many tasks were updated."""
    with transaction.atomic():
        found = list(
            question.tasks.filter(item__in=list(priorities), batch__isnull=False)
            .order_by("pk")
            .select_for_update(of=("self",), no_key=True)
            .values_list("pk", "item", "shuffle_key", "batch", "batch__order")
        )
        sql.rows(
            _PRIORITIES,
            tasks=[task for task, *_ in found],
            priorities=[priorities[item] for _, item, *_ in found],
            sort_keys=[
                queue.sort_key(priorities[item], shuffle_key, order) for _, item, shuffle_key, _, order in found
            ],
        )
        reset_cursors(sorted({batch for *_, batch, _ in found}))
    return len(found)


def set_priorities_by_rule(question: Question, rule: str) -> int:
    """Set the priority of every open item of a question by a rule (see RULES). Return how many tasks were updated."""
    found = (
        question.tasks.filter(Q(open_slots__gt=0) | Q(unfunded__gt=0), purpose=Purpose.WORK)
        .select_related("item")
        .order_by("item_id")
    )
    if rule == "newest_first":
        return set_priorities(question, {task.item_id: place for place, task in enumerate(found)})
    return set_priorities(question, {task.item_id: 0 for task in found})
