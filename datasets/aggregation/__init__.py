"""Answers in, labels and probabilities out: arrays only, no Django."""

from datasets.aggregation.answers import Answers, DuplicateAnswer
from datasets.aggregation.dawid_skene import dawid_skene
from datasets.aggregation.majority import majority
from datasets.aggregation.result import Result

__all__ = ["Answers", "DuplicateAnswer", "Result", "dawid_skene", "majority"]
