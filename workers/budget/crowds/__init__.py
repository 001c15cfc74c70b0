"""Who answers a question, how fast, how much and paid how: what the past shows, and draws of who will do the next batch.

Every estimate is based on these draws. People are the clusters of the data: a mean over answers varies as people do, not as
answers do. So each draw has its own people: those seen so far with other shares of the work, and some new ones.
"""

from workers.budget.crowds.draws import DRAWS, generator
from workers.budget.crowds.mean_times import DRIFT, Paces, paces
from workers.budget.crowds.people import Crowd, Person, crowd_of
from workers.budget.crowds.work_shares import JOINS, NEW, Doers, doers

__all__ = [
    "DRAWS",
    "DRIFT",
    "JOINS",
    "NEW",
    "Crowd",
    "Doers",
    "Paces",
    "Person",
    "crowd_of",
    "doers",
    "generator",
    "paces",
]
