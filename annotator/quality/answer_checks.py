"""Checking accepted answers: against the known answer, or against the other answers to the same item."""

import json
import logging
import random
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F

from annotator import kinds
from annotator.models import AnswerCheck, Gold, Purpose, Question, Review, ReviewTrigger, Task, WorkerStatus
from annotator.quality import review, worker_rules
from annotator.server import sql

log = logging.getLogger(__name__)

# How many must agree, as a share; 0 while nobody is to review the task.
_MORE_COME_FIRST = """q.adaptive AND t.overlap < q.most_overlap
AND EXISTS (SELECT 1 FROM annotator_batch b WHERE b.id = t.batch_id AND b.state <> 'closed')"""
_RULE = f"CASE WHEN {_MORE_COME_FIRST} THEN 0 ELSE q.review_agreement END"
_ANSWERS = f"""
SELECT t.id, a.value, {_RULE}
FROM annotator_countedanswer a JOIN annotator_task t ON t.id = a.task_id
JOIN annotator_question q ON q.id = t.question_id
WHERE a.task_id = ANY(%(tasks)s::bigint[])
"""  # noqa: S608
_CHECKS_OF_WORK = """
FROM annotator_answercheck c JOIN annotator_answer a ON a.id = c.answer_id
JOIN annotator_task t ON t.id = a.task_id JOIN annotator_question q ON q.id = t.question_id
WHERE t.purpose = %(work)s
"""
_FINISHED = "t.answer_count >= t.overlap AND t.overlap > 1"
_TAKEN = "ORDER BY c.id LIMIT %(limit)s FOR NO KEY UPDATE OF c SKIP LOCKED"
_OF_FINISHED_TASKS = f"SELECT c.id, t.id, q.kind, q.config {_CHECKS_OF_WORK} AND {_FINISHED} {_TAKEN}"
# An answer to a work task is compared when the task has all its answers and the question sends disagreements to review.
_DELETE_NEEDLESS = f"""
WITH gone AS (
    DELETE FROM annotator_answercheck WHERE id IN (
        SELECT c.id {_CHECKS_OF_WORK} AND NOT ({_FINISHED} AND {_RULE} > 0) {_TAKEN}
    ) RETURNING id
)
SELECT count(*) FROM gone
"""  # noqa: S608
FINISHED_AT_ONCE = 60  # answers may be large: 5,000 marks each
# What is compared for one task at most; one pair of texts of 100,000 characters takes 0.3 s.
MOST_PAIRS = 20_000
MOST_CHARACTERS = 2_000_000  # of the answers as they are stored, counted in each pair


def ask_review_where_answers_disagree(tasks: dict[int, tuple[str, dict[str, Any]]]) -> set[int]:
    """Send tasks that have all their answers to review, when the answers disagree more than the question's rule allows.

    `tasks` gives each task's kind and config. Every answer gets one vote from each answer that agrees with it, including
    itself. Under adaptive redundancy, more answers come first: an item goes to review only at its largest overlap, or in a
    closed batch, where nobody is asked any more.

    Returns the tasks that were compared, at least one. Once the comparisons have reached MOST_CHARACTERS, the rest is left for
    the next transaction, so that none takes long.
    """
    values: dict[int, list[str]] = defaultdict(list)
    rules: dict[int, float] = {}
    for task, value, rule in sql.rows(_ANSWERS, tasks=list(tasks)):
        values[task].append(value)
        rules[task] = rule
    done, disagreed, left = tasks.keys() - rules.keys(), [], MOST_CHARACTERS
    for task, rule in rules.items():
        if left <= 0:
            break
        done.add(task)
        if rule:
            kind, config = tasks[task]
            agreed, compared = _some_agree(kinds.get(kind), config, values[task], rule)
            left -= compared
            if not agreed:
                disagreed.append(task)
    if disagreed:
        review.send_to_review(Task.objects.filter(pk__in=disagreed), ReviewTrigger.DISAGREEMENT)
    return done


def _some_agree(kind: kinds.Kind, config: dict[str, Any], texts: list[str], rule: float) -> tuple[bool, int]:
    """Return whether more than the share `rule` of the answers agree with one of them, and how many characters were compared.

    `texts` are the answers as stored. Equal ones are compared as one, and each pair at most once. If all pairs would be more than
    MOST_PAIRS or MOST_CHARACTERS, a random sample of the answers decides for all: as many as can be compared with each other. It
    is the same sample each time.
    """
    votes = _sample(texts)
    more_than = rule * votes.total()
    values = [(json.loads(text), len(text), count) for text, count in votes.most_common()]
    counts = [count * kind.agrees(config, value, value) for value, _, count in values]
    compared = 0
    for place, (one, size, count) in enumerate(values):
        if counts[place] > more_than:
            return True, compared
        for other in range(place + 1, len(values)):
            value, its_size, its_count = values[other]
            compared += size + its_size
            if kind.agrees(config, one, value):
                counts[place] += its_count
                counts[other] += count
        if counts[place] > more_than:
            return True, compared
    return False, compared


def _sample(texts: list[str]) -> Counter[str]:
    """Return the answers to compare with each other, each with how often it was given: all of them, if the limits allow that."""
    votes = Counter(texts)
    pairs = len(votes) * (len(votes) - 1) // 2
    if pairs <= MOST_PAIRS and sum(map(len, votes)) * (len(votes) - 1) <= MOST_CHARACTERS:
        return votes
    in_order = sorted(texts)
    random.Random(0).shuffle(in_order)  # noqa: S311 (a sample, not a secret)
    sample, size = Counter[str](), 0
    for text in in_order:
        if text not in sample:
            others = len(sample)
            if others > 1 and (
                others * (others + 1) // 2 > MOST_PAIRS or (size + len(text)) * others > MOST_CHARACTERS
            ):
                break
            size += len(text)
        sample[text] += 1
    return sample


def check_answers(limit: int = 200) -> int:
    """Check the answers that wait for their check, oldest first; return how many were checked.

    Answers with nothing to compare are handled in one statement, and answers of finished tasks together. Each other answer
    gets its own transaction. Rows that another process has locked are skipped.
    """
    [(count,)] = sql.rows(_DELETE_NEEDLESS, work=Purpose.WORK, limit=10 * limit)
    alone = AnswerCheck.objects.exclude(answer__task__purpose=Purpose.WORK)
    try:
        count += _check_finished_tasks()
    except DatabaseError:
        raise
    except Exception:  # one of them cannot be compared, so each is tried on its own
        log.exception("Finished tasks could not be compared together.")
        alone = AnswerCheck.objects.all()
    ids = list(alone.order_by("pk").values_list("answer_id", flat=True)[:limit])
    return int(count) + sum(_check_whatever_happens(answer) for answer in ids)


def _check_finished_tasks() -> int:
    """Check the answers of some finished tasks, each task once; return how many answers that covered."""
    with transaction.atomic():
        found = sql.rows(_OF_FINISHED_TASKS, work=Purpose.WORK, limit=FINISHED_AT_ONCE)
        if found:
            done = ask_review_where_answers_disagree(
                {task: (kind, json.loads(config)) for _, task, kind, config in found}
            )
            found = [row for row in found if row[1] in done]
            AnswerCheck.objects.filter(pk__in=[check for check, *_ in found]).delete()
    return len(found)


def _check_whatever_happens(answer_id: UUID) -> bool:
    """Check one answer. If the check fails, log the error and skip the answer, so that other projects do not wait for it."""
    try:
        return check_answer(answer_id)
    except DatabaseError:
        raise  # the database is unavailable or busy: the row stays and is tried again
    except Exception:
        log.exception("Answer %s could not be compared.", answer_id)
        AnswerCheck.objects.filter(answer=answer_id).delete()
        return True


def check_answer(answer_id: UUID) -> bool:
    """Check one answer once and apply what follows from it. Return whether this process did it.

    An answer to a gold item counts for or against its author. Only the first answer counts, so that nobody can improve
    their record by changing it. An answer to a work task may send its item to review.
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
                ask_review_where_answers_disagree({task.pk: (question.kind, question.config)})
        elif answer.replaces_id is None:
            right = int(_right(task.pk, answer.value, question.kind, question.config))
            standing = WorkerStatus.objects.get(question=question, worker=answer.worker_id).pk
            _add(standing, task.purpose, right, 1)
        check.delete()
    if standing is not None:
        worker_rules.apply_rules(standing)
    return True


def _right(task_id: int, value: Any, kind: str, config: dict[str, Any]) -> bool:
    known = Gold.objects.values_list("value", flat=True).get(task=task_id)
    return kinds.get(kind).agrees(config, value, known)


def _add(standing_id: int, purpose: str, right: int, total: int) -> None:
    WorkerStatus.objects.filter(pk=standing_id).update(
        **{f"{purpose}_total": F(f"{purpose}_total") + total, f"{purpose}_right": F(f"{purpose}_right") + right}
    )


def on_qualification_answered(answer_id: UUID, **kwargs: Any) -> None:
    """Check an answer to a qualification at once, because it decides what the person may do next."""
    check_answer(answer_id)


def on_answers_excluded(question: Question, answers: list[UUID], **kwargs: Any) -> None:
    """Delete open reviews of disagreements over excluded answers: the tasks are asked again, and then compared again."""
    Review.objects.filter(
        task__answers__in=answers, task__question=question, decision=None, trigger=ReviewTrigger.DISAGREEMENT
    ).delete()
