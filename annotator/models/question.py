"""What is asked of an item."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from annotator.models.project import Project


class Question(models.Model):
    """A question, its kind with that kind's configuration, and what an answer to it pays.

    `config` is checked by the kind (`annotator.kinds`). `examples` is a list of
    `{"picture": sha256, "answer": value, "note": text}`.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="questions")
    text = models.CharField(max_length=500)
    kind = models.CharField(max_length=20)
    config = models.JSONField(default=dict)
    instructions = models.TextField(blank=True)
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
