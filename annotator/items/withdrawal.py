"""Withdrawing items from a project, and taking them back."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotator import audit, queue
from annotator.models import Item, Project, Review, User
from annotator.queue import open_slots, withdrawn_items
from annotator.refusal import Refused
from annotator.signals import items_taken_back, items_withdrawn

MOST_REASON = 300  # characters
AT_ONCE = 1000  # items in one transaction


def checked_reason(reason: str) -> str:
    """Return why something is done, in the form that is stored. Raises Refused when nothing is said."""
    reason = reason.strip()
    if not reason:
        raise Refused("Say why, in a few words. It is kept with the item.", "no_reason", 400)
    return reason[:MOST_REASON]


def withdraw(project: Project, items: Iterable[int], by: User, reason: str) -> int:
    """Withdraw items from a project; return how many were not withdrawn before.

    From this moment nobody is asked about them. Leases of them end, their reviews close, and what is reserved for them is
    released. Answers that were accepted stay paid, and have no part in labels and later versions. Raises Refused without a
    reason.
    """
    reason = checked_reason(reason)
    with transaction.atomic():
        open_slots.lock(project.pk)
        found = list(_locked(project, items).filter(withdrawn_at=None).values_list("pk", flat=True))
        if not found:
            return 0
        reviews = Review.objects.filter(task__question__project=project, task__item__in=found, decision=None)
        waiting = list(reviews.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
        Review.objects.filter(pk__in=waiting, decision=None).delete()
        Item.objects.filter(pk__in=found).update(withdrawn_at=timezone.now(), withdrawn_by=by, withdrawn_reason=reason)
        withdrawn_items.close_tasks(project.pk, found, reason)
        items_withdrawn.send(Project, project=project, items=found)
        audit.record(by, project, "withdrew items", items=found, reason=reason)
        return len(found)


def take_back(project: Project, items: Iterable[int], by: User) -> int:
    """Take withdrawn items back into the project; return how many. Questions that ask about everything ask about them again.

    Erased items stay erased. Raises Refused when the project may not ask people for more, and when an item's external id
    belongs to another item by now.
    """
    try:
        with transaction.atomic():
            open_slots.wanted(project)
            gone = _locked(project, items).filter(withdrawn_at__isnull=False, erased_at=None)
            found = list(gone.values_list("pk", flat=True))
            if not found:
                return 0
            Item.objects.filter(pk__in=found).update(withdrawn_at=None, withdrawn_by=None, withdrawn_reason="")
            withdrawn_items.open_tasks(project.pk, found)
            queue.create_tasks_of_all_questions(project, found)
            items_taken_back.send(Project, project=project, items=found)
            audit.record(by, project, "took items back", items=found)
            return len(found)
    except IntegrityError as problem:
        if "item_external_id_once" not in str(problem):
            raise
        raise Refused(
            "Another item has the same external id by now. Withdraw that one first.", "external_id_taken"
        ) from None


def _locked(project: Project, items: Iterable[int]) -> QuerySet[Item]:
    wanted = project.items.filter(pk__in=set(items))
    return wanted.order_by("pk").select_for_update(of=("self",), no_key=True)
