"""What is said where money is missing: only what can be done about it in the state the project is in."""

from decimal import Decimal

from annotator.models import Project
from annotator.money import money_text
from annotator.refusal import Refused
from workers.budget import stopped
from workers.budget.amounts import rounded_up


def refusal(project: Project, missing: Decimal, what_for: str, otherwise: str = "") -> Refused:
    """Return the refusal of something that costs more than is free.

    Args:
        missing: how much more it costs; it is said in whole coins, so that putting this much in is enough.
        what_for: ends the sentence “$1.00 is missing”, with its blank.
        otherwise: what else would help, as it goes on after “Add funds”; only where it does help.
    """
    if gate := stopped.stop_of(project.pk):  # money no longer goes in, so nothing may advise it
        return Refused(stopped.sentence(gate), "stopped")
    lack = money_text(rounded_up(missing, project.currency), project.currency)
    return Refused(f"{lack} is missing{what_for}. Add funds{otherwise}.", "budget_missing")
