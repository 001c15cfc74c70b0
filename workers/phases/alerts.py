"""Alerts: 50, 80 and 100% of a phase's money and time, sent once each, by e-mail and webhook."""

import logging
from decimal import Decimal

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from annotator import hooks
from annotator.models import Project
from annotator.money import money_text
from workers.budget import ledger
from workers.budget.models import BudgetSettings
from workers.budget.phase import Phase, PhaseState
from workers.phases.models import Alert

logger = logging.getLogger(__name__)
SHARES = (50, 80, 100)
SAME = Decimal("0.005")  # money that differs by a smaller share is the same limit
USED_UP = 0.995  # a budget is rarely spent exactly, and the rest is never enough


def watch() -> int:
    """Check every active phase, make and send new alerts; return how many were made."""
    made = 0
    for phase in Phase.objects.filter(current=True, state=PhaseState.ACTIVE, project__archived_at=None).select_related(
        "project"
    ):
        made += len(check_phase(phase))
    send()
    return made


def check_phase(phase: Phase) -> list[Alert]:
    """Make the alerts of a phase since the last check. If several shares were reached at once, only the highest gets one."""
    found = ledger.phase_meter(phase)
    made = []
    if found["share"] is not None:
        percent = _reached(1.0 if found["share"] >= USED_UP else found["share"])
        if percent:
            sums = [money_text(found[name], phase.project.currency) for name in ("spent", "may_spend")]
            made += _make(
                phase,
                "budget",
                percent,
                f"{found['may_spend']:.6f}",
                f"{percent}% of the money is spent: {sums[0]} of {sums[1]}.",
            )
    if found["elapsed"] is not None and phase.ends_at:
        percent = _reached(found["elapsed"])
        if percent:
            end = f"{phase.ends_at:%-d %B %Y}"
            text = f"The time box ended on {end}. Hold the gate: go on, go back, or stop."
            if percent < 100:
                text = f"{percent}% of the time box is over; it ends on {end}."
            made += _make(phase, "time", percent, phase.ends_at.isoformat(), text)
    return made


def _reached(share: float) -> int:
    return max((one for one in SHARES if share * 100 >= one), default=0)


def _make(phase: Phase, about: str, percent: int, limit: str, text: str) -> list[Alert]:
    """Make an alert if none of this share, or a higher one, was made for this limit."""
    made = Alert.objects.filter(phase=phase, about=about, percent__gte=percent).values_list("limit", flat=True)
    if any(_same_limit(about, limit, earlier) for earlier in made):
        return []
    with transaction.atomic():
        alert, new = Alert.objects.get_or_create(
            phase=phase, about=about, percent=percent, limit=limit, defaults={"text": f"{phase}: {text}"[:300]}
        )
        if new:
            content = {"phase": phase.stage, "about": about, "percent": percent, "text": alert.text}
            hooks.emit(phase.project_id, f"{about}.alert", content)
    return [alert] if new else []


def _same_limit(about: str, limit: str, earlier: str) -> bool:
    """Check whether two limits are the same. The money of a phase changes by fractions of a cent with each training."""
    if about != "budget":
        return limit == earlier
    return abs(Decimal(limit) - Decimal(earlier)) < SAME * max(Decimal(limit), Decimal(earlier))


def recipients(project: Project) -> list[str]:
    """Return the e-mail addresses that get alerts."""
    budget_settings = BudgetSettings.objects.filter(project=project).first()
    return budget_settings.emails.split() if budget_settings else []


def send() -> int:
    """Send the e-mails of alerts that have not been sent yet; return how many.

    A failed one is tried again at the next check.
    """
    sent = 0
    if not settings.EMAIL_HOST:
        return 0
    for alert in Alert.objects.filter(mailed_at=None).select_related("phase__project"):
        project = alert.phase.project
        to = recipients(project)
        if to and not mail(project, alert.text, f"{alert.text}\n\n{address(project)}", to):
            continue
        Alert.objects.filter(pk=alert.pk).update(mailed_at=timezone.now())
        sent += bool(to)
    return sent


def mail(project: Project, subject: str, text: str, to: list[str], pdf: bytes | None = None) -> bool:
    """Send an e-mail; return whether the server took it."""
    one_line = " ".join(f"{project.name}: {subject}".split())[:200]
    message = EmailMessage(one_line, text, settings.EMAIL_FROM, to)
    if pdf:
        message.attach("report.pdf", pdf, "application/pdf")
    try:
        return bool(message.send())
    except OSError:  # includes smtplib's errors
        logger.warning("an e-mail of project %s could not be sent", project.pk, exc_info=True)
        return False


def address(project: Project) -> str:
    """Return the URL of the project, or "" if this installation does not know its own address."""
    return f"{settings.PUBLIC_URL}/projects/{project.pk}/" if settings.PUBLIC_URL else ""
