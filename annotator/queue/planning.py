"""Tasks as they are put into the queue, and the order in which they leave it."""

import random
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from annotator import kinds
from annotator.models import Batch, Item, Order, Plan, Project, Question, Side, Task
from annotator.queue.freeing import all_bookmarks_back

POSITIONS = 2**31
TEST_PRIORITY = 1


def turn(priority: int, position: int, order: str = Order.PRIORITY) -> int:
    """Return where a task stands in its batch: the higher priority first, then the random position."""
    return position if order == Order.RANDOM else -priority * POSITIONS + position


def begins_with(question: Question, item: Item) -> int:
    """Return how many people are asked about an item to begin with."""
    return question.test_overlap if item.side == Side.TEST else question.overlap


def put(question: Question, items: Iterable[Item], batch: Batch | None = None) -> int:
    """Make a task of each item that has none for this question, and return how many were made.

    Items of a medium the question's kind cannot ask about are passed over. They go into the batch named, else into the
    question's standing batch; a question planned in batches has none, and
    then nothing is made. Test items come first and get the question's `test_overlap`: their labels judge every model.
    """
    batch = batch or question.batches.filter(standing=True).first()
    if batch is None:
        return 0
    tasks, media = [], kinds.media(question)
    for item in items:
        if item.medium not in media:
            continue
        overlap = begins_with(question, item)
        priority, position = TEST_PRIORITY if item.side == Side.TEST else 0, random.randrange(POSITIONS)  # noqa: S311
        tasks.append(
            Task(
                question=question,
                item=item,
                batch=batch,
                overlap=overlap,
                places_left=overlap,
                priority=priority,
                position=position,
                turn=turn(priority, position, batch.order),
            )
        )
    tasks.sort(key=lambda task: task.turn)  # neighbours in the queue are neighbours on the disk
    with transaction.atomic():
        before = question.tasks.count()
        Task.objects.bulk_create(tasks, batch_size=1000, ignore_conflicts=True)
        all_bookmarks_back([batch.pk])
        return question.tasks.count() - before


def put_all(project: Project) -> int:
    """Make the tasks of every question that asks about everything, for every item that lacks one."""
    made = 0
    for question in project.questions.filter(plan=Plan.EVERYTHING):
        without = project.items.exclude(Exists(Task.objects.filter(question=question, item=OuterRef("pk"))))
        made += put(question, without)
    return made
