"""The weekly report: the result of a project's week, frozen, as page, e-mail and PDF."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from annotator import queue
from annotator.models import Answer, Project
from workers.budget import ledger, statements
from workers.budget.models import Entry
from workers.budget.phase import Gate, current_phase
from workers.phases import alerts, evidence, pace, report_text, risks
from workers.phases.models import Report
from workers.training.sentences import of_project


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _bounds(week: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(week, time.min, UTC)
    return begin, begin + timedelta(days=7)


def write(project: Project, week: date) -> dict[str, Any]:
    """Return the result of a week as plain values; for the present week, the result so far."""
    begin, end = _bounds(week)
    question = project.questions.filter(draft=False).first()
    summary = of_project(project, question)
    answers = Answer.objects.filter(
        task__question__project=project,
        decision=False,
        imported=False,
        replaces=None,
        created_at__gte=begin,
        created_at__lt=end,
    )
    lines = statements.lines(project, "kind", week, week + timedelta(days=6))
    found, phase = ledger.totals(project), current_phase(project)
    money = {name: str(found[name]) for name in ("funded", "spent", "reserved", "available", "overdraft")}
    at = pace.last_week(project)
    ends = pace.money_ends(project, at)
    return {
        "headline": f"{summary.before}{summary.money}{summary.after}",
        "lead": summary.lead,
        "phase": {"name": str(phase), "goal": phase.goal, "ends": phase.ends_at.isoformat() if phase.ends_at else None},
        "answers": answers.count(),
        "people": answers.values("worker").distinct().count(),
        "versions": project.versions.filter(created_at__gte=begin, created_at__lt=end).count(),
        "spent": str(sum((line.amount for line in lines), Decimal(0))),
        "lines": [[line.name, str(line.amount), line.count] for line in lines],
        "money": money,
        "money_ends": ends.isoformat() if ends else None,
        "questions": [
            {"text": one.text, "done": done.tasks_done, "items": done.tasks, "answers": done.answers}
            for one in project.questions.filter(draft=False)
            for done in [queue.progress(one)]
        ],
        "gates": [
            {"phase": str(gate.phase), "decision": gate.get_decision_display(), "reason": gate.reason}
            for gate in Gate.objects.filter(phase__project=project, created_at__gte=begin, created_at__lt=end)
        ],
        "risks": [risk.text for risk in risks.risks(project, at)],
        "currency": project.currency,
        "name": project.name,
    }


def write_due(today: date | None = None) -> int:
    """Freeze the report of last week for each project in which something happened then; return how many."""
    week = monday(today or timezone.now().date()) - timedelta(days=7)
    begin, end = _bounds(week)
    last = Entry.objects.filter(project=OuterRef("pk")).order_by("-pk").values("created_at")[:1]
    made = 0
    # Most projects can be skipped by their last entry, which is quick to find; only the others' entries are read.
    active = Project.objects.filter(archived_at=None).annotate(last=Subquery(last)).filter(last__gte=begin)
    for project in active.exclude(reports__week=week):
        if not project.entries.filter(created_at__gte=begin, created_at__lt=end).exists():
            continue
        _, new = Report.objects.get_or_create(
            project=project,
            week=week,
            defaults={"content": write(project, week), "curve": evidence.picture(project)},
        )
        made += new
    return made


def send() -> int:
    """Send the reports that have not been sent yet to their recipients; return how many."""
    sent = 0
    if not settings.EMAIL_HOST:
        return 0
    for report in Report.objects.filter(mailed_at=None).select_related("project"):
        to = alerts.recipients(report.project)
        if to and not alerts.mail(
            report.project, f"week of {report.week:%-d %B %Y}", report_text.text(report), to, _pdf(report)
        ):
            continue
        Report.objects.filter(pk=report.pk).update(mailed_at=timezone.now())
        sent += bool(to)
    return sent


def _pdf(report: Report) -> bytes:
    from workers.phases import report_pdf  # only those who send or ask for one pay for its library

    return report_pdf.draw(report)
