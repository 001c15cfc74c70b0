"""Places that come and go in number: one deed at a time in a project, and whoever pays for them is asked.

Answers and leases change no number of places that may still be answered, so they never wait here.
"""

from collections import Counter
from collections.abc import Iterable

from annotator.models import Batch, Project, Question, User
from annotator.server import locks
from annotator.server.locks import Lock
from annotator.signals import places_added, places_changed, work_wanted


def lock(project_id: int) -> None:
    """Let others who add or take places of a project wait until this transaction ends.

    It is taken before every row that a deed locks, a person's standing excepted, which comes first. Whoever takes them in another
    order may wait for one who waits for them.
    """
    locks.take(Lock.OPEN_SLOTS, project_id)


def wanted(project: Project) -> None:
    """Take the lock of `lock`, and tell that more is about to be asked of people. Raises Refused where it may not be."""
    lock(project.pk)
    work_wanted.send(Project, project=project)


def added(question: Question, batches: Iterable[int | None], must: bool = False, by: User | None = None) -> None:
    """Tell that places were added, each named by its batch. Raises Refused where they cannot be paid and `must` be."""
    places = Counter(batch for batch in batches if batch is not None)
    if places:
        places_added.send(Question, question=question, places=dict(places), must=must, by=by)


def changed(question: Question, batches: list[Batch], must: bool = False, by: User | None = None) -> None:
    """Tell that batches may cost another sum from now on. Raises Refused as `added` does."""
    places_changed.send(Question, question=question, batches=batches, must=must, by=by)
