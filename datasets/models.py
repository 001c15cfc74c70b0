"""What the answers add up to: current labels, and permanent versions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotator.models import Item, Project, Question


class Aggregation(models.Model):
    """The last computation of a question's labels: how it went and what it learned about the workers.

    `workers` is a list of `{"worker": user id, "answers": count, "accuracy": from 0 to 1, "low", "high": its 95% interval,
    "agreement": with others or null, "confusion": rows of truth × answer or null, "suspicion": reasons}`; worker 0 is a model.
    """

    question = models.OneToOneField(Question, models.PROTECT, related_name="aggregation")
    method = models.CharField(max_length=40)
    answers = models.PositiveIntegerField(help_text="Answers that count.")
    iterations = models.PositiveIntegerField()
    converged = models.BooleanField()
    workers = models.JSONField(default=list)
    classes = models.JSONField(default=list, help_text="In the order of the confusion matrices.")
    state = models.JSONField(default=dict, help_text="What labels of single items can be computed from in between.")
    gold = models.JSONField(
        default=list,
        help_text="Of each item with a known answer: that, and what people's answers alone say, as `Label.crowd`.",
    )
    agreement = models.JSONField(default=dict, help_text="Krippendorff's alpha with its interval.")
    full_answers = models.PositiveIntegerField(
        default=0, help_text="How many answers counted at the last full computation."
    )
    full_at = models.DateTimeField(null=True, help_text="When everything was last computed anew.")
    full_ms = models.PositiveIntegerField(default=0, help_text="How long that took.")
    computed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"labels of {self.question} from {self.answers} answers"


class Label(models.Model):
    """The current label of an item. It changes as answers come in; a version keeps it."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="labels")
    item = models.ForeignKey(Item, models.PROTECT, related_name="labels")
    value = models.JSONField()
    probability = models.FloatField()
    answers = models.PositiveSmallIntegerField()
    crowd = models.JSONField(
        default=list, help_text="Classes with their probability as far as answers tell, the likeliest first."
    )
    gain = models.FloatField(default=0.0, help_text="How much likelier a right label each further answer makes.")
    decided = models.BooleanField(default=False, help_text="A reviewer's decision.")
    simulated = models.PositiveSmallIntegerField(default=0, help_text="How many of the answers a program gave.")
    imported = models.PositiveSmallIntegerField(
        default=0, help_text="How many of the answers, or of the decisions, another system brought in."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "item"], name="label_once"),
            models.CheckConstraint(
                condition=models.Q(probability__gte=0, probability__lte=1), name="label_probability"
            ),
        ]
        indexes = [models.Index(fields=["question", "probability"], name="label_by_probability")]

    def __str__(self) -> str:
        return f"{self.value} ({self.probability:.2f})"


class StaleLabel(models.Model):
    """An item whose label does not include an answer yet. Without an item, all labels of the question must be computed again.

    A trigger on answers inserts the rows, so no code path can forget it. The computation of labels reads them before the
    answers, and deletes those it read together with writing the labels. Several rows for one item do no harm.
    """

    question = models.ForeignKey(Question, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="+", db_constraint=False, db_index=False, null=True)

    def __str__(self) -> str:
        return f"item {self.item_id} of question {self.question_id}"


class ModelVote(models.Model):
    """A model's prediction of an item, made without having learned from that item's label.

    It joins the answers as one more worker.
    """

    question = models.ForeignKey(Question, models.PROTECT, related_name="model_votes")
    item = models.ForeignKey(Item, models.PROTECT, related_name="model_votes")
    value = models.JSONField()
    model = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "item"], name="model_vote_once")]

    def __str__(self) -> str:
        return f"{self.model}: {self.value}"


class ItemSalt(models.Model):
    """The random bytes that are hashed with what versions say of an item, in hexadecimal. Erasing the item deletes them."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True, related_name="+")
    value = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"salt of item {self.pk}"


class FrozenItem(models.Model):
    """What versions say of an item. It never changes, and all versions that say the same share it.

    `content` is the encoded entry (`datasets.versions.entries`), and `leaf` its hash in the versions' Merkle tree. If the item is
    erased, only the leaf stays, with the date and the reason: all versions can still be verified.
    """

    # No index of its own: the database would take it for the look-up of a leaf, and read all rows of the question each time.
    question = models.ForeignKey(Question, models.PROTECT, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    leaf = models.CharField(max_length=64)
    content = models.TextField(blank=True)
    erased_at = models.DateTimeField(null=True)
    erased_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "leaf"], name="frozen_item_once")]
        indexes = [
            models.Index(fields=["question"], condition=models.Q(erased_at__isnull=False), name="frozen_item_erased")
        ]

    def __str__(self) -> str:
        return f"item {self.item_id}, {self.leaf[:12]}"


class Version(models.Model):
    """A frozen set of labelled items. It never changes.

    `sha256` is its fingerprint: the root of the Merkle tree over its header and its items (`Manifest`).
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="versions")
    question = models.ForeignKey(Question, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    test_sha256 = models.CharField(
        max_length=64, help_text="The root over the test items. The same for all versions with the same test set."
    )
    items_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="The root over all items. The same for all versions with the same items and labels.",
    )
    train_count = models.PositiveIntegerField()
    test_count = models.PositiveIntegerField()
    answer_count = models.PositiveIntegerField(help_text="Answers the labels rest on.")
    simulated_count = models.PositiveIntegerField(default=0)
    imported_count = models.PositiveIntegerField(default=0)
    rules = models.JSONField(default=dict, help_text="Which labels were let in.")
    semantic_version = models.CharField(
        max_length=40,
        default="1.0.0",
        help_text="MAJOR.MINOR.PATCH: removed or relabelled items, additions, other changes.",
    )
    classes = models.JSONField(
        default=list,
        help_text="Of each label that is a word or number: that, and how many training and test items have it.",
    )
    agreement = models.JSONField(default=dict, help_text="As `Aggregation.agreement` at the freeze.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["question", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["question", "sha256"], name="version_content_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def count(self) -> int:
        """The number of items."""
        return self.train_count + self.test_count


class Manifest(models.Model):
    """What a version holds: its header (the first leaf of the tree, canonical JSON), and its items in the order of the leaves."""

    version = models.OneToOneField(Version, models.PROTECT, primary_key=True, related_name="manifest")
    header = models.TextField()
    frozen_items = ArrayField(models.BigIntegerField(), help_text="Ids of frozen items.")

    def __str__(self) -> str:
        return f"manifest of {self.version}"
