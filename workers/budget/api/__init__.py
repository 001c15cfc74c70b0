"""Money: what was charged, money in and out, statements, corrections, bonuses and estimates."""

from workers.budget.api.balances import Budget
from workers.budget.api.bonuses import Bonus
from workers.budget.api.charges import ChargeList, Correction
from workers.budget.api.estimates import EstimateDetail
from workers.budget.api.statements import Statement

__all__ = ["Bonus", "Budget", "ChargeList", "Correction", "EstimateDetail", "Statement"]
