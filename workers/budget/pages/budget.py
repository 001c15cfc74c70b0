"""The budget: what there is, what it was spent on, each movement; money in and out, corrections and bonuses."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.models import Project
from annotator.people.permissions import ProjectRequest, project_page
from annotator.queue import flags
from annotator.refusal import Refused
from workers.budget import corrections, funding, ledger, reservations, statements, stopped
from workers.budget.amounts import BadAmount
from workers.budget.models import MOVES, SPENT, Entry, EntryKind
from workers.budget.phase import current_phase
from workers.budget.shortage import waiting_for_money
from workers.budget.shown import in_coins

A_PAGE = 25
SHOWN = [choice for choice in EntryKind.choices if choice[0] not in MOVES]


class FundForm(forms.Form):
    """Money for the budget, or back from it. The id makes a double click one payment."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    amount = forms.DecimalField(max_digits=13, decimal_places=3, min_value=Decimal("0.001"))
    memo = forms.CharField(max_length=200, required=False, label="What for")


def figures(project: Project) -> dict[str, object]:
    """Return the figures of the money that every page shows, and the shares of the meter from 0 to 100."""
    found = ledger.totals(project)
    whole = max(found["funded"], found["spent"] + found["reserved"])
    return in_coins(found, project.currency) | {
        "spent_share": round(float(found["spent"] / whole) * 100, 1) if whole else 0,
        "reserved_share": round(float(found["reserved"] / whole) * 100, 1) if whole else 0,
    }


def page_of(request: ProjectRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    """Show the budget."""
    kind = request.GET.get("kind", "")
    entries = Entry.objects.filter(project=project)
    shown = entries.filter(kind=kind) if kind in EntryKind.values else entries.exclude(kind__in=MOVES)
    page = Paginator(
        shown.select_related("worker", "by", "question", "run__version", "target", "source").order_by("-pk"), A_PAGE
    )
    page.count = statements.count(project, kind)
    phase = current_phase(project)
    gate = stopped.stop_of(project.pk)
    return render(
        request,
        "workers/budget/budget.html",
        figures(project)
        | {
            "page": page.get_page(request.GET.get("page")),
            "kind": kind,
            "kinds": SHOWN,
            "unclear": [
                (question, people)
                for question in project.questions.all()
                if (people := flags.unclear(question)) >= flags.MANY
            ],
            "form": FundForm(),
            "phase": phase,
            "stop": stopped.sentence(gate) if gate else "",
            "meter": ledger.phase_meter(phase),
            "waiting": waiting_for_money(project),
            "spending": SPENT,
            "simulated": set(project.members.filter(simulated=True).values_list("user_id", flat=True)),
        }
        | more,
        status=status,
    )


@project_page("view_budget")
def budget(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show the budget."""
    return page_of(request, project)


@require_POST
@project_page("manage_budget")
def fund(request: ProjectRequest, project: Project) -> HttpResponse:
    """Add funds, or take money back."""
    form = FundForm(request.POST)
    back = request.POST.get("deed") == "cut"
    if form.is_valid():
        sent = form.cleaned_data
        try:
            if back:
                idempotency_key = f"withdrawal:{project.pk}:{sent['id']}"
                funding.cut(project, sent["amount"], request.user, idempotency_key, sent["memo"])
            else:
                idempotency_key = f"funding:{project.pk}:{sent['id']}"
                funding.fund(project, sent["amount"], request.user, idempotency_key, sent["memo"])
            return redirect("budget", project.pk)
        except BadAmount as problem:
            form.add_error("amount", str(problem))
        except Refused as problem:
            form.add_error("amount", problem.reason)
    return page_of(request, project, 400, form=form, back=back)


class CorrectForm(forms.Form):
    """An entry taken back, in whole or in part. The id makes a double click one correction."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    amount = forms.DecimalField(max_digits=16, decimal_places=6, min_value=Decimal("0.000001"))
    reason = forms.CharField(max_length=200, label="Why", help_text="It is shown next to the entry permanently.")
    refund = forms.BooleanField(required=False, label="Someone gave the money back (a refund)")


@project_page("manage_budget")
def correct(request: ProjectRequest, project: Project, entry_id: int) -> HttpResponse:
    """Show an entry, and take it back."""
    entry = get_object_or_404(
        Entry.objects.select_related("project", "target", "source", "worker", "by"), pk=entry_id, project=project
    )
    left = corrections.standing(entry)
    form = CorrectForm(request.POST if request.method == "POST" else None, initial={"amount": f"{left.normalize():f}"})
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            corrections.correct(entry, request.user, sent["reason"], sent["amount"], sent["refund"], sent["id"])
            reservations.settle_waiting(project)
            return redirect("budget", project.pk)
        except BadAmount as problem:
            form.add_error("amount", str(problem))
        except Refused as problem:
            form.add_error("amount", problem.reason)
    return render(
        request,
        "workers/budget/entry.html",
        {
            "entry": entry,
            "left": left,
            "form": form,
            "correctable": entry.target.name in SPENT and left > 0,
            "corrections": entry.corrections.select_related("by").order_by("pk"),
        },
        status=400 if form.errors else 200,
    )
