"""References: what the queue needs of a person, a project or a question.

Rows of the database fit, and so do the ids of a request: whoever names them has not loaded the rows. A type checker refuses
any other use, so nobody reads a field that was never loaded.
"""

from dataclasses import dataclass
from typing import Protocol


class Named(Protocol):
    """Something with an id."""

    @property
    def pk(self) -> int:
        """The id."""
        ...


class NamedQuestion(Named, Protocol):
    """A question, with the id of its project."""

    @property
    def project_id(self) -> int:
        """The id of its project."""
        ...


@dataclass(frozen=True)
class Reference:
    """A person or a project by id."""

    pk: int


@dataclass(frozen=True)
class QuestionReference:
    """A question by id, in the project that the request names."""

    pk: int
    project_id: int
