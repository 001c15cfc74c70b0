"""Versions: listed, frozen, downloaded."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator.models import Project, Question, Split
from annotator.pages.jobs import summary
from annotator.pages.selected import chosen_question
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from annotator.refusal import Refused
from datasets import jobs
from datasets.exports import FORMATS
from datasets.exports.download import download
from datasets.exports.source import Options, modalities_of
from datasets.models import Label, Version
from datasets.versions import freeze_rules, frozen_items
from datasets.versions.freeze_rules import FreezeRules


class FreezeForm(forms.Form):
    """Which training labels are included."""

    min_probability = forms.FloatField(
        label="Minimum label probability", min_value=0, max_value=1, initial=0, required=False
    )
    min_answers = forms.IntegerField(label="Minimum number of answers", min_value=1, max_value=50, initial=1)
    sample = forms.IntegerField(label="At most this many", min_value=1, max_value=100_000_000, required=False)
    only_decided = forms.BooleanField(label="Only labels that a reviewer decided", required=False)
    without_flagged = forms.BooleanField(label="Without items that have an open comment", required=False)
    balance = forms.BooleanField(label="As many of each class", required=False)

    def rules(self) -> dict[str, Any]:
        """Return the rules of a valid form."""
        return self.cleaned_data | {"min_probability": self.cleaned_data["min_probability"] or 0.0}


@project_page("view_versions")
def version_list(
    request: ProjectRequest, project: Project, form: FreezeForm | None = None, status: int = 200, problem: str = ""
) -> HttpResponse:
    """Show the versions of a question, and what a version frozen now would contain."""
    work = summary(project)
    question = chosen_question(request, project)
    labels = Label.objects.filter(question=question)
    versions = list(Version.objects.filter(question=question).order_by("-number"))
    erased = frozen_items.erased_counts(question) if question and versions else {}
    for version in versions:
        version.erased = erased.get(version.pk, 0)  # type: ignore[attr-defined]
    return render(
        request,
        "datasets/versions.html",
        {
            "question": question,
            "questions": permissions.questions(request.member),
            "versions": versions,
            "problem": problem,
            "form": form or FreezeForm(),
            **_formats(question),
            "preview": _preview(question, form) if question and form and form.is_valid() else None,
            "ready": {
                "train": labels.filter(item__split=Split.TRAIN).count(),
                "test": labels.filter(item__split=Split.TEST).count(),
            },
            **work,
        },
        status=status,
    )


def _formats(question: Question | None) -> dict[str, Any]:
    """Return the formats that fit a question, and the others with the reason."""
    if question is None:
        return {}
    modalities = modalities_of(question.project)
    reasons = [(form, form.fits(question.kind, question.config, modalities)) for form in FORMATS.values()]
    return {
        "formats": [form for form, reason in reasons if not reason],
        "unfit_formats": [(form, reason) for form, reason in reasons if reason],
    }


def _preview(question: Question, form: FreezeForm) -> dict[str, Any]:
    """Return how many training items the rules of a form take, and how many each rule removes."""
    try:
        found = freeze_rules.select(question, FreezeRules(**form.rules()))
    except freeze_rules.BadRules as problem:
        return {"problem": str(problem)}
    removed = [(freeze_rules.REMOVED[name], count) for name, count in found.removed.items()]
    return {"kept": len(found.kept), "removed": removed}


@require_POST
@project_page("freeze_versions")
def freeze(request: ProjectRequest, project: Project) -> HttpResponse:
    """Submit the job that freezes a version, or show first how many items the rules take."""
    question = chosen_question(request, project)
    if question is None:
        raise Http404("There is no question to freeze labels of.")
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return version_list(request, project.pk, form=form, status=400)
    if request.POST.get("action") == "count":
        return version_list(request, project.pk, form=form)
    jobs.ask_freeze(question, request.user, **form.rules())
    return redirect(reverse("versions", args=[project.pk], query={"question": question.pk}))


@project_page("export_versions")
def export(request: ProjectRequest, project: Project, version_id: int) -> HttpResponseBase:
    """Download a version in a format."""
    version = get_object_or_404(project.versions.select_related("project", "question", "manifest"), pk=version_id)
    name = request.GET.get("as", "")
    if name not in FORMATS:
        raise Http404("There is no such format.")
    options = Options(annotations="annotations" in request.GET, formulas="formulas" in request.GET)
    try:
        return download(version, name, request.user, options)
    except Refused as refused:
        return version_list(request, project.pk, status=refused.status, problem=refused.reason)
