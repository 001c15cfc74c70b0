"""Trainings, their runs, the learning curve, and the recommendations based on it."""

from decimal import Decimal

from django.conf import settings
from django.db import models

from annotator.models import Batch, Job, Question
from datasets.models import Version


class Training(models.Model):
    """One network trained on one version.

    A job of its own plans it: it probes, estimates, reserves the money and starts the runs.

    `probe`: what the network showed on little data, see `learning.probe`. `found`: what the runs together say about the
    items, see `workers.training.findings`.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="trainings")
    network = models.CharField(max_length=40)
    attempt = models.PositiveSmallIntegerField(default=1)
    job = models.OneToOneField(Job, models.PROTECT, related_name="training")
    sizes = models.JSONField(default=list, help_text="The sizes it is trained at, ascending.")
    probe = models.JSONField(default=dict)
    seconds = models.FloatField(null=True, help_text="Expected of all runs together.")
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True, help_text="Expected of all runs together.")
    most_money = models.DecimalField(
        max_digits=16,
        decimal_places=6,
        null=True,
        help_text="What it may cost at most; without it, twice what is expected.",
    )
    most_seconds = models.FloatField(null=True, help_text="How long it may compute at most.")
    found = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "network", "attempt"], name="training_attempt_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network} on {self.version}"


class TrainingRun(models.Model):
    """One network trained once, from one seed, on (a part of) one version.

    `history`: a list of `{"epoch", "loss", "seconds"}`, with `validation_loss` and `validation_error` if items were
    kept aside for validation. `result`: the figures on the test set, see `workers.training.curve.metrics`. Only the job
    that holds the run's lease writes both.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="runs")
    training = models.ForeignKey(Training, models.PROTECT, null=True, related_name="runs")
    job = models.OneToOneField(Job, models.PROTECT, related_name="run")
    network = models.CharField(max_length=40)
    seed = models.PositiveIntegerField(default=0)
    train_size = models.PositiveIntegerField()
    chosen = models.BooleanField(default=False, help_text="Whether a model chose the second half of its items.")
    labels_cost = models.DecimalField(
        max_digits=16, decimal_places=6, help_text="Spent on so many labels when the version was frozen."
    )
    reserved = models.DecimalField(
        max_digits=16, decimal_places=6, default=Decimal(0), help_text="Money reserved for it before it began."
    )
    limit_seconds = models.FloatField(null=True, help_text="How long it may compute.")
    device = models.CharField(max_length=10, blank=True)
    architecture = models.JSONField(default=dict)
    epochs = models.PositiveIntegerField(default=0)
    history = models.JSONField(default=list)
    stopped = models.CharField(max_length=10, blank=True, help_text="Why it ended.")
    seconds = models.FloatField(default=0.0, help_text="Computing time so far, of all attempts that counted.")
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    error = models.FloatField(null=True, help_text="Share of the test set answered wrongly; of marks, 1 − F1.")
    precision = models.FloatField(null=True, help_text="Mean over classes.")
    recall = models.FloatField(null=True, help_text="Mean over classes.")
    result = models.JSONField(null=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    packages = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["training", "seed", "train_size", "chosen"], name="training_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network} on {self.version}, {self.train_size} items, seed {self.seed}"

    @property
    def whole(self) -> bool:
        """Whether it learned from every training item of its version."""
        return self.train_size == self.version.train_count and not self.chosen


class Curve(models.Model):
    """The current learning curve of a question, with its forecast and its picture.

    `points`: one per version and size, by size, `{"version", "size", "error", "low", "high", "true", "crowd_error",
    "runs", "cost", "test_count", "guess_error", "precision", "recall", "whole"}`. `forecast`: see
    `workers.training.outlook`. The job draws the pictures, so pages only read them.
    """

    question = models.OneToOneField(Question, models.PROTECT, related_name="curve")
    points = models.JSONField(default=list)
    forecast = models.JSONField(default=dict)
    svg_wide = models.TextField(blank=True)
    svg_narrow = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"curve of {self.question}"


class Way(models.TextChoices):
    """What money for labels can be spent on."""

    NEW = "new", "New items"
    AGAIN = "again", "More answers for unsure labels"
    UNSURE = "unsure", "Items the model is least sure of"


class Recommendation(models.Model):
    """What was recommended once a version's curve was computed, and the outcome.

    `content`: the forecast at that time, with the gain of each way (see `workers.training.recommendations`). `outcome`,
    once a later version shows it: `{"version", "size", "error", "expected", "low", "high", "inside"}`.
    """

    version = models.OneToOneField(Version, models.PROTECT, related_name="recommendation")
    best = models.CharField(max_length=10, choices=Way.choices, blank=True)
    content = models.JSONField(default=dict)
    published = models.CharField(max_length=10, choices=Way.choices, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+")
    outcome = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version__number"]

    def __str__(self) -> str:
        return f"recommendation on {self.version}"
