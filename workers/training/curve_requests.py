"""Requests to compute a learning curve: after the last run of a training, and when the goal has changed."""

import uuid

from annotator import jobs
from annotator.models import Project
from annotator.models.job import JobState
from workers.training.models import Training, TrainingRun

OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


def conclude(training: Training, ended: TrainingRun) -> None:
    """Request the curve once the last run has ended. Called in the transaction that ends it.

    The row of the training is locked: if two runs end at the same moment, the second sees that the first has ended.
    """
    Training.objects.select_for_update(no_key=True).get(pk=training.pk)
    if training.runs.exclude(pk=ended.pk).exclude(job__state__in=OVER).exists():
        return
    question = training.version.question
    jobs.submit(
        question.project,
        "curve",
        f"Learning curve after version {training.version.number}",
        f"curve:{training.pk}",
        {"question": question.pk, "training": training.pk},
        total=1,
    )


def on_project_changed(project: Project, fields: list[str], **kwargs: object) -> None:
    """Request the curves of a project again if its goal has changed: they contain the distance to it."""
    if "goal_error" not in fields:
        return
    for question in project.questions.filter(curve__isnull=False):
        jobs.submit(
            project,
            "curve",
            "Learning curve for a new goal",
            f"curve:goal:{uuid.uuid4()}",
            {"question": question.pk},
            total=1,
        )
