"""The rows of this app, each from its own room."""

from workers.budget.models import Account, Clock, Entry, Estimate, Machine, Pay, Purse
from workers.budget.phase import Gate, Phase
from workers.phases.models import Alert, Brief, Feedback, Report
from workers.training.models import Curve, Recommendation, Training, TrainingRun

__all__ = [
    "Account",
    "Alert",
    "Brief",
    "Clock",
    "Curve",
    "Entry",
    "Estimate",
    "Feedback",
    "Gate",
    "Machine",
    "Pay",
    "Phase",
    "Purse",
    "Recommendation",
    "Report",
    "Training",
    "TrainingRun",
]
