"""The budget: what there is, what it went for, and each movement."""

import uuid
from decimal import Decimal

from django import forms
from django.core.paginator import Paginator
from django.db.models import Case, Count, F, Max, Min, Q, Sum, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from annotator import audit, flags
from annotator.access import project_page
from annotator.models import Project
from workers.budget import ledger
from workers.budget.models import AccountName, Entry, Kind

A_PAGE = 25


class FundForm(forms.Form):
    """Money for the budget. The id makes a double click one payment."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    amount = forms.DecimalField(max_digits=12, decimal_places=2, min_value=Decimal("0.01"))
    memo = forms.CharField(max_length=200, required=False, label="What for")


@project_page("view_budget")
def budget(request: HttpRequest, project: Project, form: FundForm | None = None, status: int = 200) -> HttpResponse:
    """Show the budget."""
    entries = Entry.objects.filter(project=project)
    simulated = set(project.members.filter(simulated=True).values_list("user_id", flat=True))
    kind = request.GET.get("kind", "")
    shown = entries.filter(kind=kind) if kind in Kind.values else entries
    page = Paginator(
        shown.select_related("worker", "question", "run__version", "target").order_by("-pk"), A_PAGE
    ).get_page(request.GET.get("page"))
    return render(
        request,
        "workers/budget.html",
        figures(project)
        | {
            "page": page,
            "kind": kind,
            "kinds": Kind.choices,
            "unclear": [
                (question, people)
                for question in project.questions.all()
                if (people := flags.unclear(question)) >= flags.MANY
            ],
            "form": form or FundForm(),
            "lines": entries.values("kind", "question__text")
            .annotate(
                count=Count("pk"),
                amount=Sum(
                    Case(
                        When(kind=Kind.CORRECTION, target__name=AccountName.FREE, then=-F("amount")),
                        default=F("amount"),
                    )
                ),
                first=Min("created_at"),
                last=Max("created_at"),
                simulated=Count("pk", filter=Q(worker__in=simulated)),
            )
            .order_by("kind"),
            "machines": project.machines.all(),
            "simulated": simulated,
        },
        status=status,
    )


def figures(project: Project) -> dict[str, object]:
    """Return what every page says of the money: funded, spent, free, and the shares of the meter from 0 to 100."""
    found = ledger.balances(project)
    funded = -found.get(AccountName.FUNDING, Decimal(0))
    answers, compute = found.get(AccountName.ANSWERS, Decimal(0)), found.get(AccountName.COMPUTE, Decimal(0))
    whole = max(funded, answers + compute)
    return {
        "funded": funded,
        "spent": answers + compute,
        "answers_cost": answers,
        "compute_cost": compute,
        "free": found.get(AccountName.FREE, Decimal(0)),
        "spent_share": round(float((answers + compute) / whole) * 100, 1) if whole else 0,
    }


@require_POST
@project_page("manage_budget")
def fund(request: HttpRequest, project: Project) -> HttpResponse:
    """Put money in."""
    form = FundForm(request.POST)
    if form.is_valid():
        try:
            amount = form.cleaned_data["amount"]
            ledger.fund(
                project,
                amount,
                request.user,
                f"funding:{project.pk}:{form.cleaned_data['id']}",
                form.cleaned_data["memo"],
            )  # type: ignore[arg-type]
            audit.record(request.user, project, "put money in", amount=str(amount))  # type: ignore[arg-type]
            return redirect("budget", project.pk)
        except ledger.BadAmount as problem:
            form.add_error("amount", str(problem))
    return budget(request, project.pk, form=form, status=400)
