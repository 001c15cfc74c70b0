"""What is asked about an item."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models

from annotator.models.project import Project

MOST_INSTRUCTIONS = 20_000  # characters: everyone who answers gets them


class TaskPlan(models.TextChoices):
    """Which items become tasks."""

    EVERYTHING = "everything", "Every item, as it comes in"
    BATCHES = "batches", "Only what is planned into batches"


class Question(models.Model):
    """A question, its kind with that kind's configuration, and what an answer to it pays.

    `config` is checked by the kind (`annotator.kinds`). `examples` is a list of `{"picture": sha256, "answer": value, "note":
    text, "wrong": bool}`, with `"text"` instead of the picture if it is a text. Revisions keep what people read; `revision` is
    the number of the current one. Nobody is asked a draft.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="questions")
    text = models.CharField(max_length=500)
    kind = models.CharField(max_length=20)
    config = models.JSONField(default=dict)
    instructions = models.TextField(
        blank=True, max_length=MOST_INSTRUCTIONS, validators=[MaxLengthValidator(MOST_INSTRUCTIONS)]
    )
    examples = models.JSONField(default=list, blank=True)
    price = models.DecimalField(
        max_digits=10,
        decimal_places=4,
        default=Decimal("0.02"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1000))],
        help_text="Paid for one accepted answer, in the project's currency.",
    )
    overlap = models.PositiveSmallIntegerField(
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="How many different people answer for one training item.",
    )
    test_overlap = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="How many different people answer for one test item; its label judges every model.",
    )
    plan = models.CharField(
        max_length=10,
        choices=TaskPlan.choices,
        default=TaskPlan.EVERYTHING,
        help_text="Whether every item is asked about at once, or only what you plan into batches.",
    )
    gold_rate = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text="Share of the tasks handed out whose answer is known, from 0 to 0.5.",
    )
    gold_bar = models.FloatField(
        default=0.7,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Who is surely less often right than this on known answers is paused, from 0 to 1.",
    )
    gold_minimum = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Nobody is judged on fewer known answers than this.",
    )
    qualification_bar = models.FloatField(
        default=0.8,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="Share of the qualification to be right before the first paid task, from 0 to 1.",
    )
    pay_excluded = models.BooleanField(
        default=True, help_text="Whether answers that are excluded, because their author was paused, stay paid."
    )
    review_agreement = models.FloatField(
        default=0.5,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="An item goes to review where no answer has more than this share, from 0 (never) to 1 (always).",
    )
    review_confidence = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="An item goes to review where its label, with all answers in, is less sure than this; 0 for never.",
    )
    adaptive = models.BooleanField(
        default=False, help_text="Whether items get more answers, one by one, as long as the next is worth its price."
    )
    most_overlap = models.PositiveSmallIntegerField(
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="How many different people answer for one item at most, where items get more answers.",
    )
    label_worth = models.FloatField(
        default=100.0,
        validators=[MinValueValidator(1.0), MaxValueValidator(1_000_000.0)],
        help_text="What a right label is worth, counted in answers.",
    )
    change_minutes = models.PositiveIntegerField(
        default=60,
        validators=[MaxValueValidator(100_000)],
        help_text="For how long people may change an answer of theirs; 0 for never.",
    )
    gold_paused = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="The budget does not cover gold items any more."
    )
    suggestions_shown = models.BooleanField(
        default=True,
        db_default=True,
        editable=False,
        help_text="Whether suggestions are shown: not while an item with a known answer has none, which would give it away.",
    )
    revision = models.PositiveSmallIntegerField(default=1, editable=False)
    draft = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(price__gte=0), name="question_price_not_negative"),
            models.CheckConstraint(condition=models.Q(overlap__gte=1, test_overlap__gte=1), name="question_overlap"),
        ]

    def __str__(self) -> str:
        return self.text
