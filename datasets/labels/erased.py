"""Items that are erased: what models say of them goes, and the manifests of versions stay."""

from annotator.models import Project
from datasets.models import Label, ModelVote, Version


def on_items_erased(project: Project, items: list[int], **kwargs: object) -> None:
    """Delete the labels and model votes of erased items."""
    Label.objects.filter(question__project=project, item__in=items).delete()
    ModelVote.objects.filter(question__project=project, item__in=items).delete()


def on_contents_in_use(hashes: list[str], **kwargs: object) -> set[str]:
    """Return the hashes that are those of a version's manifest."""
    return set(Version.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))
