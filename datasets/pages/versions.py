"""Versions: listed, frozen, downloaded."""

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from annotator.models import Project, Split
from annotator.pages.jobs import summary
from annotator.pages.selected import chosen_question
from annotator.people import permissions
from annotator.people.permissions import ProjectRequest, project_page
from datasets import jobs
from datasets.exports import FORMATS
from datasets.exports.download import download
from datasets.models import Label, Version
from datasets.versions import frozen_items


class FreezeForm(forms.Form):
    """Which training labels are included."""

    min_probability = forms.FloatField(
        label="Minimum label probability", min_value=0, max_value=1, initial=0, required=False
    )
    min_answers = forms.IntegerField(label="Minimum number of answers", min_value=1, max_value=50, initial=1)


@project_page("view_versions")
def version_list(
    request: ProjectRequest, project: Project, form: FreezeForm | None = None, status: int = 200
) -> HttpResponse:
    """Show the versions of a question, and what a version frozen now would contain."""
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
            "form": form or FreezeForm(),
            "formats": FORMATS.values(),
            "ready": {
                "train": labels.filter(item__split=Split.TRAIN).count(),
                "test": labels.filter(item__split=Split.TEST).count(),
            },
            **summary(project),
        },
        status=status,
    )


@require_POST
@project_page("freeze_versions")
def freeze(request: ProjectRequest, project: Project) -> HttpResponse:
    """Submit the job that freezes a version."""
    question = chosen_question(request, project)
    if question is None:
        raise Http404("There is no question to freeze labels of.")
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return version_list(request, project.pk, form=form, status=400)
    jobs.ask_freeze(
        question, request.user, form.cleaned_data["min_probability"] or 0.0, form.cleaned_data["min_answers"]
    )
    return redirect(reverse("versions", args=[project.pk], query={"question": question.pk}))


@project_page("export_versions")
def export(request: ProjectRequest, project: Project, version_id: int, name: str) -> HttpResponseBase:
    """Download a version in a format."""
    if name not in FORMATS:
        raise Http404("There is no such format.")
    return download(get_object_or_404(project.versions, pk=version_id), name, request.user)
