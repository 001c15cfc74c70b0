"""The ledger: accounts, and entries that move money between two of them."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from annotator.models import Project, Question


class AccountName(models.TextChoices):
    """The accounts every project has."""

    FUNDING = "funding", "Money from outside"
    FREE = "free", "Free to spend"
    ANSWERS = "answers", "Paid for answers"
    COMPUTE = "compute", "Paid for computing"


class Account(models.Model):
    """A place where a project's money can be. Its balance is what entries brought in less what they took out."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=20, choices=AccountName.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="account_once")]

    def __str__(self) -> str:
        return self.get_name_display()


class Kind(models.TextChoices):
    """Why money moved."""

    FUNDING = "funding", "Budget"
    ANSWER = "answer", "Answer"
    COMPUTE = "compute", "Computing"
    CORRECTION = "correction", "Correction"


class Entry(models.Model):
    """One amount that went from one account to another, for one cause; never changed, never deleted.

    Both sides of the double entry stand in one row, so the entries of a project always sum to zero. `cause` is unique:
    what is charged twice is charged once.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="entries", db_index=False)
    source = models.ForeignKey(Account, models.PROTECT, related_name="outgoing")
    target = models.ForeignKey(Account, models.PROTECT, related_name="incoming")
    amount = models.DecimalField(max_digits=16, decimal_places=6)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    cause = models.CharField(max_length=100, unique=True)
    memo = models.CharField(max_length=200, blank=True)
    question = models.ForeignKey(Question, models.PROTECT, null=True, related_name="entries")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="entries")
    run = models.ForeignKey("workers.TrainingRun", models.PROTECT, null=True, related_name="entries")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="entry_amount_positive"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="entry_two_accounts"),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="entry_by_project")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}: {self.source} → {self.target}"


class Machine(models.Model):
    """What an hour of a device costs a project, in its currency."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="machines")
    device = models.CharField(max_length=10, choices=[("cpu", "Processor"), ("cuda", "Graphics card")])
    hourly_price = models.DecimalField(max_digits=10, decimal_places=4, validators=[MinValueValidator(Decimal(0))])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "device"], name="machine_once"),
            models.CheckConstraint(condition=models.Q(hourly_price__gte=0), name="machine_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_device_display()}: {self.hourly_price} an hour"
