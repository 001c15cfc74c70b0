"""The phases of a project: created with it, planned by its manager."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotator import audit
from annotator.models import Project, User
from annotator.money import money_text
from annotator.refusal import Refused
from workers.budget import ledger, stopped
from workers.budget.amounts import BadAmount, checked
from workers.budget.phase import MOST_DAYS, Phase, PhaseState, Stage

# What each phase is for, and how many days it usually gets.
USUAL: dict[int, tuple[str, int]] = {
    Stage.DEFINING: ("A question that people agree on, and figures that say when it is answered well enough.", 7),
    Stage.MODEL: ("A model that learns from a few labels at all, found within the time box.", 14),
    Stage.TRAINING: ("Labels, version by version, until the wanted error is reached or out of reach.", 30),
    Stage.REAL_DATA: ("The model on real data, at several balances of precision and recall.", 21),
    Stage.PRODUCTION: ("The model at work behind an API, watched.", 30),
    Stage.MAINTENANCE: ("Keep the model accurate as the data changes.", 90),
}


def on_project_created(project: Project, **kwargs: Any) -> None:
    """Create a new project's accounts and phases; the first phase begins at once."""
    ledger.open_accounts(project)
    Phase.objects.bulk_create(
        [Phase(project=project, stage=stage, goal=goal, days=days) for stage, (goal, days) in USUAL.items()]
    )
    begin(project.phases.get(stage=Stage.DEFINING))


def begin(phase: Phase) -> None:
    """Make a phase the current one."""
    phase.state, phase.current, phase.began_at = PhaseState.ACTIVE, True, timezone.now()
    phase.save(update_fields=["state", "current", "began_at"])
    ledger.open_accounts_of(phase)


def line(project: Project) -> list[Phase]:
    """Return the last attempt at each phase, in their order, for the line at the top of the overview."""
    latest: dict[int, Phase] = {}
    for phase in project.phases.select_related("gate").order_by("stage", "attempt"):
        shown = latest.get(phase.stage)
        if shown is None or phase.current or not shown.current:
            latest[phase.stage] = phase
    return list(latest.values())


def check_days(days: int | None) -> None:
    """Raise Refused if the length of a time box is not valid."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Refused(f"A time box has from 1 to {MOST_DAYS:,} days.", "bad_days", 400)


@transaction.atomic
def plan(phase: Phase, by: User, *, goal: str, budget: Decimal, days: int | None) -> Phase:
    """Change a phase's goal, planned budget and time box.

    Raises Refused if it is over, already spent more than that, or the project was stopped.
    """
    phase = Phase.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=phase.pk)
    stopped.refuse_new_work(phase.project_id)
    if phase.state not in (PhaseState.PLANNED, PhaseState.ACTIVE):
        raise Refused("This phase is over; what was planned for it stays as it was.", "phase_over")
    currency = phase.project.currency
    if budget:
        try:
            checked(budget, currency)
        except BadAmount as problem:
            raise Refused(str(problem), "bad_amount", 400) from None
    check_days(days)
    spent = ledger.totals(phase.project, phase)["spent"]
    if phase.active and budget and budget < spent:
        raise Refused(
            f"{money_text(spent, currency)} is spent in this phase already; its budget cannot be {money_text(budget, currency)}.",
            "budget_under_spent",
        )
    before = {"budget": str(phase.budget), "days": phase.days}
    phase.goal, phase.budget, phase.days = goal.strip()[:1000], budget, days
    phase.save(update_fields=["goal", "budget", "days"])
    audit.record(
        by, phase.project, "planned a phase", phase=phase.pk, before=before, after={"budget": str(budget), "days": days}
    )
    return phase
