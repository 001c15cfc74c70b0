"""Planning a batch with its price in view, and what batches were expected to take compared with what they took."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from annotator.models import Group, Order, Project, Question, Split
from annotator.pages.selected import question_of
from annotator.people.permissions import ProjectRequest, project_page
from annotator.queue import batches
from workers.budget import estimates, fees, ledger, wages
from workers.budget.models import BatchEstimate


class CountForm(forms.Form):
    """How many items the next batch would have."""

    count = forms.IntegerField(min_value=1, max_value=batches.MOST_ITEMS, required=False)


def _figures(question: Question, count: int) -> dict[str, Any]:
    sides = list(batches.plannable(question).values_list("split", flat=True)[:count])
    train, test = sides.count(Split.TRAIN), sides.count(Split.TEST)
    found = estimates.estimate(question, train, test) if sides else None
    elsewhere = None
    if found and question.project.currency == "USD":
        terms = fees.Terms(assignments=question.overlap)
        elsewhere = estimates.estimate(question, train, test, terms, "mturk")
    money = ledger.totals(question.project)
    return {
        "count": len(sides),
        "estimate": found,
        "elsewhere": elsewhere,
        "available_money": money["available"],
        "short": found is not None and float(money["available"]) < found.money.high,
        "warning": wages.warning(question),
    }


@project_page("view_live")
def plan(request: ProjectRequest, project: Project, question_id: int) -> HttpResponse:
    """Show what a batch would take, as its size is typed, and how earlier estimates turned out."""
    question = question_of(request, question_id)
    if request.GET.get("only") == "warning":
        return render(request, "workers/budget/_warning.html", {"warning": wages.warning(question)})
    form = CountForm(request.GET)
    plannable = batches.plannable(question).count()
    count = (form.cleaned_data.get("count") if form.is_valid() else None) or min(plannable, 100)
    context = {"question": question, "plannable": plannable, "pilot": estimates.PILOT} | _figures(question, count)
    if request.headers.get("HX-Request"):
        return render(request, "workers/budget/_estimate.html", context)
    context |= {
        "orders": Order.choices,
        "groups": Group.objects.filter(project=project),
        "past": [
            (row.batch, row.content, estimates.actual(row.batch))
            for row in BatchEstimate.objects.filter(batch__question=question)
            .select_related("batch")
            .order_by("-batch__number")
        ],
    }
    return render(request, "workers/budget/plan.html", context)
