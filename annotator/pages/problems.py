"""What went wrong, as sentences for a page."""

from django.core.exceptions import ValidationError

from annotator.refusal import Refused


def sentences(problem: Refused | ValidationError) -> list[str]:
    """Return the reasons of a refusal."""
    return [problem.reason] if isinstance(problem, Refused) else list(problem.messages)


def status(problem: Refused | ValidationError) -> int:
    """Return the HTTP status that says it."""
    return problem.status if isinstance(problem, Refused) else 400
