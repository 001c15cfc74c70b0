"""An accepted answer and the earnings it brings, in the form that receivers get."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Earnings:
    """What a person earned at one question, and how much of today's paid time in its project is used."""

    mode: str  # answer, hour, or free (not paid from this budget)
    earned: Decimal
    day_ms: int = 0
    day_most_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return what the person may see. Nothing in it depends on why a task was asked."""
        return {
            "mode": self.mode,
            "earned": str(self.earned),
            "day_ms": self.day_ms,
            "day_most_ms": self.day_most_ms,
        }


@dataclass(frozen=True)
class Accepted:
    """An accepted answer, with everything that signal receivers need."""

    answer_id: uuid.UUID
    value: Any
    task_id: int
    item_id: int
    purpose: str
    question_id: int
    project_id: int
    worker_id: int
    price: Decimal
    currency: str
    simulated: bool
    batch_id: int | None = None
    active_ms: int = 0  # time at work, as the client reports it
    since_ms: int = 0  # time since the task was handed out

    def as_dict(self) -> dict[str, Any]:
        """Return what other systems may see. Nothing in it shows why the task was asked."""
        return {
            "answer": str(self.answer_id),
            "value": self.value,
            "task": self.task_id,
            "item": self.item_id,
            "question": self.question_id,
            "worker": self.worker_id,
            "simulated": self.simulated,
        }
