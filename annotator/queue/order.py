"""Tasks as they are put into the queue, and the order in which they leave it."""

import random
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from annotator import kinds
from annotator.models import Batch, BatchState, Item, Order, Project, Question, Split, Task, TaskPlan
from annotator.queue import open_slots
from annotator.queue.release import reset_cursors

POSITIONS = 2**31


def sort_key(priority: int, shuffle_key: int, order: str = Order.PRIORITY) -> int:
    """Return where a task stands in its batch: the higher priority first, then the random shuffle_key."""
    return shuffle_key if order == Order.RANDOM else -priority * POSITIONS + shuffle_key


def first_overlap(question: Question, item: Item) -> int:
    """Return how many people are asked about an item to begin with."""
    return question.test_overlap if item.split == Split.TEST else question.overlap


def create_tasks(question: Question, items: Iterable[Item], batch: Batch | None = None, must: bool = False) -> int:
    """Make a task of each item that has none for this question, and return how many were made.

    Items of a modality the question's kind cannot ask about are passed over. They go into the batch named, else into the
    question's standing batch; a question planned in batches has none, and
    then nothing is made. Test items get the question's `test_overlap`, because their labels judge every model. They stand
    among the others: who could tell them by their place would answer them with another care.
    Places that the budget does not cover wait for money; with `must`, Refused is raised instead.
    """
    batch = batch or question.batches.filter(is_default=True).first()
    if batch is None:
        return 0
    with transaction.atomic():
        open_slots.lock(question.project_id)
        tasks = _new(question, items, batch)
        Task.objects.bulk_create(tasks, batch_size=1000)
        reset_cursors([batch.pk])
        if batch.state in (BatchState.OPEN, BatchState.PAUSED):
            open_slots.added(question, [batch.pk] * sum(task.overlap for task in tasks), must)
    return len(tasks)


def _new(question: Question, items: Iterable[Item], batch: Batch) -> list[Task]:
    items, modalities = list(items), kinds.modalities(question)
    known = set(question.tasks.filter(item__in=[item.pk for item in items]).values_list("item_id", flat=True))
    tasks = []
    for item in items:
        if item.modality not in modalities or item.pk in known:
            continue
        overlap = first_overlap(question, item)
        shuffle_key = random.randrange(POSITIONS)  # noqa: S311
        tasks.append(
            Task(
                question=question,
                item=item,
                batch=batch,
                overlap=overlap,
                open_slots=overlap,
                shuffle_key=shuffle_key,
                sort_key=sort_key(0, shuffle_key, batch.order),
            )
        )
    return sorted(tasks, key=lambda task: task.sort_key)  # neighbours in the queue are neighbours on the disk


def create_tasks_of_all_questions(project: Project, items: Iterable[Item]) -> None:
    """Make a task of each item for every question that asks about everything; within the caller's transaction.

    Who answers holds their cursors and waits for the accounts. What is put for one question may lock the accounts, so the
    cursors of all come first.
    """
    items = list(items)
    open_slots.lock(project.pk)
    found = list(project.questions.filter(plan=TaskPlan.EVERYTHING))
    standing = Batch.objects.filter(question__in=found, is_default=True)
    reset_cursors(list(standing.values_list("pk", flat=True)))
    for question in found:
        create_tasks(question, items)


def create_all_tasks(project: Project) -> int:
    """Make the tasks of every question that asks about everything, for every item that lacks one."""
    made = 0
    for question in project.questions.filter(plan=TaskPlan.EVERYTHING):
        without = project.items.exclude(Exists(Task.objects.filter(question=question, item=OuterRef("pk"))))
        made += create_tasks(question, without)
    return made
