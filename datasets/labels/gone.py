"""What follows in this app when items are withdrawn, taken back or erased."""

from annotator.models import Project, Task
from datasets.models import Label, ModelVote, StaleLabel


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
