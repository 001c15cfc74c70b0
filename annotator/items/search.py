"""Finding items: by words, by filters, in an order. Pages, the API and bulk actions all ask here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db.models import BooleanField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from annotator.models import Item, Modality, Project, Split, Task
from annotator.refusal import Refused
from annotator.server import sql

MOST_QUERY = 500  # characters
ORDERS = {
    "newest": ("Newest first", ("-id",)),
    "oldest": ("Oldest first", ("id",)),
    "name": ("By name", ("name", "id")),
    "external_id": ("By external id", ("external_id", "id")),
    "priority": ("By priority", ("-priority", "id")),
}
# What everybody may use who sees items. The others might tell who answers what the answer is, or which items are gold.
OPEN_TO_ALL = frozenset({"words", "split", "modality", "name", "sha256", "order"})
OPEN_ORDERS = frozenset({"newest", "oldest", "name"})
# Words as the index knows them, each as a beginning. A single letter begins too many words: it is looked for as it is. Names
# and ids are indexed without their punctuation, texts with addresses in one piece; so both ways of reading count.
_WORDS = """
SELECT (SELECT string_agg(quote_literal(lexeme) || CASE WHEN lexeme ~ '^[a-z]$' THEN '' ELSE ':*' END, ' & ')
        FROM unnest(to_tsvector('simple', %(text)s::text))),
       (SELECT string_agg(quote_literal(lexeme) || CASE WHEN lexeme ~ '^[a-z]$' THEN '' ELSE ':*' END, ' & ')
        FROM unnest(to_tsvector('simple', translate(%(text)s::text, '_-./\\', '     '))))
"""
# The expression of the index, word for word (`annotator/migrations/0002_guards.py`).
_MATCH = (
    'annotator_item_words("annotator_item"."name", "annotator_item"."external_id", "annotator_item"."path", '
    '"annotator_item"."fields", "annotator_item"."text") @@ %s::tsquery'
)


@dataclass(frozen=True)
class Search:
    """What items are looked for. Empty values look for nothing in particular; withdrawn items are not found unless asked for."""

    words: str = ""
    split: str = ""
    modality: str = ""
    tag: str = ""
    group: str = ""
    external_id: str = ""
    name: str = ""
    sha256: str = ""
    withdrawn: bool = False
    asked: int | None = None  # the id of a question that asks about them
    not_asked: int | None = None
    answered: int | None = None  # the id of a question to which they have an answer
    not_answered: int | None = None
    order: str = "oldest"
    may_tell: bool = False  # whether who asks may know what an item's answer is

    def as_dict(self) -> dict[str, Any]:
        """Return the search as a job keeps it."""
        return asdict(self)

    @property
    def by_words(self) -> bool:
        """Whether it looks for words of texts and fields. People who may not know the answers look for names only."""
        return bool(self.words and self.may_tell)

    def without_words(self) -> "Search":
        """Return the search by everything but its words."""
        return replace(self, words="")


def read(parameters: Mapping[str, str], project: Project, may_tell: bool, order: str = "oldest") -> Search:
    """Return the search that an address names. Raises Refused for what does not exist or is not for this person."""
    values: dict[str, Any] = {name: parameters[name].strip() for name in _NAMES if parameters.get(name, "").strip()}
    values = {"words" if name == "q" else name: value for name, value in values.items()}
    values.setdefault("order", order)
    if not may_tell and (closed := sorted(set(values) - OPEN_TO_ALL)):
        raise Refused(
            f"Your role cannot look for items by {', '.join(closed)}: it might tell what the answer is.", "no", 403
        )
    if values["order"] not in (ORDERS if may_tell else OPEN_ORDERS):
        raise Refused("There is no such order of items here.", "bad_order", 400)
    for name, known in (("split", Split.values), ("modality", Modality.values), ("withdrawn", ("true", "false"))):
        if values.get(name, known[0]) not in known:
            raise Refused(f"“{name}” is one of {', '.join(known)}.", "bad_filter", 400)
    values["withdrawn"] = values.get("withdrawn") == "true"
    for name in _BY_QUESTION:
        if name in values:
            values[name] = _question(project, values[name])
    if len(values.get("words", "")) > MOST_QUERY:
        raise Refused(f"Search for at most {MOST_QUERY} characters.", "too_long", 400)
    return Search(may_tell=may_tell, **values)


_NAMES = (
    "q", "split", "modality", "tag", "group", "external_id", "name", "sha256", "withdrawn", "asked", "not_asked",
    "answered", "not_answered", "order",
)  # fmt: skip
# Which tasks at the question that is named an item must have, or must not have. A finished label or a decision is an answer.
_BY_QUESTION: dict[str, tuple[dict[str, Any], bool]] = {
    "asked": ({}, True),
    "not_asked": ({}, False),
    "answered": ({"answers__isnull": False}, True),
    "not_answered": ({"answers__isnull": False}, False),
}


def parameters(search: Search) -> dict[str, str]:
    """Return the address that a search is read from."""
    values = {name: str(value) for name, value in search.as_dict().items() if name in chosen(search)}
    return {
        "q" if name == "words" else name: value.lower() if name == "withdrawn" else value
        for name, value in values.items()
    }


def chosen(search: Search) -> set[str]:
    """Return the names of what a search looks for, and its order."""
    return {name for name, value in search.as_dict().items() if value and name != "may_tell"}


def _question(project: Project, number: str) -> int:
    if number.isdecimal() and len(number) < 19 and project.questions.filter(pk=number).exists():
        return int(number)
    raise Refused("There is no such question in this project.", "unknown_question", 400)


def matching(project: Project, search: Search) -> QuerySet[Item]:
    """Return all items that are found, in no order."""
    items = project.items.filter(withdrawn_at__isnull=not search.withdrawn).order_by()
    for name in ("split", "modality", "group", "external_id", "name", "sha256"):
        if value := getattr(search, name):
            items = items.filter(**{name: value})
    if search.tag:
        items = items.filter(tags__contains=[search.tag])
    if search.order == "external_id":
        items = items.exclude(external_id="")
    for name, (which, wanted) in _BY_QUESTION.items():
        if question := getattr(search, name):
            task = Exists(Task.objects.filter(question=question, item=OuterRef("pk"), **which))
            items = items.filter(task if wanted else ~task)
    if search.words and not search.may_tell:
        items = items.filter(name__startswith=search.words)
    return with_words(items, search) if search.by_words else items


def with_words(items: QuerySet[Item], search: Search) -> QuerySet[Item]:
    """Return those items that have all words of a search, or words that begin with them."""
    query = _tsquery(search.words)
    if not query:
        return items.none()
    return items.filter(RawSQL(_MATCH, [query], output_field=BooleanField()))  # noqa: S611


def _tsquery(words: str) -> str:
    """Return words as PostgreSQL looks for them; an empty text if there is no word in them."""
    [(plain, split)] = sql.rows(_WORDS, text=words)
    return " | ".join(dict.fromkeys(f"({query})" for query in (plain, split) if query))


def exact(project: Project, search: Search) -> set[int]:
    """Return the id of the item whose external id is what was typed, if there is one: it is found first, whatever it says."""
    if not search.words or not search.may_tell:
        return set()
    same = matching(project, replace(search, words="", order="oldest")).filter(external_id=search.words)
    return set(same.values_list("pk", flat=True)[:1])


def all_ids(project: Project, search: Search) -> list[int]:
    """Return the ids of all items that are found, oldest first: what a bulk action is done to."""
    items = matching(project, search)
    return sorted(set(items.values_list("pk", flat=True)) | exact(project, search))
