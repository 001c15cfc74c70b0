"""The interface of every kind."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

EVERY_MEDIUM = frozenset({"picture", "text", "html", "audio", "row", "pair"})


@dataclass(frozen=True)
class About:
    """What a check knows about an answer's item. A text's `length` is in Unicode code points; `width` and `height` are pixels."""

    modality: str = "picture"
    width: int = 0
    height: int = 0
    length: int = 0


def about(item: Any) -> About:
    """Return what a check knows about an item, from its row."""
    return About(item.modality, item.width, item.height, item.length)


@dataclass(frozen=True)
class Template:
    """A ready-made question of a kind to start from."""

    name: str
    title: str
    text: str
    config: dict[str, Any]
    instructions: str = ""
    modality: str = "text"


class Kind(ABC):
    """A question kind.

    `widget` is the address of its ES module, `form` the import path of its form, and `agreement` the similarity from which
    two answers agree. `config_schema` and `value_schema` are the JSON Schemas of a configuration and of an answer.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    widget: ClassVar[str]
    form: ClassVar[str]
    config_schema: ClassVar[dict[str, Any]]
    value_schema: ClassVar[dict[str, Any]]
    agreement: ClassVar[float] = 1.0
    templates: ClassVar[tuple[Template, ...]] = ()

    @abstractmethod
    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the configuration in its stored form. Raises Invalid with the reason."""

    @abstractmethod
    def check(self, config: dict[str, Any], value: Any, item: About) -> Any:
        """Return the answer as it is stored, which is unchanged. Raises Invalid with the reason."""

    @abstractmethod
    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Raise Invalid if an answer that was valid for the old configuration might be invalid for the new one."""

    @abstractmethod
    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return a stored answer in words."""

    def modalities(self, config: dict[str, Any]) -> frozenset[str]:
        """Return the modalities the question can ask about."""
        return EVERY_MEDIUM

    def classes(self, config: dict[str, Any]) -> list[Any]:
        """Return the classes an answer can name, in the question's order; an empty list if answers are not from a short list."""
        return []

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return how similar two answers are, from 0 to 1."""
        return float(one == other)

    def size(self, value: Any) -> int:
        """Return how much there is to compare in an answer. The time of a comparison is roughly proportional to it."""
        return 1

    def agrees(self, config: dict[str, Any], value: Any, known: Any) -> bool:
        """Check whether an answer is similar enough to the known one."""
        return self.similarity(config, value, known) >= self.agreement
