"""One page of the items that a search finds, and how many there are.

No page may take longer because the project is large. So matches are counted up to `MOST_COUNTED`. If there are fewer, they are
all read and sorted. If there are more, an index gives them in their order, and the page is full after a few rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from annotator.items import search as searching
from annotator.items.search import ORDERS, Search
from annotator.models import Item, Project

MOST_COUNTED = 10_000
# Where a word is in many items, this many are looked at in the wanted order before all that have the word are sorted. To read
# the words of an item takes about 30 microseconds.
LOOKED_AT = 1500


@dataclass(frozen=True)
class ItemPage:
    """Items of one page. `count` is exact unless there are `more`; `last` says whether nothing follows."""

    items: list[Item]
    count: int
    more: bool
    last: bool


def page(project: Project, search: Search, size: int, start: int = 0) -> ItemPage:
    """Return the items from place `start` on, `size` at most, with their count."""
    first = searching.exact(project, search)
    with transaction.atomic():
        rows = _first_rows(project, search)
        more = len(rows) > MOST_COUNTED
        ids = _walked(project, search, start + size + 1) if more else [pk for _, pk in _sorted(rows, search)]
        ids = [*first, *(pk for pk in ids if pk not in first)]
        count = MOST_COUNTED if more else len(ids)
        return ItemPage(_items(project, ids[start : start + size]), count, more, len(ids) <= start + size)


def after(project: Project, search: Search, size: int, last: Item) -> ItemPage:
    """Return the items that follow another one in the order of the search, `size` at most, and count nothing."""
    with transaction.atomic():
        ids = _walked(project, search, size + 1, _behind(search, last))
        return ItemPage(_items(project, ids[:size]), 0, True, len(ids) <= size)


def _first_rows(project: Project, search: Search) -> list[tuple[Any, int]]:
    """Return what sorts each item that is found, with its id, in no order; one more than are counted at most."""
    rows = searching.matching(project, search).values_list(_key(search), "pk")[: MOST_COUNTED + 1]
    with _by_index_of_words(search):
        return list(rows)


def _sorted(rows: list[tuple[Any, int]], search: Search) -> list[tuple[Any, int]]:
    """Return rows in the order of a search, as the database sorts them: texts by their bytes, which is by their characters."""
    if search.order == "priority":
        return sorted(rows, key=lambda row: (-row[0], row[1]))
    return sorted(rows, reverse=search.order == "newest")


def _walked(project: Project, search: Search, size: int, behind: Q | None = None) -> list[int]:
    """Return the ids of the first items in the order of a search, and behind a place in it."""
    order, behind = ORDERS[search.order][1], behind or Q()
    if not search.by_words:
        found = searching.matching(project, search).filter(behind).order_by(*order)
        return list(found.values_list("pk", flat=True)[:size])
    others = searching.matching(project, search.without_words()).filter(behind).order_by(*order)
    looked_at = Item.objects.filter(pk__in=others.values("pk")[: max(LOOKED_AT, 2 * size)])
    ids = list(searching.with_words(looked_at, search).order_by(*order).values_list("pk", flat=True)[:size])
    if len(ids) >= size:
        return ids
    found = searching.matching(project, search).filter(behind).order_by(*order)
    with _by_index_of_words(search):
        return list(found.values_list("pk", flat=True)[:size])


def _behind(search: Search, last: Item) -> Q:
    """Return the condition that an item comes after another one in the order of a search."""
    if search.order == "newest":
        return Q(pk__lt=last.pk)
    if search.order == "oldest":
        return Q(pk__gt=last.pk)
    if search.order == "priority":
        return Q(priority__lte=last.priority) & (Q(priority__lt=last.priority) | Q(pk__gt=last.pk))
    value = getattr(last, search.order)
    return Q(**{f"{search.order}__gte": value}) & (Q(**{f"{search.order}__gt": value}) | Q(pk__gt=last.pk))


def _key(search: Search) -> str:
    """Return the field that a search sorts by first."""
    key = ORDERS[search.order][1][0].lstrip("-")
    return "pk" if key == "id" else key


def _items(project: Project, ids: list[int]) -> list[Item]:
    items = project.items.in_bulk(ids)
    return [items[pk] for pk in ids if pk in items]


@contextmanager
def _by_index_of_words(search: Search) -> Iterator[None]:
    """Let the database find words by their index alone: reading every item's words takes half a minute in a million items."""
    if not search.by_words:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_indexscan = on")
