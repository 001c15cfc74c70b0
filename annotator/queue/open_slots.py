"""Adding and removing slots: one transaction at a time in a project, and whoever pays for the slots is asked.

Answers and leases do not change the number of slots that may still be answered, so they never wait here.
"""

from collections.abc import Mapping

from annotator.models import Batch, Project, Question, User
from annotator.server import locks
from annotator.server.locks import Lock
from annotator.signals import slots_added, slots_changed, work_wanted


def lock(project_id: int) -> None:
    """Make others who add or remove slots of this project wait until this transaction ends.

    Take this lock before every row lock except the worker status, which comes first. Any other order can deadlock.
    """
    locks.take(Lock.OPEN_SLOTS, project_id)


def wanted(project: Project) -> None:
    """Take `lock`, and signal that people are about to be asked for more. Raises Refused when that is not allowed."""
    lock(project.pk)
    work_wanted.send(Project, project=project)


def added(question: Question, slots: Mapping[int | None, int], must: bool = False, by: User | None = None) -> None:
    """Signal how many slots were added to each batch. Raises Refused when they `must` be paid and cannot be."""
    slots = {batch: count for batch, count in slots.items() if batch is not None and count}
    if slots:
        slots_added.send(Question, question=question, slots=slots, must=must, by=by)


def changed(question: Question, batches: list[Batch], must: bool = False, by: User | None = None) -> None:
    """Signal that the cost of batches may have changed. Raises Refused as `added` does."""
    slots_changed.send(Question, question=question, batches=batches, must=must, by=by)
