"""Skipping: a person says why they cannot answer, and the task goes to others, or to a reviewer where many could not."""

from annotator import queue
from annotator.models import Project, Purpose, User
from annotator.quality import review, worker_rules
from annotator.refusal import Refused


def skip(project: Project, name: queue.TaskName, worker: User, reason: str) -> None:
    """Let a person pass a task by for good. Raises Refused without a reason, or where it is not in their hands."""
    reason = reason.strip()
    if not reason:
        raise Refused("Please say why you skip it.", "no_reason", 400)
    task, purpose, standing = queue.skip(project, name, worker, reason[:300])
    review.after_skip(task)  # it looks whether the task is work: the same statement for every purpose
    if purpose == Purpose.QUALIFICATION:
        worker_rules.apply_rules(standing)  # the last of a qualification may have been skipped
