"""Quality: the rules, the gold items, and the status of each person."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.kinds import bootstrap
from annotator.models import Gold, Item, Project, Purpose, Question, Task, User
from annotator.pages.problems import sentences, status
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.quality import contradicted, gold, live, worker_rules
from annotator.questions import drafts
from annotator.queue import batches
from annotator.refusal import Refused

OFFERED = 24
SHARES = ["gold_rate", "gold_bar", "qualification_bar", "review_agreement", "review_confidence"]


class RulesForm(forms.ModelForm):
    """The rules of a question's quality, shares in percent."""

    class Meta:
        model = Question
        fields = [*SHARES, "gold_minimum", "change_minutes", "pay_excluded", "adaptive", "most_overlap", "label_worth"]
        labels = {
            "gold_rate": "Share of gold items among the tasks (%)",
            "gold_bar": "Pause annotators whose accuracy is below (%)",
            "qualification_bar": "Accuracy needed to pass the qualification (%)",
            "review_agreement": "Send to review if no answer has more than (%)",
            "review_confidence": "Send to review if a label's probability is below (%)",
            "gold_minimum": "Minimum gold items before pausing",
            "change_minutes": "Minutes in which people may change their answer",
            "pay_excluded": "Excluded answers stay paid",
            "adaptive": "Ask again only if the next answer is worth its price",
            "most_overlap": "Maximum answers per item",
            "label_worth": "Value of a correct label (in answers)",
        }
        help_texts = {
            "gold_rate": "From 0 to 50.",
            "gold_bar": "Someone is paused once we are 90% sure that they are right less often than this.",
            "qualification_bar": "",
            "review_agreement": "0 for never. 50 sends items without a majority; 100 sends all.",
            "review_confidence": "0 for never.",
            "gold_minimum": "",
            "change_minutes": "0 for never. A change is stored as a new answer.",
            "pay_excluded": "Answers are excluded when their author is paused.",
            "adaptive": "Each item gets its first answers. It gets more if people disagree or are not reliable.",
            "most_overlap": "If people still disagree after that, a reviewer decides.",
            "label_worth": "A higher value asks for more answers and makes labels more certain.",
        }

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for name in SHARES:
            known = self.fields[name]
            self.fields[name] = forms.FloatField(
                min_value=0, max_value=50 if name == "gold_rate" else 100, label=known.label, help_text=known.help_text
            )
            self.initial[name] = f"{getattr(self.instance, name) * 100:g}"

    def clean(self) -> dict[str, Any]:
        """Return shares from 0 to 1."""
        cleaned = super().clean() or {}
        return cleaned | {name: cleaned[name] / 100 for name in SHARES if name in cleaned}


def _page(request: ProjectRequest, question: Question, status: int = 200, **more: Any) -> HttpResponse:
    known = Gold.objects.filter(task__question=question).select_related("task__item").order_by("-pk")
    return render(
        request,
        "annotator/quality.html",
        {
            "question": question,
            "gold": [one for one in known if one.task.purpose == Purpose.GOLD],
            "qualification": [one for one in known if one.task.purpose == Purpose.QUALIFICATION],
            "one_in": round(1 / question.gold_rate) if question.gold_rate else 0,
            "people": live.people(question),
            "contradicted": contradicted.contradicted(question),
            "failed": contradicted.nearly_everybody_fails(question),
            "offered": _offered(question),
            "form": RulesForm(instance=question),
        }
        | more,
        status=status,
    )


def _offered(question: Question) -> list[Item]:
    """Return some items that nobody has met, to choose gold items from."""
    untouched = Task.objects.filter(
        question=question, purpose=Purpose.WORK, answer_count=0, assignments=None
    ).select_related("item")
    found = [task.item for task in untouched.order_by("shuffle_key")[:OFFERED]]
    return found or list(batches.plannable(question)[:OFFERED])


@project_page("manage_quality")
def quality(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show the rules, the gold items and the people; change the rules."""
    question = question_of(request, question_id)
    if request.method != "POST":
        return _page(request, question)
    form = RulesForm(request.POST, instance=question)
    if not form.is_valid():
        return _page(request, question_of(request, question_id), 400, form=form)
    drafts.change(question, request.user, {name: form.cleaned_data[name] for name in form.Meta.fields})
    return redirect("quality", project.pk, question.pk)


@project_page("manage_quality")
def add_gold(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show an item so that its answer can be given, and turn it into a gold item."""
    question = question_of(request, question_id)
    chosen = request.POST.get("item") or request.GET.get("item", "")
    item = project.items.filter(pk=chosen if chosen.isdecimal() and len(chosen) < 19 else 0).first()
    if request.method != "POST":
        if item is None:
            return redirect("quality", project.pk, question.pk)
        data = bootstrap.question_data(question, request.user) | {"task": bootstrap.item_data(item)}
        return render(request, "annotator/gold_items.html", {"question": question, "item": item, "data": data})
    try:
        if item is None:
            raise Refused("Choose an item.", "no_item", 400)
        gold.add(
            question,
            request.user,
            item,
            _value(request.POST.get("value", "")),
            request.POST.get("purpose", Purpose.GOLD),
            request.POST.get("note", ""),
        )
    except (Refused, ValidationError) as problem:
        return _page(request, question, status(problem), problems=sentences(problem))
    return redirect("quality", project.pk, question.pk)


def _value(sent: str) -> Any:
    try:
        return json.loads(sent)
    except ValueError:
        raise Refused("Give its answer.", "no_value", 400) from None


@require_POST
@project_page("manage_members")
def set_worker_status(request: ProjectRequest, project: Project, question_id: int, user_id: int) -> HttpResponse:
    """Pause a person at a question, or let them go on."""
    question = question_of(request, question_id)
    worker = get_object_or_404(User, pk=user_id, memberships__project=project)
    if request.POST.get("paused") == "1":
        reason = request.POST.get("reason", "").strip() or "You are paused at this question by its manager."
        worker_rules.pause(question, worker, reason, request.user)
    else:
        try:
            worker_rules.resume(question, worker, request.user)
        except Refused as problem:
            return _page(request, question, problem.status, problems=sentences(problem))
    return redirect("quality", project.pk, question.pk)
