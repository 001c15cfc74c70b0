"""A person's status at a question: locked, it keeps their tabs and their managers apart."""

from annotator.models import Question, Standing, User


def locked(question: Question, worker: User) -> Standing:
    """Return a person's standing, locked: nothing is handed to them or taken from them before the transaction ends."""
    Standing.objects.get_or_create(question=question, worker=worker)
    return (
        Standing.objects.select_for_update(of=("self",), no_key=True)
        .select_related("question__project", "worker")
        .get(question=question, worker=worker)
    )
