"""The question editor: builds a question beside a preview, and tries it on real items before it is published."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from annotator import kinds
from annotator.kinds import bootstrap
from annotator.kinds.forms import ConfigForm
from annotator.models import Item, Project, Question, Split
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.questions import drafts, examples
from annotator.questions.markdown import render as markdown
from annotator.refusal import Refused

TRIED_ON = 12
ALONE = {"text": "The parcel came late again, and nobody said a word. 😞\nWhat a pity: I had looked forward to it."}


class QuestionForm(forms.ModelForm):
    """The fields that every question has."""

    examples = forms.JSONField(required=False, widget=forms.HiddenInput, initial=list)

    class Meta:
        model = Question
        fields = ["text", "instructions", "price", "overlap", "test_overlap", "plan", "examples"]
        labels = {
            "text": "The question",
            "price": "Price of one answer",
            "overlap": "Answers for a training item",
            "test_overlap": "Answers for a test item",
            "plan": "Which items are asked about",
        }
        help_texts = {
            "instructions": "Markdown: *slanted*, **bold**, lists, tables. One key away for everyone who answers."
        }
        widgets = {"text": forms.TextInput(), "instructions": forms.Textarea(attrs={"rows": 5})}


class WordingForm(QuestionForm):
    """The fields that may change after publishing."""

    class Meta(QuestionForm.Meta):
        fields = ["text", "instructions", "examples"]


def _config_form(kind: str) -> type[ConfigForm]:
    return import_string(kinds.get(kind).form)


@project_page("manage_questions")
def new(request: ProjectRequest, project: Project) -> HttpResponse:
    """Build a question, from a template or from nothing."""
    wanted = request.POST.get("kind") or request.GET.get("kind", "choice")
    kind = wanted if wanted in dict(kinds.names()) else "choice"
    template = next((one for _, one in kinds.templates() if one.name == request.GET.get("template")), None)
    begin = {"text": template.text, "instructions": template.instructions} if template else {}
    config = kinds.get(kind).check_config(template.config) if template else None
    form = QuestionForm(request.POST or None, initial=begin)
    built = _config_form(kind)(request.POST or None, initial=_config_form(kind).initial_of(config) if config else None)
    if request.method == "POST" and form.is_valid() and built.is_valid():
        try:
            fields = _fields(project, kind, form, built)
            question = drafts.add(project, request.user, draft="draft" in request.POST, kind=kind, **fields)
            return redirect("edit-question" if question.draft else "question", project.pk, question.pk)
        except ValidationError as problem:
            _tell(form, built, problem)
        except Refused as problem:
            form.add_error(
                None, f"{problem.reason} A draft, or a question that is planned in batches, asks nobody yet."
            )
    return _page(request, project, kind, form, built, None)


@project_page("manage_questions")
def edit(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Change everything of a draft, or the wording of a published question."""
    question = question_of(request, question_id)
    form_class = QuestionForm if question.draft else WordingForm
    form = form_class(request.POST or None, instance=question_of(request, question_id))
    built = _config_form(question.kind)(
        request.POST or None, initial=_config_form(question.kind).initial_of(question.config)
    )
    if request.method == "POST" and form.is_valid() and built.is_valid():
        try:
            question = drafts.reword(question, request.user, **_fields(project, question.kind, form, built))
            if "draft" not in request.POST:
                drafts.publish(question, request.user)
                return redirect("question", project.pk, question.pk)
            return redirect("edit-question", project.pk, question.pk)
        except ValidationError as problem:
            _tell(form, built, problem)
        except Refused as problem:
            form.add_error(
                None, f"{problem.reason} A draft, or a question that is planned in batches, asks nobody yet."
            )
    return _page(request, project, question.kind, form, built, question)


def _fields(project: Project, kind: str, form: QuestionForm, built: ConfigForm) -> dict[str, Any]:
    config = built.config()
    checked = examples.check_examples(project, kind, config, form.cleaned_data["examples"] or [])
    return form.cleaned_data | {"config": config, "examples": checked}


def _tell(form: forms.BaseForm, built: forms.Form, problem: ValidationError) -> None:
    """Show each error beside its field, and errors of the kind's configuration above its form."""
    reasons = problem.message_dict if hasattr(problem, "error_dict") else {"text": problem.messages}
    for field, messages in reasons.items():
        if field == "config":
            built.add_error(None, messages)
        else:
            form.add_error(field if field in form.fields else None, messages)


def _page(
    request: ProjectRequest,
    project: Project,
    kind: str,
    form: QuestionForm,
    built: ConfigForm,
    question: Question | None,
) -> HttpResponse:
    items = _items(project, kind, built)
    data = {
        "kind": kind,
        "person": request.user.pk,
        "widgets": bootstrap.widgets(),
        "tasks": items,
        "preview": f"/projects/{project.pk}/questions/preview/",
    }
    context = {
        "form": form,
        "built": built,
        "question": question,
        "kind": kind,
        "kinds": kinds.names(),
        "templates": [(one.name, template) for one, template in kinds.templates()],
        "data": data,
        "real": bool(items and items[0]["item"]),
    }
    return render(request, "annotator/editor.html", context, status=400 if form.is_bound else 200)


def _items(project: Project, kind: str, built: ConfigForm) -> list[dict[str, Any]]:
    """Return training items to try the question on; if no item of the project fits, one of our own."""
    config = built.initial or {}
    try:
        modalities = kinds.get(kind).modalities(
            kinds.get(kind).check_config(built.config() if built.is_bound else config)
        )
    except (kinds.Invalid, AttributeError, KeyError):
        modalities = kinds.get(kind).modalities({"parts": []})
    found = project.items.filter(split=Split.TRAIN, modality__in=modalities, withdrawn_at=None).order_by("pk")[
        :TRIED_ON
    ]
    return [bootstrap.item_data(item, item.pk) | {"item": item.pk} for item in found] or [_alone(modalities)]


def _alone(modalities: frozenset[str]) -> dict[str, Any]:
    own = {"task": 0, "item": 0, "width": 640, "height": 420, "length": len(ALONE["text"]), "text": ALONE["text"]}
    if modalities == {"pair"}:
        return own | {
            "modality": "pair",
            "text": json.dumps({"left": {"text": "It is late."}, "right": {"text": "It came late."}}),
        }
    if modalities == {"picture"}:
        return own | {"modality": "picture", "content": static("annotator/example.svg"), "text": None}
    return own | {"modality": "text"}


@require_POST
@project_page("manage_questions")
def preview(request: ProjectRequest, project: Project) -> HttpResponse:
    """Return the configuration that a form makes, or what is wrong with it; with a value, what would be stored."""
    kind = request.POST.get("kind", "")
    if kind not in dict(kinds.names()):
        return JsonResponse({"problem": "There is no such kind."}, status=400)
    built = _config_form(kind)(request.POST)
    if not built.is_valid():
        reasons = [
            f"{built.fields[name].label or name}: {' '.join(map(str, said))}"
            for name, said in built.errors.items()
            if name in built.fields
        ]
        return JsonResponse({"problem": " ".join(reasons)})
    try:
        config = kinds.get(kind).check_config(built.config())
        said: dict[str, Any] = {"config": config, "instructions": markdown(request.POST.get("instructions", ""))}
        if "value" in request.POST:
            value = kinds.check_value(
                kind, config, json.loads(request.POST["value"]), _about(project, request.POST.get("item", ""))
            )
            said |= {"stored": kinds.get(kind).text(config, value)}
        return JsonResponse(said)
    except (kinds.Invalid, ValueError) as problem:
        return JsonResponse({"problem": str(problem)})


def _about(project: Project, item: str) -> kinds.About:
    found: Item | None = project.items.filter(pk=item).first() if item.isdecimal() and 0 < len(item) < 19 else None
    return kinds.about(found) if found else kinds.About("text", 640, 420, len(ALONE["text"]))
