"""Gold and qualification: items with a known answer."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator import audit, kinds
from annotator.models import Gold, Item, Purpose, Question, Task, User, WorkerState, WorkerStatus
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
