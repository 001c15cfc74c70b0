"""Money held for work that is out: what each open batch may still cost stands in an account of its own.

The rule is exact. Every place of an open or paused batch that may still be answered, and every task in someone's hands, is
covered by the price of a place in the batch's account; a place that is not covered is not handed out (`Task.unfunded`). So
an answer to a task that was handed out is always paid, and no budget is overspent, however many work at once.
"""

from workers.budget.reservations.batch_slots import place_price
from workers.budget.reservations.settlement import (
    OUT,
    on_places_added,
    on_places_changed,
    settle,
    settle_waiting,
    sweep,
)

__all__ = ["OUT", "on_places_added", "on_places_changed", "place_price", "settle", "settle_waiting", "sweep"]
