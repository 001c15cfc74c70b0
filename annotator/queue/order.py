"""Creating tasks, and the order in which the queue hands them out."""

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
    """Return a task's position in its batch: higher priority first, then the random shuffle_key."""
    return shuffle_key if order == Order.RANDOM else -priority * POSITIONS + shuffle_key


def first_overlap(question: Question, item: Item) -> int:
    """Return how many people are asked about an item at first."""
    return question.test_overlap if item.split == Split.TEST else question.overlap


def create_tasks(question: Question, items: Iterable[Item], batch: Batch | None = None, must: bool = False) -> int:
    """Create a task for each item that has none at this question, and return how many were created.

    Items of a modality that the question's kind cannot ask about are left out. Tasks go into the named batch, or else into
    the question's default batch. A question that is planned in batches has no default batch, and then nothing is created.
    Test items get the question's `test_overlap`, because their labels judge every model. They are mixed with the others,
    because people who recognised them by their position would answer them differently.
    Slots that the budget does not cover wait for money; with `must`, Refused is raised instead.
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
    return sorted(tasks, key=lambda task: task.sort_key)  # neighbours in the queue become neighbours on disk


def create_tasks_of_all_questions(project: Project, items: Iterable[Item]) -> None:
    """Create a task for each item at every question that asks about everything, within the caller's transaction.

    A person who answers holds their cursors and waits for the accounts. Creating tasks for one question may lock the
    accounts, so the cursors of all questions are locked first.
    """
    items = list(items)
    open_slots.lock(project.pk)
    found = list(project.questions.filter(plan=TaskPlan.EVERYTHING))
    standing = Batch.objects.filter(question__in=found, is_default=True)
    reset_cursors(list(standing.values_list("pk", flat=True)))
    for question in found:
        create_tasks(question, items)


def create_all_tasks(project: Project) -> int:
    """Create the missing tasks of every question that asks about everything; return how many were created."""
    made = 0
    for question in project.questions.filter(plan=TaskPlan.EVERYTHING):
        without = project.items.exclude(Exists(Task.objects.filter(question=question, item=OuterRef("pk"))))
        made += create_tasks(question, without)
    return made
