"""Where money is missing: the message, with only what can be done in the project's present state, and the answers that wait."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from annotator.models import BatchState, Project, Task
from annotator.money import money_text
from annotator.refusal import Refused
from workers.budget import stopped
from workers.budget.amounts import rounded_up


def refusal(project: Project, missing: Decimal, what_for: str, otherwise: str = "") -> Refused:
    """Return the refusal of something that costs more than is available.

    Args:
        missing: how much more it costs; shown in whole coins, so that adding this much is enough.
        what_for: ends the sentence “$1.00 is missing”, with its leading blank.
        otherwise: what else would help, as it continues after “Add funds”; only if it does help.
    """
    if gate := stopped.stop_of(project.pk):  # no more money goes in, so the message must not advise it
        return Refused(stopped.sentence(gate), "stopped")
    lack = money_text(rounded_up(missing, project.currency), project.currency)
    return Refused(f"{lack} is missing{what_for}. Add funds{otherwise}.", "budget_missing")


@dataclass(frozen=True)
class Waiting:
    """Answers that are not asked for because the budget does not cover them, and what they would cost."""

    answers: int
    cost: Decimal


def waiting_for_money(project: Project) -> Waiting:
    """Return what waits for money in the open and paused batches of a project."""
    states = (BatchState.OPEN, BatchState.PAUSED)
    tasks = Task.objects.filter(question__project=project, unfunded__gt=0, batch__state__in=states)
    found = tasks.aggregate(answers=Sum("unfunded"), cost=Sum(F("unfunded") * F("question__price")))
    return Waiting(found["answers"] or 0, found["cost"] or Decimal(0))
