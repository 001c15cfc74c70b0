"""Gold items of a question: made, mixed in, and answered."""

import uuid
from collections.abc import Callable

from annotator import queue
from annotator.models import Purpose, Question, Split, User, WorkerStatus
from annotator.quality import answer_checks, gold
from annotator.refusal import Refused
from tests import make


def known(question: Question, count: int, purpose: str = Purpose.GOLD, value: str = "yes") -> set[int]:
    *most, last = make.items(question.project, count)
    made = make.known(question, most, value, purpose)
    return {*made, gold.add(question, question.project.created_by, last, value, purpose).task_id}


def work(question: Question, person: User, say: Callable[[int], str], most: int = 1000) -> list[int]:
    """Answer what comes with `say(task)`; return the tasks."""
    tasks = []
    while len(tasks) < most:
        try:
            found = queue.next_tasks(question, person)
        except Refused as refused:
            assert refused.code == "paused"
            break
        if not found:
            break
        tasks.append(found[0].task_id)
        queue.submit(question.project, found[0].task_id, person, uuid.uuid4(), say(found[0].task_id))
        answer_checks.check_answers()
    return tasks


def standing(question: Question, person: User) -> WorkerStatus:
    return WorkerStatus.objects.get(question=question, worker=person)


def mix_in(question: Question) -> Question:
    """Return the question with 40 items and 12 known ones, mixed in at one in three."""
    question.gold_rate = 0.33
    question.save()
    make.items_of_split(question.project, Split.TRAIN, 40)
    question.known = known(question, 12)
    return question
