"""Question kinds: one folder each, and one line here."""

from typing import Any

from annotator.kinds.base import About, Kind, Template, about
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import refuse_unstorable

__all__ = [
    "About",
    "Invalid",
    "Kind",
    "Template",
    "about",
    "check_value",
    "every",
    "get",
    "modalities",
    "names",
    "templates",
]


def get(name: str) -> Kind:
    """Return a kind by name. Raises Invalid if there is none."""
    try:
        return _KINDS[name]
    except KeyError:
        raise Invalid(f"There is no question kind “{name}”; there are: {', '.join(_KINDS)}.") from None


def modalities(question: Any) -> frozenset[str]:
    """Return the modalities that a question, by its kind and configuration, can ask about."""
    return get(question.kind).modalities(question.config)


def every() -> list[Kind]:
    """Return all kinds, in the order in which pages list them."""
    return list(_KINDS.values())


def names() -> list[tuple[str, str]]:
    """Return the kinds as (name, title) for a form."""
    return [(kind.name, kind.title) for kind in _KINDS.values()]


def templates() -> list[tuple[Kind, Template]]:
    """Return the ready-made questions to start from, each with its kind."""
    return [(kind, template) for kind in _KINDS.values() for template in kind.templates]


def check_value(kind: str, config: dict[str, Any], value: Any, item: About) -> Any:
    """Return an answer in its stored form. Raises Invalid with the reason if it is not valid."""
    refuse_unstorable(value)
    return get(kind).check(config, value, item)


from annotator.kinds import box, choice, pair, scale, set, span, text  # noqa: E402  (a set asks for the kinds of its parts)

_KINDS: dict[str, Kind] = {kind.KIND.name: kind.KIND for kind in (choice, scale, text, span, box, pair, set)}
