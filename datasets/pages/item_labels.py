"""The labels of an item, on the item's own page."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from annotator import queue
from annotator.models import Item
from annotator.people.permissions import ProjectRequest, allowed
from datasets.models import Label
from datasets.versions import frozen_items


def labels_of_item(request: ProjectRequest, item: Item) -> SafeString | str:
    """Return the labels of an item with links to the answers behind them, and the versions that hold it.

    Nothing for people who may not see labels. Whoever sees labels is not asked about the item any more.
    """
    if "view_labels" not in allowed(request.member):
        return ""
    labels = list(Label.objects.filter(item=item).select_related("question").order_by("question"))
    versions = frozen_items.versions_with(item)
    if not labels and not versions:
        return ""
    for label in labels:
        queue.mark_seen(label.question, request.user, [item.pk])
    return render_to_string(
        "datasets/_item_labels.html",
        {"labels": labels, "versions": versions, "project": request.member.project},
        request,
    )
