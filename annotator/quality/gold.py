"""Gold and qualification: items with a known answer."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit, kinds
from annotator.models import Answer, Batch, Gold, Item, Purpose, Question, Task, User, WorkerState, WorkerStatus
from annotator.questions import suggestions
from annotator.queue import open_slots
from annotator.refusal import Refused

ENDLESS = 32767  # everyone gets it


def add(question: Question, by: User, item: Item, value: Any, purpose: str = Purpose.GOLD, note: str = "") -> Gold:
    """Turn an item into a gold item. From then on it measures people and gets no label.

    Raises ValidationError when the value is not a valid answer or the purpose is unknown. Raises Refused when people have
    answered the item or hold it.
    """
    if purpose not in (Purpose.GOLD, Purpose.QUALIFICATION):
        raise ValidationError({"purpose": "Either gold or qualification."})
    try:
        value = kinds.check_value(question.kind, question.config, value, kinds.about(item))
    except kinds.Invalid as problem:
        raise ValidationError({"value": str(problem)}) from None
    untried = WorkerStatus.objects.filter(question=question, state=WorkerState.WORKING, answers=0, overruled=False)
    with transaction.atomic():
        if purpose == Purpose.QUALIFICATION:
            # The worker statuses are locked first, as the queue's lock order requires.
            list(untried.select_for_update(no_key=True).order_by("pk"))
        open_slots.lock(question.project_id)
        Question.objects.select_for_update(no_key=True).get(pk=question.pk)
        if Item.objects.filter(pk=item.pk, withdrawn_at__isnull=False).exists():
            raise Refused(f"“{item.name}” was withdrawn; take it back into the project first.", "withdrawn")
        task = Task.objects.select_for_update(no_key=True).filter(question=question, item=item).first()
        free = task.open_slots + task.unfunded if task else 0
        if task and (task.purpose != Purpose.WORK or task.answers.exists() or free < task.overlap):
            raise Refused(
                f"“{item.name}” is known, answered or in someone's hands already; choose an item nobody has met.", "met"
            )
        task = task or Task(question=question, item=item, shuffle_key=0)
        left = [task.batch] if task.batch else []
        task.purpose, task.batch, task.overlap, task.open_slots, task.sort_key = purpose, None, ENDLESS, 1, 0
        task.unfunded = 0
        task.save()
        gold = Gold.objects.create(task=task, value=value, note=note.strip()[:300], created_by=by)
        if purpose == Purpose.QUALIFICATION:
            # People who have not answered yet must qualify first.
            untried.update(state=WorkerState.QUALIFYING)
        suggestions.show_where_gold_has_them(question)
        open_slots.changed(question, left)
        audit.record(by, question.project, f"made an item {purpose}", item=item.pk, question=question.pk)
        return gold


def add_many(
    question: Question, by: User, entries: Sequence[tuple[int, Any]], note: str = ""
) -> tuple[list[str | None], list[int]]:
    """Turn items into gold items at once, as `add` does one by one, within the caller's transaction.

    `entries`: each item's id with its known answer, which was checked. Returns for each the reason why it was refused, or None,
    and the places of those that are new. An item that is gold already, with the same answer, is neither. Recorded once.
    """
    open_slots.lock(question.project_id)
    if Question.objects.select_for_update(no_key=True).get(pk=question.pk).draft:
        raise Refused("This question is a draft. Publish it first.", "draft")
    wanted = {item for item, _ in entries}
    fitting = question.project.items.filter(modality__in=kinds.modalities(question), withdrawn_at=None, pk__in=wanted)
    fits = set(fitting.values_list("pk", flat=True))
    locked = Task.objects.select_for_update(no_key=True).filter(question=question, item__in=wanted).order_by("pk")
    tasks = {task.item_id: task for task in locked}
    met = set(Answer.objects.filter(task__in=tasks.values()).values_list("task__item_id", flat=True))
    met |= {item for item, task in tasks.items() if task.open_slots + task.unfunded < task.overlap}
    values = dict(Gold.objects.filter(task__in=tasks.values()).values_list("task__item_id", "value"))
    reasons: list[str | None] = []
    new: dict[int, tuple[int, Any]] = {}
    for place, (item, value) in enumerate(entries):
        if item in values:
            reasons.append(None if values[item] == value else "The item is a gold item already, with another answer.")
        elif item not in fits:
            reasons.append("The item is withdrawn, or the question cannot be asked about it.")
        elif item in met:
            reasons.append(
                "The item was answered or is in someone's hands. A gold item must be one that nobody has met."
            )
        else:
            reasons.append(None)
            values[item], new[item] = value, (place, value)
    if new:
        _make_gold(question, by, {item: value for item, (_, value) in new.items()}, tasks, note)
    return reasons, [place for place, _ in new.values()]


def _make_gold(question: Question, by: User, values: dict[int, Any], tasks: dict[int, Task], note: str) -> None:
    kept = {"purpose": Purpose.GOLD, "batch": None, "overlap": ENDLESS, "open_slots": 1, "sort_key": 0, "unfunded": 0}
    there = [tasks[item] for item in values if item in tasks]
    left = Batch.objects.filter(pk__in={task.batch_id for task in there if task.batch_id})
    batches = list(left.select_related("question__project"))
    Task.objects.filter(pk__in=[task.pk for task in there]).update(**kept)
    missing = [item for item in values if item not in tasks]
    made = Task.objects.bulk_create(Task(question=question, item_id=item, shuffle_key=0, **kept) for item in missing)
    Gold.objects.bulk_create(
        Gold(task=task, value=values[task.item_id], note=note.strip()[:300], created_by=by) for task in [*there, *made]
    )
    suggestions.show_where_gold_has_them(question)
    open_slots.changed(question, batches)
    audit.record(by, question.project, "imported gold items", question=question.pk, count=len(values))
