"""The models of this app, each from its own package."""

from workers.budget.models import Account, BatchEstimate, BudgetSettings, Clock, Entry, Machine, Pay
from workers.budget.phase import Gate, Phase
from workers.phases.models import Alert, Brief, Feedback, Report
from workers.training.models import Curve, Recommendation, Training, TrainingRun

__all__ = [
    "Account",
    "Alert",
    "BatchEstimate",
    "Brief",
    "BudgetSettings",
    "Clock",
    "Curve",
    "Entry",
    "Feedback",
    "Gate",
    "Machine",
    "Pay",
    "Phase",
    "Recommendation",
    "Report",
    "Training",
    "TrainingRun",
]
