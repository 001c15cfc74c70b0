"""The message when money is missing: only what can be done about it in the project's present state."""

from decimal import Decimal

from annotator.models import Project
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
