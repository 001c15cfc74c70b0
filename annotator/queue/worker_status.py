"""A person's status at a question: locked, it keeps their tabs and their managers apart."""

from annotator.models import Question, User, WorkerStatus


def lock_status(question: Question, worker: User) -> WorkerStatus:
    """Return a person's standing, locked: nothing is handed to them or taken from them before the transaction ends."""
    WorkerStatus.objects.get_or_create(question=question, worker=worker)
    return (
        WorkerStatus.objects.select_for_update(of=("self",), no_key=True)
        .select_related("question__project", "worker")
        .get(question=question, worker=worker)
    )
