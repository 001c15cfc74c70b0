"""Skipping: a person says why they cannot answer, and the task goes to others, or to a reviewer where many could not."""

from annotator import queue, review
from annotator.models import Project, Purpose, User
from annotator.queue import judging
from annotator.refusal import Refused


def skip(project: Project, task_id: int, worker: User, reason: str) -> None:
    """Let a person pass a task by for good. Raises Refused without a reason, or where it is not in their hands."""
    reason = reason.strip()
    if not reason:
        raise Refused("Please say why you skip it.", "no_reason", 400)
    purpose, standing = queue.skip(project, task_id, worker, reason[:300])
    if purpose == Purpose.WORK:
        review.after_skip(task_id)
    else:
        judging.judge(standing)  # the last of a qualification may have been skipped
