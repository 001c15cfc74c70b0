"""What follows from known answers: who qualifies, who is paused, whose answers are set aside and asked again."""

import json
import logging
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F

from annotator import audit, hooks, kinds
from annotator.models import (
    Answer,
    AnswerCheck,
    Assignment,
    Batch,
    Gold,
    Purpose,
    Question,
    Review,
    ReviewCause,
    Standing,
    StandingState,
    Task,
    User,
)
from annotator.models.assignment import State
from annotator.quality import surely_under
from annotator.queue import open_slots
from annotator.queue.counted import NOT_REPLACED
from annotator.queue.release import free_all
from annotator.server import sql
from annotator.signals import answers_reinstated, answers_set_aside

log = logging.getLogger(__name__)

_ANSWERS = f"""
SELECT a.value, CASE WHEN q.adaptive AND t.overlap < q.most_overlap THEN 0 ELSE q.review_agreement END
FROM annotator_answer a JOIN annotator_task t ON t.id = a.task_id
JOIN annotator_question q ON q.id = t.question_id
JOIN annotator_assignment s ON s.task_id = a.task_id AND s.worker_id = a.worker_id AND s.state = 'answered'
WHERE a.task_id = %(task)s::bigint AND NOT a.decision AND {NOT_REPLACED}
"""  # noqa: S608
_ASK_REVIEW = """
INSERT INTO annotator_review (task_id, cause, reason, created_at)
VALUES (%(task)s::bigint, 'disagreement', '', now()) ON CONFLICT (task_id) DO NOTHING
"""
_TAKE_BACK = """
WITH aside AS (
    SELECT t.id FROM annotator_task t JOIN annotator_assignment a ON a.task_id = t.id
    WHERE a.worker_id = %(worker)s::bigint AND a.state = 'set_aside' AND t.question_id = %(question)s::bigint
    ORDER BY t.id FOR NO KEY UPDATE OF t
), counted AS (
    UPDATE annotator_task t SET answer_count = answer_count + 1,
           places_left = places_left - CASE WHEN t.purpose = 'work' THEN (places_left > 0)::int ELSE 0 END,
           unfunded = unfunded - CASE WHEN t.purpose = 'work' THEN (places_left = 0)::int ELSE 0 END
    FROM aside WHERE t.id = aside.id
      AND CASE WHEN t.purpose = 'work' THEN t.places_left + t.unfunded > 0
               ELSE coalesce((SELECT c.batch_id IS NULL OR c.places_left + c.unfunded > 0 FROM annotator_assignment a
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


def ask_review_where_answers_disagree(task_id: int, kind: str, config: dict[str, Any]) -> None:
    """Send a task that has all its answers to review, where they disagree as much as the question's rule says.

    An answer has the votes of all that agree with it, itself among them. Where items get more answers as they need them, that
    comes first: a reviewer sees an item once it had the most it may have.
    """
    found = sql.rows(_ANSWERS, task=task_id)
    values, rule = [json.loads(value) for value, _ in found], found[0][1] if found else 0.0
    if rule and not _some_agree(kinds.get(kind), config, values, rule * len(values)):
        sql.rows(_ASK_REVIEW, task=task_id)


def _some_agree(kind: kinds.Kind, config: dict[str, Any], values: list[Any], more_than: float) -> bool:
    """Say whether an answer has more than so many that agree with it; each pair is compared once, until that is known."""
    counts = [int(kind.agrees(config, value, value)) for value in values]
    for place, one in enumerate(values):
        for other in range(place + 1, len(values)):
            if kind.agrees(config, one, values[other]):
                counts[place] += 1
                counts[other] += 1
        if counts[place] > more_than:
            return True
    return False


def check_answers(limit: int = 200) -> int:
    """Compare the answers that are still to be compared, the oldest first; return how many were.

    Each is a transaction of its own; a row that another process works on is passed over.
    """
    ids = list(AnswerCheck.objects.order_by("pk").values_list("answer_id", flat=True)[:limit])
    return sum(_check_whatever_happens(answer) for answer in ids)


def _check_whatever_happens(answer_id: UUID) -> bool:
    """Compare one answer; one that cannot be compared is logged and passed over, so that it holds up no other project's."""
    try:
        return check_answer(answer_id)
    except DatabaseError:
        raise  # the database is away or busy: the row stays, and its turn comes again
    except Exception:
        log.exception("Answer %s could not be compared.", answer_id)
        AnswerCheck.objects.filter(answer=answer_id).delete()
        return True


def check_answer(answer_id: UUID) -> bool:
    """Compare one answer, once, and draw what follows from it; say whether it was this process that did.

    An answer to an item whose answer is known counts for or against its author: the first one only, so that nobody can
    mend their record by changing it. An answer to work may send its item to review.
    """
    standing = None
    with transaction.atomic():
        check = (
            AnswerCheck.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("answer__task__question")
            .filter(answer=answer_id)
            .first()
        )
        if check is None:
            return False
        answer, task = check.answer, check.answer.task
        question = task.question
        if task.purpose == Purpose.WORK:
            if task.answer_count >= task.overlap > 1:
                ask_review_where_answers_disagree(task.pk, question.kind, question.config)
        elif answer.replaces_id is None:
            right = int(_right(task.pk, answer.value, question.kind, question.config))
            standing = Standing.objects.get(question=question, worker=answer.worker_id).pk
            _add(standing, task.purpose, right, 1)
        check.delete()
    if standing is not None:
        judge(standing)
    return True


def _right(task_id: int, value: Any, kind: str, config: dict[str, Any]) -> bool:
    known = Gold.objects.values_list("value", flat=True).get(task=task_id)
    return kinds.get(kind).agrees(config, value, known)


def _add(standing_id: int, purpose: str, right: int, total: int) -> None:
    Standing.objects.filter(pk=standing_id).update(
        **{f"{purpose}_total": F(f"{purpose}_total") + total, f"{purpose}_right": F(f"{purpose}_right") + right}
    )


def judge(standing_id: int) -> None:
    """Draw the consequences for one person: qualified, failed, or paused. Drawn again, they are the same."""
    with transaction.atomic():
        standing = (
            Standing.objects.select_for_update(of=("self",), no_key=True)
            .select_related("question", "worker")
            .get(pk=standing_id)
        )
        question = standing.question
        if standing.state == StandingState.QUALIFYING:
            _judge_qualification(standing)
        elif standing.state == StandingState.WORKING:
            right, total = standing.gold_right, standing.gold_total
            if surely_under(right, total, question.gold_bar, question.gold_minimum):
                said = f"{right} of {total} answers to items with a known answer were right."
                _pause(standing, f"You are paused here: {said} Your manager can let you go on.", by=None)


def unjudged() -> list[int]:
    """Return the standings that may have a consequence to be drawn: a process may have died before it was."""
    qualifying = Standing.objects.filter(state=StandingState.QUALIFYING, qualification_total__gt=0)
    working = Standing.objects.filter(
        state=StandingState.WORKING,
        gold_total__gte=F("question__gold_minimum"),
        gold_right__lt=F("gold_total") * F("question__gold_bar"),
    )
    return [*qualifying.values_list("pk", flat=True), *working.values_list("pk", flat=True)]


def _judge_qualification(standing: Standing) -> None:
    question = standing.question
    tasks = Task.objects.filter(question=question, purpose=Purpose.QUALIFICATION)
    settled = Assignment.objects.filter(
        worker=standing.worker, task__in=tasks, state__in=[State.ANSWERED, State.SKIPPED]
    ).count()
    total = tasks.count()
    if settled < total:
        return
    if standing.qualification_right >= question.qualification_bar * total:
        standing.state = StandingState.WORKING
        standing.save(update_fields=["state"])
        _tell(standing, "worker.qualified")
    else:
        said = f"{standing.qualification_right} of {total} answers of the qualification were right"
        _pause(standing, f"You did not qualify: {said}, {question.qualification_bar:.0%} are needed.", by=None)


def pause(question: Question, worker: User, reason: str, by: User | None, set_aside: bool = True) -> Standing:
    """Pause a person at a question: what they hold is freed, and their answers are set aside unless told otherwise."""
    with transaction.atomic():
        standing = locked(question, worker)
        if standing.state != StandingState.PAUSED:
            _pause(standing, reason, by, set_aside)
        return standing


def _pause(standing: Standing, reason: str, by: User | None, set_aside: bool = True) -> None:
    question, worker = standing.question, standing.worker
    standing.state, standing.reason, standing.overruled = StandingState.PAUSED, reason[:300], False
    standing.save(update_fields=["state", "reason", "overruled"])
    answers = _take_back_all(question, worker, set_aside)
    count = len(answers)
    audit.record(by, question.project, "paused a person", worker=worker.username, question=question.pk, answers=count)
    _tell(standing, "worker.paused", reason=reason, answers_set_aside=count)


def _take_back_all(question: Question, worker: User, set_aside: bool) -> list[UUID]:
    """Free what a person holds and, if told so, set their answers aside: kept, not counted, their tasks asked again."""
    open_slots.lock(question.project_id)
    theirs = (
        Assignment.objects.filter(worker=worker, task__question=question)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    held = list(theirs.filter(state=State.HELD).values_list("pk", flat=True))
    counted = (
        theirs.filter(state=State.ANSWERED).exclude(task__purpose=Purpose.QUALIFICATION) if set_aside else theirs.none()
    )
    pairs = list(counted.values_list("pk", "task_id"))
    tasks = [task for _, task in pairs]
    asked_again = list(Task.objects.filter(pk__in=tasks).values_list("batch_id", flat=True))
    free_all([(held, State.RETURNED, ""), ([assignment for assignment, _ in pairs], State.SET_ASIDE, "")])
    Batch.objects.filter(question=question, finished_at__isnull=False, tasks__in=tasks).update(finished_at=None)
    # What is asked again is compared again once it has its answers; until then there is nothing to decide.
    Review.objects.filter(task__in=tasks, decision=None, cause=ReviewCause.DISAGREEMENT).delete()
    answers = list(worker.answers.filter(task__in=tasks, decision=False, replaces=None).values_list("pk", flat=True))
    if answers:
        answers_set_aside.send(Question, question=question, worker=worker, answers=answers)
        hooks.emit(
            question.project_id,
            "answers.set_aside",
            {"question": question.pk, "worker": worker.pk, "answers": [str(answer) for answer in answers]},
        )
    open_slots.added(question, asked_again)
    return answers


def resume(question: Question, worker: User, by: User) -> int:
    """Let a paused person go on; return how many of their answers count again.

    Gold measures them from the beginning: what they were paused for is not held against them, what comes is.
    An answer counts again where nobody else has taken its place in the meantime: overlap is never exceeded.
    An answer to gold, which has no places, counts again where its companion has one: which answers do must not tell it.
    """
    with transaction.atomic():
        standing = locked(question, worker)
        standing.state, standing.reason, standing.overruled = StandingState.WORKING, "", True
        standing.gold_right = standing.gold_total = 0
        standing.save(update_fields=["state", "reason", "overruled", "gold_right", "gold_total"])
        open_slots.lock(question.project_id)
        found = sql.rows(_TAKE_BACK, worker=worker.pk, question=question.pk)
        answers = [answer for answer, _ in found]
        if answers:
            batches = Batch.objects.filter(pk__in={batch for _, batch in found if batch is not None})
            open_slots.changed(question, list(batches))
            answers_reinstated.send(Question, question=question, worker=worker, answers=answers)
            work = Answer.objects.filter(pk__in=answers, task__purpose=Purpose.WORK)
            AnswerCheck.objects.bulk_create([AnswerCheck(answer=answer) for answer in work])
        audit.record(
            by,
            question.project,
            "let a person go on",
            worker=worker.username,
            question=question.pk,
            answers=len(answers),
        )
        _tell(standing, "worker.resumed", answers_counted_again=len(answers))
        return len(answers)


def locked(question: Question, worker: User) -> Standing:
    """Return a person's standing, locked: nothing is handed to them or taken from them before the transaction ends."""
    Standing.objects.get_or_create(question=question, worker=worker)
    return (
        Standing.objects.select_for_update(of=("self",), no_key=True)
        .select_related("question__project", "worker")
        .get(question=question, worker=worker)
    )


def _tell(standing: Standing, event: str, **more: Any) -> None:
    content = {"question": standing.question_id, "worker": standing.worker_id, "name": standing.worker.username}
    hooks.emit(standing.question.project_id, event, content | more)
