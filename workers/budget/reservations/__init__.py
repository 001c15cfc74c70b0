"""Money reserved for work that is out: what each open batch may still cost is in an account of its own.

The rule is exact. Every slot of an open or paused batch that may still be answered, and every task that a person holds, is
covered by the price of a slot in the batch's account. A slot that is not covered is not handed out (`Task.unfunded`). So an
answer to a task that was handed out is always paid, and no budget is overspent, however many people work at once.
"""

from workers.budget.reservations.batch_slots import slot_price
from workers.budget.reservations.settlement import (
    OUT,
    on_slots_added,
    on_slots_changed,
    settle,
    settle_waiting,
    sweep,
)

__all__ = ["OUT", "on_slots_added", "on_slots_changed", "settle", "settle_waiting", "slot_price", "sweep"]
