"""The lock on a person's status at a question: it makes their tabs and their managers take turns."""

from annotator.models import Question, User, WorkerStatus


def lock_status(question: Question, worker: User) -> WorkerStatus:
    """Return a worker status, locked: no task is handed to the person or taken from them until the transaction ends."""
    WorkerStatus.objects.get_or_create(question=question, worker=worker)
    return (
        WorkerStatus.objects.select_for_update(of=("self",), no_key=True)
        .select_related("question__project", "worker")
        .get(question=question, worker=worker)
    )
