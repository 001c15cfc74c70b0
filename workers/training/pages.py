"""Pages of trainings: the curve with the recommendation, the runs of each version, and one run with its four steps."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from annotator.models import Project, Question
from annotator.models.job import OPEN
from annotator.pages.jobs import summary
from annotator.pages.problems import of_form, sentences
from annotator.pages.selected import chosen_question, question_of
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from annotator.refusal import Refused
from datasets.versions import frozen_items
from workers.training import backtest, label_errors, outlook, publishing, recommendations, trainings
from workers.training.drawing import confusion, loss_line, reliability
from workers.training.learning import networks
from workers.training.models import Curve, Training, TrainingRun
from workers.training.sentences import of_project
from workers.training.sentences.recommendation import newest_summary
from workers.training.stops import STOPPED

SHOWN = 30
LEADING = ["freeze", "curve"]  # jobs that lead to a training, and from it to a curve


class BeginForm(forms.Form):
    """How a version is trained again, or with another network."""

    network = forms.CharField(max_length=40)
    most_money = forms.DecimalField(
        min_value=Decimal("0.01"), max_digits=10, decimal_places=2, required=False, label="Maximum cost"
    )
    most_minutes = forms.FloatField(min_value=0.1, max_value=100_000, required=False, label="Maximum minutes")


def _leads_on(project: Project) -> bool:
    """Check whether a job is open that leads to a training or from it to a curve. Call it after the trainings were read."""
    return bool(project.jobs.filter(kind__in=LEADING, state__in=OPEN).exists())


def _page(
    request: ProjectRequest, project: Project, question: Question | None, status: int = 200, **more: Any
) -> HttpResponse:
    work = summary(project)
    # What is open is read before what it leads to. If it ends in between, the page still asks again.
    found = Training.objects.filter(version__question=question).select_related("version", "job")
    shown = [trainings.summary(training) for training in found[:SHOWN]]
    still_open = any(one.open for one in shown) or _leads_on(project)
    curve = Curve.objects.filter(question=question).first()
    old = TrainingRun.objects.filter(version__question=question, training=None).select_related("version", "job")
    part = request.htmx and request.htmx.target == "trainings"
    return render(
        request,
        "workers/training/_trainings.html" if part else "workers/training/trainings.html",
        work
        | {
            "question": question,
            "questions": permissions.questions(request.member),
            "trainings": shown,
            "old": old[:SHOWN],
            "open": still_open,
            "curve": curve,
            "summary": of_project(project, question),
            "frozen": bool(question and question.versions.exists()),
            # Our own job draws it from numbers; it contains no text of a person.
            "svg_wide": mark_safe(curve.svg_wide) if curve else "",  # noqa: S308
            "svg_narrow": mark_safe(curve.svg_narrow) if curve else "",  # noqa: S308
            "recommendation": newest_summary(question) if question else None,
            "record": backtest.record(question) if question else None,
            "at": outlook.asked_about(curve, request.GET["at"]) if request.GET.get("at") else None,
        }
        | more,
        status=status,
    )


@project_page("view_runs")
def run_list(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show a question's curve, recommendation and trainings. While a training is open, htmx reloads them every second."""
    return _page(request, project, chosen_question(request, project))


@require_POST
@project_page("manage_batches")
def publish(request: ProjectRequest, project: Project, recommendation_id: int) -> HttpResponse:
    """Spend the sum in one of the ways that were weighed."""
    made = recommendations.get_recommendation(project, recommendation_id)
    try:
        publishing.publish(made, request.POST.get("way", ""), request.user)
    except Refused as problem:
        return _page(request, project, made.version.question, problem.status, problems=sentences(problem))
    return redirect(reverse("runs", args=[project.pk], query={"question": made.version.question_id}))


@require_POST
@project_page("set_priorities")
def order_queue(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Order the open items of a question by what the newest model would gain from them."""
    question = question_of(request, question_id)
    try:
        publishing.ask_for_order(question, request.user)
    except Refused as problem:
        return _page(request, project, question, problem.status, problems=sentences(problem))
    return redirect(reverse("runs", args=[project.pk], query={"question": question.pk}))


@require_POST
@project_page("freeze_versions")
def begin(request: ProjectRequest, project: Project, version_id: int) -> HttpResponse:
    """Start a training on a version."""
    version = get_object_or_404(project.versions.select_related("question", "project"), pk=version_id)
    form = BeginForm(request.POST)
    if not form.is_valid():
        return _page(request, project, version.question, 400, problems=of_form(form))
    minutes = form.cleaned_data["most_minutes"]
    try:
        training = trainings.begin(
            version,
            form.cleaned_data["network"],
            request.user,
            form.cleaned_data["most_money"],
            minutes * 60 if minutes else None,
        )
    except Refused as problem:
        return _page(request, project, version.question, problem.status, problems=sentences(problem))
    return redirect("training", project.pk, training.pk)


def _training_page(
    request: ProjectRequest, project: Project, training: Training, status: int = 200, **more: Any
) -> HttpResponse:
    told = trainings.summary(training)
    still_open = told.open or _leads_on(project)
    training.refresh_from_db(fields=["found"])  # what a curve that has just ended has found
    label_errors.saw(request.member, [training], label_errors.A_PAGE)
    return render(
        request,
        "workers/training/_training.html" if request.htmx else "workers/training/training.html",
        {
            "training": training,
            "summary": told,
            "open": still_open,
            "network": networks.title(training.network),
            "question": training.version.question,
            "erased": frozen_items.erased_counts(training.version.question).get(training.version_id, 0),
            "suspects": label_errors.shown(training),
            "others": [(name, networks.title(name)) for name in trainings.networks_for(training.version)],
        }
        | more,
        status=status,
    )


@project_page("view_runs")
def training(request: ProjectRequest, project: Project, training_id: int) -> HttpResponse:
    """Show a training: what the probe measured, its runs, and the labels it finds doubtful."""
    return _training_page(request, project, trainings.get_training(project, training_id))


@require_POST
@project_page("cancel_jobs")
def stop(request: ProjectRequest, project: Project, training_id: int) -> HttpResponse:
    """Stop the runs of a training that have not ended."""
    found = trainings.get_training(project, training_id)
    trainings.stop(found, request.user)
    return redirect("training", project.pk, found.pk)


@require_POST
@project_page("manage_quality")
def send_to_review(request: ProjectRequest, project: Project, training_id: int) -> HttpResponse:
    """Send the labels that are probably wrong to review."""
    found = trainings.get_training(project, training_id)
    label_errors.send_to_review(found, request.user)
    return redirect("training", project.pk, found.pk)


@require_POST
@project_page("compute_labels")
def join_answers(request: ProjectRequest, project: Project, training_id: int) -> HttpResponse:
    """Add the models' predictions of items they have not learned from to people's answers."""
    found = trainings.get_training(project, training_id)
    try:
        label_errors.join_answers(found, request.user)
    except Refused as problem:
        return _training_page(request, project, found, problem.status, problems=sentences(problem))
    return redirect("training", project.pk, found.pk)


@project_page("view_runs")
def run(request: ProjectRequest, project: Project, run_id: int) -> HttpResponse:
    """Show a run. While it runs, htmx reloads the middle of the page every second."""
    found = TrainingRun.objects.filter(version__project=project).select_related("version__question", "job", "training")
    one = get_object_or_404(found, pk=run_id)
    label_errors.saw(request.member, [one])
    template = "workers/training/_run.html" if request.htmx else "workers/training/run.html"
    return render(
        request,
        template,
        {
            "run": one,
            "erased": frozen_items.erased_counts(one.version.question).get(one.version_id, 0),
            "network": networks.title(one.network),
            "loss": loss_line(one),
            "reliability": reliability(one),
            "why": STOPPED.get(one.stopped, ""),
            "hardest": label_errors.hardest(one),
            **confusion(one),
        },
    )
