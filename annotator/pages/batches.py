"""Batches: planned with their price in sight, opened, paused, closed."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.models import BatchState, Group, Order, Project, Question
from annotator.pages.problems import of_form, sentences
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.queue import batches as room
from annotator.queue import flags
from annotator.refusal import Refused


class BatchPlanForm(forms.Form):
    """What a new batch holds."""

    name = forms.CharField(max_length=100, required=False, help_text="You can leave it open.")
    count = forms.IntegerField(min_value=1, max_value=room.MOST_ITEMS, label="Number of items")
    order = forms.ChoiceField(choices=Order.choices, label="Order")
    group = forms.ModelChoiceField(Group.objects.none(), required=False, empty_label="Everyone", label="Group")

    def __init__(self, project: Project, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        cast(forms.ModelChoiceField, self.fields["group"]).queryset = project.groups.all()


def _page(request: ProjectRequest, question: Question, status: int = 200, **more: Any) -> HttpResponse:
    left = room.left(question)
    rows = [
        {"batch": batch, "left": left.get(batch.pk, room.Left())} for batch in question.batches.select_related("group")
    ]
    free = room.plannable(question).count()
    return render(
        request,
        "annotator/batches.html",
        {
            "question": question,
            "rows": rows,
            "free": free,
            "rules": room.RULES,
            "unclear": flags.unclear(question),
            "many": flags.MANY,
            "a_label": question.price * question.overlap,
            "most_a_label": question.price * question.most_overlap,
        }
        | more,
        status=status,
    )


@project_page("view_live")
def batches(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show the batches of a question."""
    return _page(request, question_of(request, question_id))


@require_POST
@project_page("manage_batches")
def plan(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Plan a batch."""
    question = question_of(request, question_id)
    form = BatchPlanForm(project, request.POST)
    if not form.is_valid():
        return _page(request, question, 400, problems=of_form(form))
    try:
        room.plan(question, request.user, **form.cleaned_data)
    except Refused as problem:
        return _page(request, question, problem.status, problems=sentences(problem))
    return redirect("batches", project.pk, question.pk)


@require_POST
@project_page("manage_batches")
def change(request: ProjectRequest, project: Project, question_id: int, number: int) -> HttpResponse:
    """Open, pause or close a batch."""
    question = question_of(request, question_id)
    batch = get_object_or_404(question.batches, number=number)
    state = request.POST.get("state", "")
    try:
        if state not in BatchState.values:
            raise Refused("Choose what the batch becomes.", "wrong_state", 400)
        room.change(batch, state, request.user, anyway="anyway" in request.POST)
    except Refused as problem:
        again = batch if problem.code == "unclear" else None
        return _page(request, question, problem.status, problems=sentences(problem), anyway=again)
    return redirect("batches", project.pk, question.pk)


@require_POST
@project_page("set_priorities")
def prioritise(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Order the open items of a question by a rule."""
    question = question_of(request, question_id)
    rule = request.POST.get("rule", "")
    if rule not in room.RULES:
        return _page(request, question, 400, problems=["Choose a rule."])
    room.set_priorities_by_rule(question, rule)
    return redirect("batches", project.pk, question.pk)
