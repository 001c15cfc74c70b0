"""The rows of this app, each from its own room."""

from workers.budget.models import Account, Entry, Machine
from workers.training.models import Curve, TrainingRun

__all__ = ["Account", "Curve", "Entry", "Machine", "TrainingRun"]
