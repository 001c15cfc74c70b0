"""The jobs of this app: computing labels and freezing versions."""

import uuid
from collections.abc import Callable
from typing import Any

from annotator import jobs
from annotator.models import Job, Question, User
from datasets.labels import computation
from datasets.models import StaleLabel
from datasets.versions import versions
from datasets.versions.freeze_rules import FreezeRules

LABEL_STEPS = 3  # reading, learning, writing


def ask_labels(question: Question, user: User | None = None, idempotency_key: str | None = None) -> Job:
    """Submit the job that computes a question's labels again."""
    return jobs.submit(
        question.project,
        "labels",
        "Labels from answers",
        idempotency_key or f"labels:{uuid.uuid4()}",
        {"question": question.pk},
        user=user,
        total=LABEL_STEPS,
    )


def ask_refreshes() -> int:
    """Submit a job for every question with new answers since its labels were computed; return how many were submitted.

    Each question has one such job, which is run repeatedly. So two never run at once, and a question that fails or takes long
    does not delay others.
    """
    marked = Question.objects.filter(pk__in=StaleLabel.objects.values("question").distinct())
    stale = marked.filter(project__archived_at=None).select_related("project")
    return sum(
        jobs.submit_again(
            question.project,
            "refresh-labels",
            f"Labels of “{shortened(question.text)}”",
            f"refresh-labels:{question.pk}",
            {"question": question.pk},
            total=LABEL_STEPS,
        )
        for question in stale
    )


def shortened(text: str) -> str:
    """Return a question's text, shortened to fit into a title."""
    return text if len(text) <= 100 else text[:99] + "…"


def ask_freeze(
    question: Question,
    user: User | None,
    idempotency_key: str | None = None,
    **rules: Any,
) -> Job:
    """Submit the job that freezes a version of a question's labels, computed from every answer accepted by then.

    `rules` say which training labels are taken, as in `FreezeRules`.
    """
    arguments = {"question": question.pk, "rules": FreezeRules(**rules).as_dict()}
    return jobs.submit(
        question.project,
        "freeze",
        "Freezing a version",
        idempotency_key or f"freeze:{uuid.uuid4()}",
        arguments,
        user=user,
        total=LABEL_STEPS + 1,
    )


@jobs.handles("labels")
def compute_labels(work: jobs.Work) -> None:
    """Compute a question's labels."""
    question = Question.objects.get(pk=work.arguments["question"])
    aggregation = computation.compute(question, _told(work))
    with work.finish() as said:
        said.update(answers=aggregation.answers, iterations=aggregation.iterations)


@jobs.handles("refresh-labels", quiet=True)
def refresh_labels(work: jobs.Work) -> None:
    """Update a question's labels with its new answers."""
    question = Question.objects.get(pk=work.arguments["question"])
    aggregation = computation.refresh(question, _told(work))
    with work.finish() as said:
        said.update(answers=aggregation.answers if aggregation else None)


def _told(work: jobs.Work, before: int = 0, total: int = 0) -> Callable[[str], None]:
    """Return the function that reports each step of computing labels; it raises if the job should stop."""
    done = before

    def step(what: str) -> None:
        nonlocal done
        work.report(min(done, before + LABEL_STEPS - 1), total or LABEL_STEPS, what)
        done += 1

    return step


@jobs.handles("freeze")
def freeze(work: jobs.Work) -> None:
    """Compute the labels, then freeze them."""
    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    computation.compute(question, _told(work, total=LABEL_STEPS + 1))
    work.report(LABEL_STEPS, LABEL_STEPS + 1, "writing the manifest")
    try:
        content = versions.build(question, **work.arguments["rules"])
    except versions.NotFreezable as problem:
        raise jobs.JobProblem(str(problem)) from None
    with work.finish() as said:
        version, new = versions.freeze(question, content, work.job.created_by)
        said.update(version=version.number, new=new)
        if not new:
            said["note"] = f"Version {version.number} has exactly these items and labels, so no new version was made."
