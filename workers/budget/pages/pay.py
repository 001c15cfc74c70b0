"""Pay and prices: what an hour brings people, how each is paid, the wage floor, machines, and who gets alerts about money."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import validate_email
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from annotator.models import Project
from annotator.people.permissions import ProjectRequest, project_page
from annotator.refusal import Refused
from workers.budget import charges, crowds, pay_settings, wages
from workers.budget.amounts import BadAmount
from workers.budget.models import BudgetSettings, Machine, Pay, PayMode
from workers.budget.pages.budget import FundForm

MOST_EMAILS = 20

HOW_TO_PAY = (
    "Choose how they are paid, and by the hour how much, for at most how many minutes an answer (0.1 to 1,440) and hours a day "
    "(0.01 to 24)."
)


class PurseForm(forms.ModelForm):
    """The wage floor per hour, and who gets alerts."""

    class Meta:
        model = BudgetSettings
        fields = ["wage_floor", "emails"]
        labels = {"wage_floor": "Minimum hourly pay", "emails": "Send alerts to"}
        help_texts = {
            "wage_floor": "0 for no floor. You are warned before work is published that is likely to pay less.",
            "emails": "One a line. They get alerts at 50, 80 and 100% of money and time, and the weekly report.",
        }
        widgets = {"emails": forms.Textarea(attrs={"rows": 3})}

    def clean_wage_floor(self) -> Decimal:
        """Refuse a negative floor."""
        floor: Decimal = self.cleaned_data["wage_floor"]
        if floor < 0:
            raise forms.ValidationError("A floor is not under zero.")
        return floor

    def clean_emails(self) -> str:
        """Refuse invalid addresses."""
        found = self.cleaned_data["emails"].replace(",", " ").split()
        if len(found) > MOST_EMAILS:
            raise forms.ValidationError(f"At most {MOST_EMAILS} addresses.")
        for one in found:
            validate_email(one)
        return "\n".join(found)


class MachineForm(forms.ModelForm):
    """A machine and its hourly price."""

    class Meta:
        model = Machine
        fields = ["name", "device", "hourly_price", "spot_price", "spot", "chosen"]
        labels = {"spot": "Rented at the spot price", "chosen": "Runs on this device are charged by it"}

    def clean(self) -> dict[str, Any]:
        """Refuse the spot price for a machine that has none."""
        found = super().clean() or {}
        if found.get("spot") and found.get("spot_price") is None:
            self.add_error("spot_price", "It is rented at the spot price: say what that is.")
        return found


def page_of(request: ProjectRequest, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    """Show pay and prices."""
    budget_settings = BudgetSettings.objects.filter(project=project).first() or BudgetSettings(project=project)
    earners = wages.people(project)
    known = {one.id for one in earners}
    others = project.members.filter(role="annotator", imported=False).exclude(user__in=known).select_related("user")
    pays = {one.worker_id: one for one in project.pays.all()}
    return render(
        request,
        "workers/budget/pay.html",
        {
            "earners": earners,
            "others": [(one.user, pays.get(one.user_id) or Pay(project=project, worker=one.user)) for one in others],
            "modes": PayMode.choices,
            "floor": budget_settings.wage_floor,
            "under": [one for one in earners if one.wage is not None and one.wage < budget_settings.wage_floor],
            "form": PurseForm(instance=budget_settings),
            "bonus": FundForm(),
            "mail": bool(settings.EMAIL_HOST),
            "machines": project.machines.all(),
            "machine_form": MachineForm(initial={"device": "cuda"}),
            "expected": [
                (one, wages.expected(one, crowd), wages.fairness(one, crowd), wages.warning(one, crowd))
                for one in project.questions.filter(draft=False)
                for crowd in [crowds.crowd_of(one)]
            ],
        }
        | more,
        status=status,
    )


@project_page("manage_budget")
def pay(request: ProjectRequest, project: Project) -> HttpResponse:
    """Show pay and prices; set the floor and who gets alerts."""
    if request.method != "POST":
        return page_of(request, project)
    budget_settings = BudgetSettings.objects.filter(project=project).first() or BudgetSettings(project=project)
    form = PurseForm(request.POST, instance=budget_settings)
    if not form.is_valid():
        return page_of(request, project, 400, form=form)
    pay_settings.save_settings(form.save(commit=False), request.user)
    return redirect("pay", project.pk)


@require_POST
@project_page("manage_budget")
def pay_person(request: ProjectRequest, project: Project, user_id: int) -> HttpResponse:
    """Set how a person is paid: by the answer, by the hour, or not from this budget."""
    member = get_object_or_404(project.members.select_related("user"), user=user_id)
    mode = request.POST.get("mode", "")
    try:
        hourly = Decimal(request.POST.get("hourly") or 0)
        minutes = Decimal(request.POST.get("most_minutes") or 10)
        daily = Decimal(request.POST.get("daily_hours") or 8)
    except ArithmeticError:
        hourly = minutes = daily = Decimal("NaN")
    sane = hourly.is_finite() and minutes.is_finite() and daily.is_finite()
    sane = sane and 0 <= hourly <= 100_000 and Decimal("0.1") <= minutes <= 1440 and Decimal("0.01") <= daily <= 24
    if mode not in PayMode.values or not sane or (mode == PayMode.HOUR and hourly == 0):
        return page_of(request, project, 400, problems=[HOW_TO_PAY])
    try:
        pay_settings.set_pay(project, member.user, request.user, mode, hourly, minutes, daily)
    except Refused as problem:
        return page_of(request, project, problem.status, problems=[problem.reason])
    return redirect("pay", project.pk)


@require_POST
@project_page("manage_budget")
def machine(request: ProjectRequest, project: Project, machine_id: int | None = None) -> HttpResponse:
    """Add a machine or change its prices."""
    known = get_object_or_404(project.machines, pk=machine_id) if machine_id is not None else Machine(project=project)
    form = MachineForm(request.POST, instance=known)
    if form.is_valid():
        try:
            pay_settings.save_machine(form.save(commit=False), request.user)
            return redirect("pay", project.pk)
        except IntegrityError:
            form.add_error("name", "There is a machine of this name already.")
    return page_of(request, project, 400, machine_form=form, changing=known.pk)


@require_POST
@project_page("manage_budget")
def bonus(request: ProjectRequest, project: Project, user_id: int) -> HttpResponse:
    """Pay a person a bonus."""
    member = get_object_or_404(project.members.select_related("user"), user=user_id)
    form = FundForm(request.POST)
    try:
        if not form.is_valid():
            raise BadAmount(next(iter(form.errors.values()))[0])
        sent = form.cleaned_data
        charges.bonus(project, member.user, sent["amount"], sent["memo"], request.user, sent["id"])
    except BadAmount as problem:
        return page_of(request, project, 400, problems=[str(problem)])
    except Refused as problem:
        return page_of(request, project, problem.status, problems=[problem.reason])
    return redirect("pay", project.pk)
