"""The jobs of this app: labels and freezing."""

import uuid

from annotator import jobs
from annotator.models import Job, Question, User
from datasets import labels, versions


def ask_labels(question: Question, user: User | None = None, cause: str | None = None) -> Job:
    """Ask for a question's labels to be computed anew."""
    return jobs.submit(
        question.project,
        "labels",
        "Labels from answers",
        cause or f"labels:{uuid.uuid4()}",
        {"question": question.pk},
        user=user,
        total=1,
    )


def ask_freeze(
    question: Question,
    user: User | None,
    min_probability: float = 0.0,
    min_answers: int = 1,
    cause: str | None = None,
) -> Job:
    """Ask for a version of a question's labels, computed from every answer accepted by then."""
    arguments = {"question": question.pk, "min_probability": min_probability, "min_answers": min_answers}
    return jobs.submit(
        question.project,
        "freeze",
        "Freezing a version",
        cause or f"freeze:{uuid.uuid4()}",
        arguments,
        user=user,
        total=3,
    )


@jobs.handles("labels")
def compute_labels(work: jobs.Work) -> None:
    """Compute a question's labels."""
    question = Question.objects.get(pk=work.arguments["question"])
    aggregation = labels.compute(question)
    with work.finish() as said:
        said.update(answers=aggregation.answers, iterations=aggregation.iterations)


@jobs.handles("freeze")
def freeze(work: jobs.Work) -> None:
    """Compute the labels, then freeze them."""
    question = Question.objects.select_related("project").get(pk=work.arguments["question"])
    work.report(0, 3, "computing labels")
    labels.compute(question)
    work.report(1, 3, "writing the manifest")
    try:
        content = versions.build(question, work.arguments["min_probability"], work.arguments["min_answers"])
    except versions.NotFreezable as problem:
        raise jobs.JobProblem(str(problem)) from None
    with work.finish() as said:
        version, new = versions.freeze(question, content, work.job.created_by)
        said.update(version=version.number, new=new)
