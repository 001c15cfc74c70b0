"""A project that was stopped at a gate: who stopped it and when, and the refusal of new work in it."""

from typing import Any

from annotator.models import Project
from annotator.refusal import Refused
from workers.budget.phase import Decision, Gate


def stop_of(project_id: int) -> Gate | None:
    """Return the decision that stopped a project, or None if it was not stopped."""
    found = Gate.objects.filter(phase__project=project_id, phase__current=True, decision=Decision.STOP)
    return found.select_related("phase", "by").first()


def sentence(gate: Gate) -> str:
    """Return the sentence that a project was stopped: in which phase, when, by whom, and that nothing undoes it."""
    return (
        f"This project was stopped at the gate of “{gate.phase}” on {gate.created_at:%-d %B %Y} by {gate.by.display_name}. "
        "A stop is final: new work needs a new project."
    )


def refuse_new_work(project_id: int) -> None:
    """Raise Refused if a project was stopped."""
    if gate := stop_of(project_id):
        raise Refused(sentence(gate), "stopped")


def on_work_wanted(project: Project, **kwargs: Any) -> None:
    """Refuse new work in a project that was stopped; see `annotator.signals.work_wanted`."""
    refuse_new_work(project.pk)
