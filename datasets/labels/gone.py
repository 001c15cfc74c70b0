"""What follows in this app when items are withdrawn, taken back or erased, or a project is deleted."""

from annotator.models import Project, Task
from datasets.models import Label, ModelVote, StaleLabel, Version


def on_items_withdrawn(project: Project, items: list[int], **kwargs: object) -> None:
    """Delete the labels of items that were withdrawn: nothing is concluded from them any more."""
    Label.objects.filter(question__project=project, item__in=items).delete()
    on_items_taken_back(project, items)


def on_items_taken_back(project: Project, items: list[int], **kwargs: object) -> None:
    """Record that the labels of items must be computed again although no answer came in."""
    asked = Task.objects.filter(question__project=project, item__in=items).values_list("question_id", "item_id")
    StaleLabel.objects.bulk_create([StaleLabel(question_id=question, item_id=item) for question, item in asked])


def on_items_erased(project: Project, items: list[int], **kwargs: object) -> None:
    """Delete the labels and model votes of erased items."""
    Label.objects.filter(question__project=project, item__in=items).delete()
    ModelVote.objects.filter(question__project=project, item__in=items).delete()


def on_contents_in_use(hashes: list[str], without: Project | None = None, **kwargs: object) -> set[str]:
    """Return the hashes that are those of a version's manifest, of any project but one that is being deleted."""
    found = Version.objects.filter(sha256__in=hashes).exclude(project=without.pk if without else 0)
    return set(found.values_list("sha256", flat=True))


def on_project_blobs(project: Project, **kwargs: object) -> tuple[list[str], list[str]]:
    """Return the contents that a project's versions name: their manifests."""
    return list(Version.objects.filter(project=project).values_list("sha256", flat=True)), []
