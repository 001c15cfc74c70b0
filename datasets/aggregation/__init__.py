"""Answers in, labels and probabilities out: arrays only, no Django.

`MODELS` names the methods that turn answers to choice questions into labels. `communities` is the default and needs no choice.
"""

from collections.abc import Callable

from datasets.aggregation.answers import UNKNOWN, Answers, DuplicateAnswer
from datasets.aggregation.communities import communities
from datasets.aggregation.dawid_skene import dawid_skene
from datasets.aggregation.glad import glad
from datasets.aggregation.mace import mace
from datasets.aggregation.majority import majority, weighted_majority
from datasets.aggregation.one_coin import one_coin
from datasets.aggregation.result import Result

DEFAULT = "communities"
MODELS: dict[str, Callable[[Answers], Result]] = {
    "communities": communities,
    "dawid-skene": dawid_skene,
    "one-coin": one_coin,
    "glad": glad,
    "mace": mace,
    "weighted-majority": weighted_majority,
    "majority": majority,
}

__all__ = [
    "DEFAULT",
    "MODELS",
    "UNKNOWN",
    "Answers",
    "DuplicateAnswer",
    "Result",
    "communities",
    "dawid_skene",
    "glad",
    "mace",
    "majority",
    "one_coin",
    "weighted_majority",
]
