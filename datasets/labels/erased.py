"""What belongs to items that are erased or to projects that are deleted: labels, model votes, and the manifests of versions."""

from annotator.models import Project
from datasets.models import Label, ModelVote, Version


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
