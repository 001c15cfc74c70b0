"""Training runs and the curve they draw."""

from django.db import models

from annotator.models import Job, Question
from datasets.models import Version


class TrainingRun(models.Model):
    """One network trained once on (a part of) one version.

    `history` is a list of `{"epoch", "loss", "seconds"}`; `result` holds precision, recall, the confusion matrix and each
    class's own figures. Both are written by the job that has the run's lease.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="runs")
    job = models.OneToOneField(Job, models.PROTECT, related_name="run")
    network = models.CharField(max_length=40)
    seed = models.PositiveIntegerField(default=0)
    train_size = models.PositiveIntegerField()
    labels_cost = models.DecimalField(
        max_digits=16, decimal_places=6, help_text="Spent on answers when the version was frozen."
    )
    device = models.CharField(max_length=10, blank=True)
    architecture = models.JSONField(default=dict)
    epochs = models.PositiveIntegerField(default=0)
    history = models.JSONField(default=list)
    seconds = models.FloatField(default=0.0, help_text="Computing time so far, of all attempts that counted.")
    cost = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    error = models.FloatField(null=True, help_text="Share of the test set answered wrongly.")
    precision = models.FloatField(null=True, help_text="Mean over classes.")
    recall = models.FloatField(null=True, help_text="Mean over classes.")
    result = models.JSONField(null=True)
    weights_sha256 = models.CharField(max_length=64, blank=True)
    packages = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "network", "seed", "train_size"], name="training_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.network} on {self.version}"


class Curve(models.Model):
    """The learning curve of a question as it is known at present, with its forecast and its picture.

    `points`: list of `{"version", "run", "size", "error", "cost", "test_count"}`; `forecast`: see `workers.training.outlook`.
    The pictures are drawn by the job, so that pages only read them.
    """

    question = models.OneToOneField(Question, models.PROTECT, related_name="curve")
    points = models.JSONField(default=list)
    forecast = models.JSONField(default=dict)
    svg_wide = models.TextField(blank=True)
    svg_narrow = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"curve of {self.question}"
