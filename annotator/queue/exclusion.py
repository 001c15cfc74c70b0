"""Excluding a person's answers and restoring them. Tasks of excluded answers are asked again."""

from collections import Counter
from uuid import UUID

from annotator import hooks
from annotator.models import Answer, AnswerCheck, Assignment, Batch, Purpose, Question, Task, User
from annotator.models.assignment import AssignmentState
from annotator.queue import open_slots
from annotator.queue.release import release_all
from annotator.server import sql
from annotator.signals import answers_excluded, answers_restored

_RESTORE = """
WITH aside AS (
    SELECT t.id FROM annotator_task t JOIN annotator_assignment a ON a.task_id = t.id
    WHERE a.worker_id = %(worker)s::bigint AND a.state = 'excluded' AND t.question_id = %(question)s::bigint
    ORDER BY t.id FOR NO KEY UPDATE OF t
), counted AS (
    UPDATE annotator_task t SET answer_count = answer_count + 1,
           open_slots = open_slots - CASE WHEN t.purpose = 'work' THEN (open_slots > 0)::int ELSE 0 END,
           unfunded = unfunded - CASE WHEN t.purpose = 'work' THEN (open_slots = 0)::int ELSE 0 END
    FROM aside WHERE t.id = aside.id
      AND CASE WHEN t.purpose = 'work' THEN t.open_slots + t.unfunded > 0
               ELSE coalesce((SELECT c.batch_id IS NULL OR c.open_slots + c.unfunded > 0 FROM annotator_assignment a
                              JOIN annotator_task c ON c.id = a.companion_id
                              WHERE a.task_id = t.id AND a.worker_id = %(worker)s::bigint), true) END
    RETURNING t.id
), answered AS (
    UPDATE annotator_assignment a SET state = 'answered' FROM counted
    WHERE a.task_id = counted.id AND a.worker_id = %(worker)s::bigint RETURNING a.task_id
)
SELECT w.id, t.batch_id FROM annotator_answer w JOIN answered ON answered.task_id = w.task_id
JOIN annotator_task t ON t.id = w.task_id
WHERE w.worker_id = %(worker)s::bigint AND w.replaces_id IS NULL
"""


def exclude(question: Question, worker: User, answers_too: bool) -> list[UUID]:
    """Free the tasks a person holds and, with `answers_too`, exclude their answers.

    Excluded answers are kept and not counted, and their tasks are asked again. Answers to a qualification are not excluded.
    Returns the ids of the excluded answers. The caller has locked the worker status.
    """
    open_slots.lock(question.project_id)
    theirs = (
        Assignment.objects.filter(worker=worker, task__question=question)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    held = list(theirs.filter(state=AssignmentState.HELD).values_list("pk", flat=True))
    counted = (
        theirs.filter(state=AssignmentState.ANSWERED).exclude(task__purpose=Purpose.QUALIFICATION)
        if answers_too
        else theirs.none()
    )
    pairs = list(counted.values_list("pk", "task_id"))
    tasks = [task for _, task in pairs]
    wanted = Task.objects.filter(pk__in=tasks, item__withdrawn_at=None)
    asked_again = list(wanted.values_list("batch_id", flat=True))
    release_all(
        [(held, AssignmentState.RETURNED, ""), ([assignment for assignment, _ in pairs], AssignmentState.EXCLUDED, "")]
    )
    Batch.objects.filter(question=question, finished_at__isnull=False, tasks__in=tasks).update(finished_at=None)
    answers = list(worker.answers.filter(task__in=tasks, decision=False, replaces=None).values_list("pk", flat=True))
    if answers:
        answers_excluded.send(Question, question=question, worker=worker, answers=answers)
        hooks.emit(
            question.project_id,
            "answers.excluded",
            {"question": question.pk, "worker": worker.pk, "answers": [str(answer) for answer in answers]},
        )
    open_slots.added(question, Counter(asked_again))
    return answers


def restore(question: Question, worker: User) -> list[UUID]:
    """Let a person's excluded answers count again, and return their ids. The caller has locked the worker status.

    An answer counts again if nobody else has taken its slot since, so overlap is never exceeded.
    A gold answer has no slot. It counts again if its companion task has a slot, so that the restored answers do not reveal
    which items are gold.
    """
    open_slots.lock(question.project_id)
    found = sql.rows(_RESTORE, worker=worker.pk, question=question.pk)
    answers = [answer for answer, _ in found]
    if answers:
        batches = Batch.objects.filter(pk__in={batch for _, batch in found if batch is not None})
        open_slots.changed(question, list(batches))
        answers_restored.send(Question, question=question, worker=worker, answers=answers)
        work = Answer.objects.filter(pk__in=answers, task__purpose=Purpose.WORK)
        AnswerCheck.objects.bulk_create([AnswerCheck(answer=answer) for answer in work])
    return answers
