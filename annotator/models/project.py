"""A project: one budget, one set of people, one split of its items."""

import secrets
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models


def new_salt() -> str:
    """Return the random text that, with an item's content, decides its split."""
    return secrets.token_hex(16)


class Project(models.Model):
    """A project, on which the money is spent."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000, validators=[MaxLengthValidator(5000)])
    currency = models.CharField(
        max_length=3,
        default="USD",
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "A currency is three capital letters, as in ISO 4217.")],
    )
    test_share = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.2"),
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal("0.9"))],
        help_text="Share of the items that go to the test set, from 0.01 to 0.9.",
    )
    goal_error = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0001), MaxValueValidator(1.0)],
        help_text="The error at which the project is done, from 0.0001 to 1.",
    )
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when it is hidden and read-only, and nobody is asked anything."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(test_share__gt=0, test_share__lt=1), name="project_test_share"),
        ]

    def __str__(self) -> str:
        return self.name
