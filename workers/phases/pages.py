"""The pages of phases: their line and plans, the gate, the brief, how people read a question, the demo, the weekly report."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from annotator import queue
from annotator.models import Project
from annotator.pages.problems import of_form, sentences
from annotator.pages.selected import chosen_question, question_of
from annotator.people.permissions import ProjectRequest, allowed, project_page
from annotator.refusal import Refused
from workers.budget import ledger
from workers.budget.phase import MOST_DAYS, Gate, current_phase
from workers.budget.shown import in_coins
from workers.phases import briefs, evidence, gates, phases, report_text, reports, wording
from workers.phases.models import Alert, Brief, Feedback, Report
from workers.training import chart, trainings
from workers.training.models import Curve, TrainingRun
from workers.training.sentences import of_project


class PhasePlanForm(forms.Form):
    """What a phase is for, and what it may take."""

    goal = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    budget = forms.DecimalField(max_digits=14, decimal_places=3, min_value=Decimal(0), label="Planned budget")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, required=False, label="Days in its time box")


def page_of(request: ProjectRequest, project: Project, code: int = 200, **more: Any) -> HttpResponse:
    """Show the phases of a project."""
    phase = current_phase(project)
    spent = ledger.spent_by_phase(project)
    gate_of = {one.phase_id: one for one in Gate.objects.filter(phase__project=project)}
    rows = [{"phase": one, "spent": spent.get(one.pk, 0), "gate": gate_of.get(one.pk)} for one in project.phases.all()]
    following = project.phases.filter(stage=phase.stage + 1, state="planned").first()
    return render(
        request,
        "workers/phases/phases.html",
        {
            "phase": phase,
            "rows": rows,
            "meter": ledger.phase_meter(phase),
            "gaps": briefs.missing(project) if phase.stage == 1 else [],
            "alerts": Alert.objects.filter(phase=phase),
            "back_to": gates.choices(phase),
            "following": following,
            "feedback": Feedback.objects.filter(phase=phase).select_related("user"),
        }
        | more,
        status=code,
    )


@project_page("view_overview")
def phase_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the phases."""
    return page_of(request, project)


@require_POST
@project_page("manage_phases")
def plan(request: ProjectRequest, project: Project, phase_id: int) -> HttpResponse:
    """Change what a phase is for, and what it may take."""
    phase = get_object_or_404(project.phases, pk=phase_id)
    form = PhasePlanForm(request.POST)
    if not form.is_valid():
        return page_of(request, project, 400, problems=of_form(form))
    try:
        phases.plan(phase, request.user, **form.cleaned_data)
    except Refused as problem:
        return page_of(request, project, problem.status, problems=sentences(problem))
    return redirect("phases", project.pk)


@require_POST
@project_page("manage_phases")
def decide(request: ProjectRequest, project: Project, phase_id: int) -> HttpResponse:
    """Decide at a gate."""
    phase = get_object_or_404(project.phases, pk=phase_id)
    sent = request.POST
    numbers = {
        name: int(sent[name]) if sent.get(name, "").isdecimal() and len(sent[name]) < 6 else None
        for name in ("to", "days")
    }
    try:
        gate = gates.decide(
            phase,
            request.user,
            sent.get("decision", ""),
            sent.get("reason", ""),
            to_stage=numbers["to"],
            money=sent.get("money", ""),
            days=numbers["days"],
        )
    except Refused as problem:
        return page_of(request, project, problem.status, problems=sentences(problem), sent=sent)
    return redirect("gate", project.pk, gate.pk)


@project_page("view_overview")
def gate(request: ProjectRequest, project: Project, gate_id: int) -> HttpResponse:
    """Show a decision with the evidence it was based on."""
    found = get_object_or_404(Gate.objects.select_related("phase", "to", "by"), pk=gate_id, phase__project=project)
    money = in_coins(found.evidence["money"], project.currency)
    # Our own job draws it from numbers; it contains no text of a person.
    context = {"gate": found, "curve": mark_safe(found.curve), "money": money}  # noqa: S308
    return render(request, "workers/phases/gate.html", context)


class BriefForm(forms.ModelForm):
    """The parts of the brief, with shares in percent."""

    class Meta:
        model = Brief
        fields = list(briefs.PARTS)
        labels = {name: title for name, (title, _) in briefs.PARTS.items()}
        help_texts = {name: hint for name, (_, hint) in briefs.PARTS.items()}

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3
            if name in ("precision", "recall"):
                share = getattr(self.instance, name)
                self.fields[name] = forms.FloatField(
                    min_value=0, max_value=100, required=False, label=field.label, help_text=field.help_text
                )
                self.initial[name] = f"{share * 100:g}" if share is not None else ""

    def clean(self) -> dict[str, Any]:
        """Return the cleaned data with shares from 0 to 1."""
        found = super().clean() or {}
        for name in ("precision", "recall"):
            if found.get(name) is not None:
                found[name] = found[name] / 100
        return found


@project_page("view_overview")
def brief(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the brief, and write it."""
    known = Brief.objects.filter(project=project).first() or Brief(project=project)
    may = "write_brief" in allowed(request.member)
    form = BriefForm(request.POST if request.method == "POST" else None, instance=known) if may else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                briefs.write(project, request.user, **{name: form.cleaned_data[name] for name in briefs.PARTS})
                return redirect("brief", project.pk)
            except ValidationError as problem:
                form.add_error(None, problem)
    gaps = briefs.missing(project)
    parts = [(title, _told(known, name)) for name, (title, _) in briefs.PARTS.items()]
    context = {"form": form, "gaps": gaps, "parts": parts, "whole": len(briefs.PARTS)}
    return render(request, "workers/phases/brief.html", context, status=400 if form and form.errors else 200)


def _told(known: Brief, name: str) -> str:
    if name == "costlier":
        return known.get_costlier_display()
    value = getattr(known, name)
    return f"{value * 100:g}%" if isinstance(value, float) else value or ""


@project_page("view_live")
def read(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show how people read a question."""
    question = question_of(request, question_id)
    found = wording.read(question)
    queue.mark_seen(question, request.user, [one.item.pk for one in found.split])
    return render(request, "workers/phases/wording.html", {"question": question, "reading": found})


class FeedbackForm(forms.ModelForm):
    """What a person says at a demo."""

    verdict = forms.ChoiceField(
        choices=Feedback.Verdict.choices, widget=forms.RadioSelect, label="What you have seen is"
    )

    class Meta:
        model = Feedback
        fields = ["verdict", "text"]
        labels = {"text": "Why, and what is missing"}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


@project_page("view_overview")
def demo(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the result of the phase to the people who judge it; take their verdict."""
    phase = current_phase(project)
    may = "give_feedback" in allowed(request.member)
    mine = Feedback.objects.filter(phase=phase, user=request.user).first()
    form = (
        FeedbackForm(
            request.POST if request.method == "POST" else None,
            instance=mine or Feedback(phase=phase, user=request.user),
        )
        if may
        else None
    )
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and phase.active:
            form.save()
            return redirect("demo", project.pk)
    question = chosen_question(request, project)
    curve = Curve.objects.filter(question=question).first()
    run = trainings.last_of(question)
    context = {
        "phase": phase,
        "form": form,
        "question": question,
        "summary": of_project(project, question),
        "run": run,
        "point": chart.present_of(curve) or run,
        "mistakes": _mistakes(run),
        "spent": ledger.totals(project)["spent"],
        "of_phase": ledger.phase_meter(phase),
        "brief": briefs.as_dict(project),
        # Our own job draws it from numbers; it contains no text of a person.
        "curve": mark_safe(curve.svg_wide) if curve else "",  # noqa: S308
        "narrow": mark_safe(curve.svg_narrow) if curve else "",  # noqa: S308
        "said": Feedback.objects.filter(phase=phase).select_related("user").order_by("updated_at"),
    }
    return render(request, "workers/phases/demo.html", context, status=400 if form and form.errors else 200)


def _mistakes(run: TrainingRun | None) -> list[tuple[str, str, int, int]]:
    """Return a model's most frequent mistakes: the true class, the predicted one, how often, and out of how many."""
    if run is None or not run.result or "confusion" not in run.result:
        return []
    names = [str(one["class"]) for one in run.result["classes"]]
    found = [
        (names[truth], names[said], count, sum(row))
        for truth, row in enumerate(run.result["confusion"])
        for said, count in enumerate(row)
        if truth != said and count
    ]
    return sorted(found, key=lambda one: -one[2])[:3]


@project_page("view_overview")
def report_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """List the weekly reports."""
    week = reports.monday(timezone.now().date())
    return render(request, "workers/phases/reports.html", {"reports": project.reports.all(), "week": week})


@project_page("view_overview")
def report(request: ProjectRequest, project: Project, week: str) -> HttpResponse:
    """Show a week's report, as a page or on request as a PDF."""
    found = _report(project, week)
    if request.GET.get("as") == "pdf":
        from workers.phases import report_pdf  # only a request for a PDF pays for its library

        headers = {"Content-Disposition": f'attachment; filename="report-{found.week}.pdf"'}
        return HttpResponse(report_pdf.draw(found), content_type="application/pdf", headers=headers)
    context = {
        "report": found,
        "content": found.content,
        "facts": report_text.facts(found.content),
        "curve": mark_safe(found.curve),  # noqa: S308 - drawn by our own job from numbers
        "kept": found.pk is not None,
    }
    return render(request, "workers/phases/report.html", context)


def _report(project: Project, week: str) -> Report:
    """Return the stored report of a week, or of the present week so far. Raises Http404."""
    try:
        day = date.fromisoformat(week)
    except ValueError:
        raise Http404("There is no such week.") from None
    known = Report.objects.filter(project=project, week=day).first()
    if known:
        return known
    if day != reports.monday(timezone.now().date()):
        raise Http404("There is no report of this week.")
    return Report(project=project, week=day, content=reports.write(project, day), curve=evidence.picture(project))
