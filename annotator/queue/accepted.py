"""An accepted answer, as it is handed on."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Earnings:
    """What one person was paid for one question, and how much of today is paid in its project."""

    mode: str  # answer, hour, or free: not from this budget
    earned: Decimal
    day_ms: int = 0
    day_most_ms: int = 0

    def told(self) -> dict[str, Any]:
        """Return what the person is told: nothing in it depends on why a task was asked."""
        return {
            "mode": self.mode,
            "earned": str(self.earned),
            "day_ms": self.day_ms,
            "day_most_ms": self.day_most_ms,
        }


@dataclass(frozen=True)
class Accepted:
    """An answer as it is taken in: all that those who listen need to know."""

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
    active_ms: int = 0  # time at work, as the client says
    since_ms: int = 0  # time since the task was handed out

    def told(self) -> dict[str, Any]:
        """Return what the outside is told: nothing of why the task was asked."""
        return {
            "answer": str(self.answer_id),
            "value": self.value,
            "task": self.task_id,
            "item": self.item_id,
            "question": self.question_id,
            "worker": self.worker_id,
            "simulated": self.simulated,
        }
