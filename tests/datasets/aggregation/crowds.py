"""Made-up crowds."""

from typing import Any

import numpy as np

from benchmarks import aggregate
from datasets.aggregation import Answers


def crowd(
    n_items: int = 400, rates: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.9), n_classes: int = 3, seed: int = 0
) -> tuple[Answers, Any]:
    """Return answers of workers who err at given rates, all to every item, and the truth."""
    luck = np.random.default_rng(seed)
    truth = luck.integers(n_classes, size=n_items)
    items, workers = np.meshgrid(np.arange(n_items), np.arange(len(rates)), indexing="ij")
    items, workers = items.ravel(), workers.ravel()
    wrong = luck.random(len(items)) < np.asarray(rates)[workers]
    classes = np.where(wrong, (truth[items] + luck.integers(1, n_classes, size=len(items))) % n_classes, truth[items])
    return Answers(items, workers, classes, n_items, len(rates), n_classes), truth


def sparse_crowd(
    n_items: int = 600,
    n_workers: int = 60,
    per_item: int = 4,
    n_classes: int = 3,
    seed: int = 0,
    skill: tuple[float, float] = (5, 2),
    spammers: float = 0.1,
    shares: Any = None,
    neighbours: float = 0.0,
) -> tuple[Answers, Any]:
    """Return answers of a crowd of which few meet an item.

    Some say the same class whatever they see; of the wrong answers a share `neighbours` is the next class.
    """
    luck = np.random.default_rng(seed)
    truth = luck.choice(n_classes, n_items, p=shares)
    right = np.maximum(luck.beta(*skill, n_workers), 1 / n_classes)
    spam = luck.random(n_workers) < spammers
    habit = luck.integers(n_classes, size=n_workers)
    workers = np.concatenate([luck.choice(n_workers, per_item, replace=False) for _ in range(n_items)])
    items = np.repeat(np.arange(n_items), per_item)
    wrong = (truth[items] + luck.integers(1, n_classes, size=len(items))) % n_classes
    wrong = np.where(luck.random(len(items)) < neighbours, (truth[items] + 1) % n_classes, wrong)
    classes = np.where(luck.random(len(items)) < right[workers], truth[items], wrong)
    classes = np.where(spam[workers], habit[workers], classes)
    return Answers(items, workers, classes, n_items, n_workers, n_classes), truth


def accuracy(result, truth):
    return float((result.labels == truth).mean())


def calibration_error(result, truth):
    return aggregate.calibration_error(result.confidence, result.labels == truth)
