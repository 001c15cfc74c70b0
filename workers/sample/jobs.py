"""The job of the sample: simulated people answer until a number of items have all their answers."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from annotator import jobs, queue
from annotator.models import AccessToken, Job, Member, Question, Scope
from annotator.models.job import OPEN
from annotator.people import tokens
from workers.sample import answering, digits, messages, notes, tables
from workers.sample.people import SIMULATED

# How simulated people answer, and the truth they know.
ANSWERS: dict[str, tuple[answering.Decide, Callable[[], dict[str, Any]]]] = {
    "digits": (answering.digit, digits.truth),
    "how_much": (messages.how_much, messages.truth),
    "which_words": (notes.which_words, notes.truth),
    "tables": (tables.where, tables.truth),
}


@jobs.handles("simulate")
def simulate(work: jobs.Work) -> None:
    """Let the simulated people answer over HTTP."""
    question = Question.objects.get(pk=work.arguments["question"])
    target = min(work.arguments["tasks"], question.tasks.count())
    base = os.environ.get("MARGINALIA_URL") or work.arguments["base"]
    decide, truth = ANSWERS[work.arguments.get("about", "digits")]
    known = truth()
    tokens = _tokens(question)
    before = queue.progress(question).tasks_done
    stop = threading.Event()
    with ThreadPoolExecutor(len(SIMULATED)) as pool:
        people: list[Future[int]] = [
            pool.submit(
                answering.work, person, tokens[person.name], base, question.project_id, question.pk, decide, known, stop
            )
            for person in SIMULATED[: work.arguments.get("people", len(SIMULATED))]
            if person.name in tokens
        ]
        try:
            while True:
                _, busy = wait(people, timeout=0.1)
                done = queue.progress(question).tasks_done
                work.report(
                    max(0, min(done, target) - before),
                    max(1, target - before),
                    f"{done:,} of {target:,} items have all their answers",
                )
                if done >= target or not busy:
                    break
        finally:
            stop.set()
            wait(people)
            if not _others(work):
                forget_tokens()
    with work.finish() as said:
        said.update(answers=sum(person.result() for person in people), tasks_done=queue.progress(question).tasks_done)


def _others(work: jobs.Work) -> bool:
    """Check whether another job uses the same people: it needs their tokens."""
    open_jobs = Job.objects.filter(kind="simulate", state__in=OPEN)
    return open_jobs.exclude(pk=work.job.pk).exists()


def forget_tokens() -> None:
    """Delete the tokens of the simulated people: only these jobs sign in as them."""
    AccessToken.objects.filter(user__username__in=[person.name for person in SIMULATED]).delete()


def _tokens(question: Question) -> dict[str, str]:
    members = Member.objects.filter(project=question.project, simulated=True).select_related("user")
    return {member.user.username: tokens.issue(member.user, "Simulated", Scope.ANSWER, 1)[1] for member in members}
