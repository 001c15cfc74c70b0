"""The ledger: accounts, and entries that move money between two of them. Also the manager's settings about money."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from annotator.models import Batch, Project, Question


class AccountName(models.TextChoices):
    """The accounts of a project. Spent money has its own accounts in each phase, reserved money one for each batch."""

    FUNDING = "funding", "Money from outside"
    AVAILABLE = "available", "Available"
    RESERVED = "reserved", "Reserved for open work"
    TRAINING = "training", "Reserved for training"
    OVERDRAFT = "overdraft", "Overdraft"
    ANSWERS = "answers", "Paid for answers"
    BONUSES = "bonuses", "Paid as bonuses"
    FEES = "fees", "Paid to platforms"
    COMPUTE = "compute", "Paid for computing"


SPENT = (AccountName.ANSWERS, AccountName.BONUSES, AccountName.FEES, AccountName.COMPUTE)
WITHOUT_FLOOR = (AccountName.FUNDING, AccountName.OVERDRAFT)


class Account(models.Model):
    """An account that holds a project's money.

    `balance` is what entries brought in minus what they took out. The database updates it as entries come in. It refuses
    every other change to it, and an entry that would make it negative; only money from outside and the overdraft may be
    negative. Reserved money without a batch is for gold items.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=20, choices=AccountName.choices)
    phase = models.ForeignKey("workers.Phase", models.PROTECT, null=True, related_name="accounts", db_index=False)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="accounts", db_index=False)
    balance = models.DecimalField(max_digits=20, decimal_places=6, default=Decimal(0), db_default=Decimal(0))
    slot_price = models.DecimalField(
        max_digits=16,
        decimal_places=6,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="What one answer that may still come in is covered with, where it is reserved for a batch.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name", "phase", "batch"], nulls_distinct=False, name="account_once"
            ),
            models.CheckConstraint(
                condition=models.Q(balance__gte=0) | models.Q(name__in=WITHOUT_FLOOR), name="account_floor"
            ),
        ]

    def __str__(self) -> str:
        return self.get_name_display()


class EntryKind(models.TextChoices):
    """Why money moved."""

    FUNDING = "funding", "Budget"
    WITHDRAWAL = "withdrawal", "Budget taken back"
    RESERVE = "reserve", "Reserved for work"
    RELEASE = "release", "Released"
    ANSWER = "answer", "Answer"
    BONUS = "bonus", "Bonus"
    FEE = "fee", "Platform's fee"
    COMPUTE = "compute", "Computing"
    REFUND = "refund", "Refund"
    CORRECTION = "correction", "Correction"
    SETTLEMENT = "settlement", "Overdraft settled"


MOVES = (EntryKind.RESERVE, EntryKind.RELEASE)  # nothing is spent or earned by these


class Entry(models.Model):
    """One amount that moved from one account to another, for one idempotency key; never changed, never deleted.

    One row holds both sides of the double entry, so the entries of a project always sum to zero. `idempotency_key` is unique,
    so a repeated charge is charged once. A correction or refund names the entry it corrects.
    """

    # Where the database checks nothing, the booking trigger does: accounts name their project. Each answer waits for this.
    project = models.ForeignKey(Project, models.PROTECT, related_name="entries", db_index=False, db_constraint=False)
    source = models.ForeignKey(Account, models.PROTECT, related_name="outgoing", db_index=False)
    target = models.ForeignKey(Account, models.PROTECT, related_name="incoming", db_index=False)
    amount = models.DecimalField(max_digits=16, decimal_places=6)
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=20, choices=EntryKind.choices)
    idempotency_key = models.CharField(max_length=100)
    memo = models.CharField(max_length=200, blank=True)
    phase = models.ForeignKey(
        "workers.Phase", models.PROTECT, null=True, related_name="entries", db_index=False, db_constraint=False
    )
    question = models.ForeignKey(Question, models.PROTECT, null=True, related_name="entries")
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, related_name="entries", db_index=False, db_constraint=False
    )
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="entries")
    run = models.ForeignKey("workers.TrainingRun", models.PROTECT, null=True, related_name="entries", db_index=False)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections", db_index=False)
    platform = models.CharField(max_length=20, blank=True, db_default="", help_text="Empty for our own people.")
    reference = models.CharField(max_length=100, blank=True, db_default="", help_text="The platform's name of it.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["idempotency_key"], name="entry_key_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="entry_amount_positive"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="entry_two_accounts"),
        ]
        indexes = [
            models.Index(fields=["project", "-id"], name="entry_by_project"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="entry_of_batch"),
            models.Index(fields=["run"], condition=models.Q(run__isnull=False), name="entry_of_run"),
            models.Index(fields=["corrects"], condition=models.Q(corrects__isnull=False), name="entry_corrected"),
            models.Index(
                fields=["project", "-id"],
                condition=~models.Q(kind__in=["answer", "fee"]),
                name="entry_by_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}: {self.source} → {self.target}"


class Machine(models.Model):
    """What an hour of a machine costs a project, in its currency. Runs on a device are charged by its chosen machine."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="machines")
    name = models.CharField(max_length=60)
    device = models.CharField(max_length=10, choices=[("cpu", "Processor"), ("cuda", "Graphics card")])
    hourly_price = models.DecimalField(
        max_digits=10, decimal_places=4, validators=[MinValueValidator(Decimal(0))], verbose_name="on-demand, an hour"
    )
    spot_price = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        verbose_name="spot, an hour",
    )
    spot = models.BooleanField(default=False, help_text="Whether it is rented at the spot price.")
    chosen = models.BooleanField(default=False, help_text="Whether runs on this device are charged by it.")

    class Meta:
        ordering = ["device", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="machine_once"),
            models.UniqueConstraint(
                fields=["project", "device"], condition=models.Q(chosen=True), name="machine_one_chosen"
            ),
            models.CheckConstraint(
                condition=models.Q(hourly_price__gte=0)
                & (models.Q(spot_price__isnull=True) | models.Q(spot_price__gte=0)),
                name="machine_price_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(spot=False) | models.Q(spot_price__isnull=False), name="machine_spot_has_a_price"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Decimal:
        """What an hour costs, on demand or at the spot price."""
        return self.spot_price if self.spot and self.spot_price is not None else self.hourly_price


class PayMode(models.TextChoices):
    """How a person is paid."""

    ANSWER = "answer", "By the answer"
    HOUR = "hour", "By the hour"
    NOTHING = "free", "Not from this budget"


class Pay(models.Model):
    """How one person is paid in one project; without a row, by the answer."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="pays", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    mode = models.CharField(max_length=10, choices=PayMode.choices, default=PayMode.ANSWER)
    hourly = models.DecimalField(max_digits=10, decimal_places=4, default=Decimal(0))
    most_seconds = models.PositiveIntegerField(
        default=600, db_default=600, help_text="Most time that one answer is paid for, in seconds."
    )
    daily_hours = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=Decimal(8),
        db_default=Decimal(8),
        help_text="Most hours that are paid in a day (UTC).",
    )
    day = models.DateField(null=True, editable=False)
    day_ms = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="Time paid on `day`.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "worker"], name="pay_once"),
            models.CheckConstraint(condition=models.Q(hourly__gte=0), name="pay_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.worker}: {self.get_mode_display()}"

    @property
    def most_minutes(self) -> Decimal:
        """The most time that one answer is paid for, in minutes."""
        return round(Decimal(self.most_seconds) / 60, 2)


class Clock(models.Model):
    """Which of a person's time was paid by the hour, over all projects whatever their currency; see `workers.budget.clocks`."""

    worker = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    paid = models.JSONField(
        default=list, help_text="Spans from and to, in milliseconds since 1970, in order and apart from each other."
    )

    def __str__(self) -> str:
        return f"clock of {self.worker}"


class BudgetSettings(models.Model):
    """The manager's settings about a project's money."""

    project = models.OneToOneField(Project, models.PROTECT, related_name="budget_settings")
    wage_floor = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        default=Decimal(0),
        help_text="Nobody should earn less an hour; 0 for no floor.",
    )
    emails = models.TextField(blank=True, help_text="Who is told of alerts and gets the weekly report.")

    def __str__(self) -> str:
        return f"budget_settings of {self.project}"


class BatchEstimate(models.Model):
    """What a batch was expected to take, frozen when it opened; see `workers.budget.estimates.Estimate`."""

    batch = models.OneToOneField(Batch, models.PROTECT, related_name="estimate")
    content = models.JSONField()
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"estimate of {self.batch}"
