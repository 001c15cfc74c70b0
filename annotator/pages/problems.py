"""What went wrong, as sentences for a page."""

from django import forms
from django.core.exceptions import ValidationError

from annotator.refusal import Refused


def sentences(problem: Refused | ValidationError) -> list[str]:
    """Return the reasons of a refusal."""
    return [problem.reason] if isinstance(problem, Refused) else list(problem.messages)


def of_form(form: forms.Form) -> list[str]:
    """Return what is wrong with a form, each with its field's name."""
    return [
        f"{form.fields[name].label or name.capitalize()}: {one}" if name in form.fields else str(one)
        for name, said in form.errors.items()
        for one in said
    ]


def status(problem: Refused | ValidationError) -> int:
    """Return the HTTP status that says it."""
    return problem.status if isinstance(problem, Refused) else 400
