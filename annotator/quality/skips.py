"""Skipping: a person says why they cannot answer. The task goes to others, or to a reviewer when many have skipped it."""

from annotator import queue
from annotator.models import Project, Purpose, User
from annotator.quality import review, worker_rules
from annotator.refusal import Refused


def skip(project: Project, name: queue.TaskName, worker: User, reason: str) -> None:
    """Skip a task permanently for a person. Raises Refused without a reason, or when they do not hold the task."""
    reason = reason.strip()
    if not reason:
        raise Refused("Please say why you skip it.", "no_reason", 400)
    task, purpose, standing = queue.skip(project, name, worker, reason[:300])
    review.after_skip(task)  # this checks whether it is a work task, so the same statement runs for every purpose
    if purpose == Purpose.QUALIFICATION:
        worker_rules.apply_rules(standing)  # the skipped task may have been the last of the qualification
