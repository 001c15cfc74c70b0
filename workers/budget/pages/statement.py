"""Statements: what was spent, grouped as asked; every entry as a file; and the comparison with a platform's own statement."""

from datetime import date
from decimal import Decimal
from typing import IO, cast

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from annotator.models import Project
from annotator.money import shown_parts
from annotator.pages.problems import sentences
from annotator.people.body_gate import takes_body
from annotator.people.permissions import ProjectRequest, allowed, project_page
from annotator.refusal import Refused
from annotator.server.limits import MB
from workers.budget import fees, reconciliation, statements
from workers.budget.models import EntryKind
from workers.budget.phase import Stage

MOST_BYTES = 100 * 1024 * 1024


class PeriodForm(forms.Form):
    """The query of a statement."""

    by = forms.ChoiceField(
        choices=[(key, name) for key, (name, *_) in statements.BY.items()], required=False, label="By"
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, object]:
        """Refuse a period that ends before it begins."""
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if isinstance(since, date) and isinstance(until, date) and until < since:
            raise forms.ValidationError("The period ends before it begins.")
        return found


@project_page("view_budget")
def statement(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show what was spent, by phase or grouped as asked."""
    form = PeriodForm(request.GET or None, initial={"by": "phase"})
    asked = form.cleaned_data if form.is_valid() else {}
    by = asked.get("by") or "phase"
    if by == "worker" and "manage_budget" not in allowed(request.member):
        by = "phase"  # what a person earned is between them and the manager
    lines = statements.lines(project, by, asked.get("since"), asked.get("until"))
    total = sum((line.amount for line in lines), Decimal(0))
    amounts = shown_parts(total, [line.amount for line in lines], project.currency)
    return render(
        request,
        "workers/budget/statement.html",
        {
            "form": form,
            "by": by,
            "title": statements.BY[by][0],
            "lines": [(_named(by, line.name), line, amount) for line, amount in zip(lines, amounts, strict=True)],
            "total": total,
            "count": sum(line.count for line in lines),
            "platforms": [(key, name) for key, (name, _) in fees.SCHEDULES.items() if key],
            "period": request.GET.urlencode(),
        },
        status=400 if form.errors else 200,
    )


def _named(by: str, name: str) -> str:
    if by == "kind":
        return EntryKind(name).label
    if by == "phase" and name:
        stage, attempt = name.split(":")
        return Stage(int(stage)).label + (f" (attempt {attempt})" if attempt != "1" else "")
    if by == "platform":
        return fees.SCHEDULES.get(name, (name,))[0]
    if by == "version":
        return f"Version {name}" if name else "After the last version"
    if by == "run":
        return f"Run {name}" if name else "No run"
    return name or "Not of any"


@project_page("manage_budget")
def statement_file(request: ProjectRequest, project: Project) -> HttpResponse | StreamingHttpResponse:
    """Send every entry as CSV, streamed from the database."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        return statement(request, project.pk)
    rows = statements.csv(project, form.cleaned_data["since"], form.cleaned_data["until"])
    headers = {"Content-Disposition": f'attachment; filename="entries-{project.pk}.csv"'}
    return StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8", headers=headers)


@takes_body(MOST_BYTES + MB)
@project_page("manage_budget")
def reconcile(request: ProjectRequest, project: Project) -> HttpResponse:
    """Compare the ledger with a platform's statement."""
    platforms = [(key, name) for key, (name, _) in fees.SCHEDULES.items() if key]
    found, problems, status = None, [], 200
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if file is None:
                raise Refused("Choose the platform's statement, a CSV file.", "no_file", 400)
            if (file.size or 0) > MOST_BYTES:
                raise Refused("The file is larger than 100 MB; send it in parts.", "too_large", 400)
            found = reconciliation.reconcile(project, request.POST.get("platform", ""), cast(IO[bytes], file.file))
        except Refused as problem:
            problems, status = sentences(problem), problem.status
    context = {"found": found, "problems": problems, "platforms": platforms, "most": reconciliation.MOST_LISTED}
    return render(request, "workers/budget/reconcile.html", context, status=status)
