"""Two pages: the state, cost and next step of the project; and the outcomes of forecasts and estimates."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe

from annotator import queue
from annotator.models import Project
from annotator.pages.jobs import summary
from annotator.pages.selected import chosen_question
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from workers.budget import ledger
from workers.budget.pages.budget import figures
from workers.budget.phase import current_phase
from workers.overview import outcomes
from workers.phases import pace, phases, risks
from workers.training import chart, trainings
from workers.training.models import Curve
from workers.training.sentences import of_project


@project_page("view_overview")
def overview(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the overview of a project."""
    work = summary(project)
    question = chosen_question(request, project)
    curve = Curve.objects.filter(question=question).first()
    last = trainings.last_of(question)
    phase, current = current_phase(project), pace.last_week(project)
    progress = queue.progress(question) if question else None
    return render(
        request,
        "workers/overview/overview.html",
        figures(project)
        | work
        | {
            "question": question,
            "questions": permissions.questions(request.member),
            "curve": curve,
            "last": last,
            "point": chart.present_of(curve),
            # Our own job draws it from numbers; it contains no text of a person.
            "svg_wide": mark_safe(curve.svg_wide) if curve else "",  # noqa: S308
            "svg_narrow": mark_safe(curve.svg_narrow) if curve else "",  # noqa: S308
            "summary": of_project(project, question),
            "progress": progress,
            "simulated": project.members.filter(simulated=True).exists(),
            "items": project.items.exists(),
            "phase": phase,
            "line": phases.line(project),
            "meter": ledger.phase_meter(phase),
            "money_ends": pace.money_ends(project, current),
            "week": pace.next_week(question, current, curve, progress) if question and progress else None,
            "risks": risks.risks(project, current),
        },
    )


@project_page("view_overview")
def outcome_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the outcomes of forecasts and estimates."""
    question = chosen_question(request, project)
    records = outcomes.of_question(question) if question else []
    return render(
        request,
        "workers/overview/outcomes.html",
        {
            "question": question,
            "questions": permissions.questions(request.member),
            "records": records,
            "count": sum(record.count for record in records),
            "inside": sum(record.inside for record in records),
            "stated": outcomes.STATED,
            "goal": outcomes.goal_of(question) if question else None,
        },
    )
