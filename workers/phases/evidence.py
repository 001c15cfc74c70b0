"""Evidence: what is known about a project at one moment, as plain values, so that a gate can store a copy."""

from typing import Any

from django.utils import timezone

from annotator import queue
from annotator.models import Project, Question
from datasets.models import Aggregation
from workers.budget import ledger
from workers.budget.phase import current_phase
from workers.phases import briefs, risks
from workers.phases.models import Feedback
from workers.training import chart
from workers.training.models import Curve


def collect(project: Project) -> dict[str, Any]:
    """Return spending, curve and forecast, agreement, risks and what stakeholders said, as JSON values.

    Drafts are left out: everyone who sees the gate sees its evidence.
    """
    phase = current_phase(project)
    money, of_phase = ledger.totals(project), ledger.totals(project, phase)
    return {
        "at": timezone.now().isoformat(),
        "phase": {
            "stage": phase.stage,
            "attempt": phase.attempt,
            "goal": phase.goal,
            "budget": str(phase.budget),
            "days": phase.days,
            "elapsed": phase.elapsed,
            "spent": str(of_phase["spent"]),
        },
        "money": {name: str(amount) for name, amount in money.items()},
        "questions": [_question(question) for question in project.questions.filter(draft=False)],
        "feedback": [
            {"who": one.user.display_name, "verdict": one.get_verdict_display(), "text": one.text}
            for one in Feedback.objects.filter(phase=phase).select_related("user").order_by("pk")
        ],
        "risks": [risk.text for risk in risks.risks(project)],
        "brief": briefs.as_dict(project),
    }


def picture(project: Project) -> str:
    """Return the present picture of the learning curve; "" if there is none."""
    curve = Curve.objects.filter(question__project=project).order_by("question").exclude(svg_wide="").first()
    return curve.svg_wide if curve else ""


def _question(question: Question) -> dict[str, Any]:
    progress = queue.progress(question)
    aggregation = Aggregation.objects.filter(question=question).first()
    curve = Curve.objects.filter(question=question).first()
    point = chart.present_of(curve) or {}
    return {
        "text": question.text,
        "answers": progress.answers,
        "items_done": progress.tasks_done,
        "items": progress.tasks,
        "agreement": aggregation.agreement if aggregation else {},
        "versions": question.versions.count(),
        # Against the crowd's test labels, the mean of the newest version's runs, as on the overview.
        "error": point.get("crowd_error"),
        "precision": point.get("precision"),
        "recall": point.get("recall"),
        "points": curve.points if curve else [],
        "forecast": curve.forecast if curve else {},
    }
