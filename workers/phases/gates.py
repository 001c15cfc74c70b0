"""Gates: go on and release the next phase's money, go back, or stop; decided by a person, for a reason, on frozen evidence."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from annotator import audit, hooks
from annotator.models import Batch, BatchState, Project, User
from annotator.queue import batches, open_slots
from annotator.queue.release import reset_cursors
from annotator.refusal import Refused
from workers.budget import funding, ledger, reservations, stopped
from workers.budget.amounts import BadAmount, checked
from workers.budget.models import AccountName, EntryKind
from workers.budget.phase import MAY_GO_BACK, Decision, Gate, Phase, PhaseState, Stage
from workers.phases import briefs, evidence, phases


def decide(
    phase: Phase,
    by: User,
    decision: str,
    reason: str,
    *,
    to_stage: int | None = None,
    money: Decimal | str | int = 0,
    days: int | None = None,
) -> Gate:
    """Decide at the gate of the current phase; return the decision.

    Args:
        decision: of `Decision`.
        to_stage: where to go back to; going on leads to the next phase, in maintenance to another term of it.
        money: released for the phase that begins.
        days: the time box of the phase that begins; as planned if it is not given.

    Raises Refused if it was decided before, there is no reason, nowhere to go, a brief with gaps, or the sum is not valid.
    """
    if decision not in Decision.values:
        raise Refused("Choose: go on, go back, or stop.", "no_decision", 400)
    if not reason.strip():
        raise Refused("Say why. Whoever asks in a year what was decided here will read it.", "no_reason", 400)
    with transaction.atomic():
        if decision == Decision.STOP:
            open_slots.lock(phase.project_id)  # no batch opens while the project is stopped
        phase = Phase.objects.select_for_update(of=("self",), no_key=True).select_related("project").get(pk=phase.pk)
        if not phase.current or not phase.active:
            stop = stopped.stop_of(phase.project_id)
            why = stopped.sentence(stop) if stop else "The decision stands on the page of the gate."
            raise Refused(f"This gate was decided before. {why}", "decided")
        stage = _target(phase, decision, to_stage)
        released = _released(phase.project, decision, money)
        found = evidence.collect(phase.project)
        phase.state = {Decision.GO_ON: PhaseState.PASSED, Decision.GO_BACK: PhaseState.LEFT}.get(
            decision, PhaseState.STOPPED
        )  # type: ignore[call-overload]
        phase.current, phase.ended_at = decision == Decision.STOP, timezone.now()
        phase.save(update_fields=["state", "current", "ended_at"])
        following = _next(phase.project, stage, days) if stage else None
        gate = Gate.objects.create(
            phase=phase,
            decision=decision,
            to=following,
            money=released,
            reason=reason.strip()[:2000],
            evidence=found,
            curve=evidence.picture(phase.project),
            by=by,
        )
        if following and released:
            funding.put_in(
                phase.project, released, by, f"gate:{gate.pk}", f"Released for {following}", phase=following.pk
            )
        if decision == Decision.STOP:
            _stop(phase.project, gate, by)
        audit.record(by, phase.project, f"decided at a gate: {decision}", phase=str(phase), money=str(released))
        told = {
            "phase": phase.stage,
            "decision": decision,
            "to": following.stage if following else None,
            "reason": gate.reason,
        }
        hooks.emit(phase.project_id, "gate.decided", told | {"money": str(released)})
    reservations.settle_waiting(phase.project)
    return gate


def choices(phase: Phase) -> list[tuple[int, str]]:
    """Return the phases to which one may go back from a phase."""
    return [(stage.value, stage.label) for stage in Stage if stage <= phase.stage] if phase.stage in MAY_GO_BACK else []


def _target(phase: Phase, decision: str, to_stage: int | None) -> int | None:
    if decision == Decision.STOP:
        return None
    if decision == Decision.GO_ON:
        if phase.stage == Stage.DEFINING and (gaps := briefs.missing(phase.project)):
            raise Refused(
                f"The brief has gaps: {' '.join(gaps[:3])}{' …' if len(gaps) > 3 else ''} Fill them in before a model is sought.",
                "brief_has_gaps",
            )
        return min(phase.stage + 1, Stage.MAINTENANCE.value)
    back = [stage for stage, _ in choices(phase)]
    if not back:
        raise Refused("From here nobody goes back: go on, or stop.", "no_way_back")
    if to_stage not in back:
        raise Refused("Choose the phase to go back to.", "no_target", 400)
    return to_stage


def _released(project: Project, decision: str, money: Decimal | str | int) -> Decimal:
    if decision == Decision.STOP or not money or (isinstance(money, str) and not money.strip("0. ")):
        return Decimal(0)
    try:
        return checked(money, project.currency)
    except BadAmount as problem:
        raise Refused(str(problem), "bad_amount", 400) from None


def _next(project: Project, stage: int, days: int | None) -> Phase:
    """Begin the planned attempt at a stage, or another one with the plan of the last."""
    planned = project.phases.filter(stage=stage, state=PhaseState.PLANNED).first()
    if planned is None:
        last = project.phases.filter(stage=stage).latest("attempt")
        planned = Phase.objects.create(
            project=project, stage=stage, attempt=last.attempt + 1, goal=last.goal, budget=last.budget, days=last.days
        )
    if days is not None:
        phases.check_days(days)
        planned.days = days
        planned.save(update_fields=["days"])
    phases.begin(planned)
    return planned


def _stop(project: Project, gate: Gate, by: User) -> None:
    """Close what is open and take the available money out of the budget.

    People may still answer the tasks that they hold; the money for these stays reserved.
    """
    out = Batch.objects.filter(question__project=project, state__in=[BatchState.OPEN, BatchState.PAUSED])
    found = list(out.select_related("question__project"))
    # A person who answers locks the cursors and waits for the accounts. Closing a batch may lock both, so all cursors come
    # first.
    reset_cursors([batch.pk for batch in found])
    for batch in found:
        batches.change(batch, BatchState.CLOSED, by)
    ledger.lock(project.pk)  # keeps the available money as it is read
    available = ledger.account(project.pk, AccountName.AVAILABLE)
    if available.balance > 0:
        ledger.move(
            available,
            ledger.account(project.pk, AccountName.FUNDING),
            available.balance,
            EntryKind.WITHDRAWAL,
            funding.left_key(gate),
            "Left over when the project was stopped",
            by=by.pk,
        )
