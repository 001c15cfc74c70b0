"""Scales: the bias and spread of each person are taken out."""

import numpy as np
import pytest

from datasets.aggregation import Answers, communities, majority
from datasets.aggregation.ordinal import ordinal
from datasets.aggregation.scale import scale


def biased_crowd(seed=0, n_items=400, n_workers=25, per_item=4):
    luck = np.random.default_rng(seed)
    place = luck.normal(2, 1.1, n_items)
    bias, spread = luck.normal(0, 0.8, n_workers), luck.uniform(0.3, 0.9, n_workers)
    workers = np.concatenate([luck.choice(n_workers, per_item, replace=False) for _ in range(n_items)])
    items = np.repeat(np.arange(n_items), per_item)
    said = np.clip(np.round(place[items] + bias[workers] + luck.normal(size=len(items)) * spread[workers]), 0, 4)
    truth = np.clip(np.round(place), 0, 4).astype(int)
    return Answers(items, workers, said.astype(int), n_items, n_workers, 5), truth


def test_bias_and_spread_are_taken_out():
    answers, truth = biased_crowd()
    mean = np.round(np.bincount(answers.items, weights=answers.classes) / answers.per_item).astype(int)
    ours = ordinal(answers).labels
    assert np.abs(ours - truth).mean() < np.abs(mean - truth).mean() * 0.85
    assert (ours == truth).mean() > (majority(answers).labels == truth).mean() + 0.1


def test_known_items_show_a_crowd_that_is_too_strict():
    items, workers = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    truth = np.arange(40) % 4 + 1
    said = truth[items] - 1  # everyone is a point too low
    known = np.where(np.arange(40) < 20, truth, -1)
    labels = ordinal(Answers(items, workers, said, 40, 3, 5, known)).labels
    assert (labels == truth).mean() > 0.9


@pytest.mark.slow
def test_of_two_models_of_a_scale_the_one_that_foretells_better_is_taken():
    answers, truth = biased_crowd(1)
    assert np.abs(scale(answers).labels - truth).mean() == np.abs(ordinal(answers).labels - truth).mean()
    luck = np.random.default_rng(2)
    truth = luck.integers(5, size=400)
    items, workers = np.repeat(np.arange(400), 6), np.tile(np.arange(6), 400)
    lost = luck.integers(5, size=len(items))
    said = np.where((workers < 3) | (luck.random(len(items)) < 0.2), truth[items], lost)  # three know, three guess
    guessed = Answers(items, workers, said, 400, 6, 5)
    assert (scale(guessed).labels == communities(guessed).labels).all()
