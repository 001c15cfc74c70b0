"""Creating tasks, and the order in which the queue hands them out."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from annotator import kinds
from annotator.models import Batch, BatchState, Item, Order, Project, Question, Split, TaskPlan
from annotator.queue import open_slots
from annotator.queue.release import reset_cursors
from annotator.server import sql

POSITIONS = 2**31
# Which items get tasks: named ones, looked up one by one (OFFSET 0 keeps the planner from reading the whole project, which it
# believes to be small while it is filled), or all that have none.
_NAMED = """unnest(%(items)s::bigint[]) AS named(id)
    CROSS JOIN LATERAL (SELECT * FROM annotator_item a WHERE a.id = named.id OFFSET 0) i"""
_ALL = """(SELECT * FROM annotator_item a WHERE NOT EXISTS (
    SELECT 1 FROM annotator_task t WHERE t.question_id = %(question)s::bigint AND t.item_id = a.id)) i"""
# In the order of the queue, so that neighbours in it become neighbours on disk. `sort_key` follows the function of that name.
_CREATE = """
WITH chosen AS (
    SELECT i.id, i.priority, floor(random() * 2147483648)::int AS shuffle_key,
           CASE i.split WHEN 'test' THEN %(test_overlap)s::int ELSE %(overlap)s::int END AS overlap
    FROM {} WHERE i.project_id = %(project)s::bigint AND i.withdrawn_at IS NULL AND i.modality = ANY(%(modalities)s::text[])
), created AS (
    INSERT INTO annotator_task (question_id, item_id, batch_id, purpose, overlap, open_slots, unfunded, answer_count, priority,
                                shuffle_key, sort_key, skips, created_at)
    SELECT %(question)s::bigint, id, %(batch)s::bigint, 'work', overlap, overlap, 0, 0, priority, shuffle_key,
           CASE WHEN %(at_random)s::boolean THEN shuffle_key ELSE -priority::bigint * 2147483648 + shuffle_key END AS sort_key,
           0, now()
    FROM chosen ORDER BY sort_key ON CONFLICT (question_id, item_id) DO NOTHING RETURNING overlap
)
SELECT count(*), coalesce(sum(overlap), 0)::bigint FROM created
"""


def sort_key(priority: int, shuffle_key: int, order: str = Order.PRIORITY) -> int:
    """Return a task's position in its batch: higher priority first, then the random shuffle_key."""
    return shuffle_key if order == Order.RANDOM else -priority * POSITIONS + shuffle_key


def first_overlap(question: Question, item: Item) -> int:
    """Return how many people are asked about an item at first."""
    return question.test_overlap if item.split == Split.TEST else question.overlap


def create_tasks(
    question: Question, items: Iterable[Item | int], batch: Batch | None = None, must: bool = False
) -> int:
    """Create a task for each item that has none at this question, and return how many were created.

    Items are given as rows or by id; those that are withdrawn, or of a modality that the question's kind cannot ask about, are
    left out. Tasks go into the named batch, or else into the question's default batch. A question that is planned in batches
    has no default batch, and then nothing is created.
    Test items get the question's `test_overlap`, because their labels judge every model. They are mixed with the others,
    because people who recognised them by their position would answer them differently.
    Slots that the budget does not cover wait for money; with `must`, Refused is raised instead.
    """
    ids = [item if isinstance(item, int) else item.pk for item in items]
    return _create(question, batch, must, _NAMED, items=sorted(set(ids)))


def _create(question: Question, batch: Batch | None, must: bool, which: str, **values: Any) -> int:
    """Create the missing tasks of the items that a condition selects. They are made by the database: there may be a million."""
    batch = batch or question.batches.filter(is_default=True).first()
    if batch is None:
        return 0
    with transaction.atomic():
        open_slots.lock(question.project_id)
        count, slots = _insert(question, batch, which, **values)
        if batch.state in (BatchState.OPEN, BatchState.PAUSED):
            open_slots.added(question, {batch.pk: slots}, must)
    return count


def insert_tasks(question: Question, batch: Batch, items: list[int]) -> None:
    """Create the missing tasks of items in a batch, for a caller that has the lock of open slots and settles their money."""
    _insert(question, batch, _NAMED, items=sorted(set(items)))


def _insert(question: Question, batch: Batch, which: str, **values: Any) -> tuple[int, int]:
    """Create the missing tasks of the items that a condition selects; return how many, and how many slots they have."""
    [(count, slots)] = sql.rows(
        _CREATE.format(which),
        question=question.pk,
        project=question.project_id,
        batch=batch.pk,
        overlap=question.overlap,
        test_overlap=question.test_overlap,
        modalities=sorted(kinds.modalities(question)),
        at_random=batch.order == Order.RANDOM,
        **values,
    )
    reset_cursors([batch.pk])
    return count, slots


def create_tasks_of_all_questions(project: Project, items: Iterable[Item | int]) -> None:
    """Create a task for each item at every question that asks about everything, within the caller's transaction.

    A person who answers holds their cursors and waits for the accounts. Creating tasks for one question may lock the
    accounts, so the cursors of all questions are locked first.
    """
    ids = [item if isinstance(item, int) else item.pk for item in items]
    open_slots.lock(project.pk)
    found = list(project.questions.filter(plan=TaskPlan.EVERYTHING))
    standing = Batch.objects.filter(question__in=found, is_default=True)
    reset_cursors(list(standing.values_list("pk", flat=True)))
    for question in found:
        create_tasks(question, ids)


def create_all_tasks(project: Project) -> int:
    """Create the missing tasks of every question that asks about everything; return how many were created."""
    return sum(_create(question, None, False, _ALL) for question in project.questions.filter(plan=TaskPlan.EVERYTHING))
