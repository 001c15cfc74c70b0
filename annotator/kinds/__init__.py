"""Question kinds: one folder each, and one line here."""

from typing import Any, Protocol

from annotator.kinds import choice
from annotator.kinds.errors import Invalid

__all__ = ["Invalid", "Kind", "get", "names"]


class Kind(Protocol):
    """What a kind's folder offers."""

    name: str
    title: str
    widget: str

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the configuration in its stored form. Raises Invalid with the reason."""

    def check(self, config: dict[str, Any], value: Any) -> Any:
        """Return the answer in its stored form. Raises Invalid with the reason."""

    def agrees(self, config: dict[str, Any], value: Any, known: Any) -> bool:
        """Say whether an answer is as good as the known one."""

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return a stored answer as people read it."""

    def classes(self, config: dict[str, Any]) -> list[str]:
        """Return the classes an answer can name, in the question's order."""


_KINDS: dict[str, Kind] = {kind.name: kind for kind in (choice.KIND,)}


def get(name: str) -> Kind:
    """Return a kind by name. Raises Invalid where there is none."""
    try:
        return _KINDS[name]
    except KeyError:
        raise Invalid(f"There is no question kind “{name}”; there are: {', '.join(_KINDS)}.") from None


def names() -> list[tuple[str, str]]:
    """Return the kinds as (name, title) for a form."""
    return [(kind.name, kind.title) for kind in _KINDS.values()]
