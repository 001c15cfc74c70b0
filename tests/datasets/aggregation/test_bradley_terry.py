"""Scores of things from who preferred which."""

import numpy as np
import pytest

from datasets.aggregation.bradley_terry import bradley_terry


def compared(seed=0, n_things=20, n_workers=8, each=150, contrary=1):
    luck = np.random.default_rng(seed)
    scores = np.linspace(-2, 2, n_things)
    workers = np.repeat(np.arange(n_workers), each)
    pairs = np.array([luck.choice(n_things, 2, replace=False) for _ in workers])
    chance = 1 / (1 + np.exp(scores[pairs[:, 1]] - scores[pairs[:, 0]]))
    won = (luck.random(len(workers)) < chance).astype(float)
    won = np.where(workers < contrary, 1 - won, won)
    return scores, pairs[:, 0], pairs[:, 1], won, workers


def test_the_order_is_found_and_the_contrary_worker_too():
    scores, first, second, won, workers = compared()
    made = bradley_terry(first, second, won, workers, len(scores), 8)
    assert np.corrcoef(made.scores, scores)[0, 1] > 0.95
    assert made.worker_accuracy.argmin() == 0 and made.worker_accuracy[0] < 0.4
    assert made.converged and abs(made.scores.mean()) < 1e-9


@pytest.mark.slow
def test_its_errors_hold_the_truth_about_as_often_as_they_should():
    inside = []
    for seed in range(6):
        scores, first, second, won, workers = compared(seed, contrary=0)
        made = bradley_terry(first, second, won, workers, len(scores), 8)
        inside.append(np.abs(made.scores - scores) < 2 * made.errors)
    assert np.mean(inside) > 0.85


def test_turning_all_answers_turns_the_scores():
    scores, first, second, won, workers = compared()
    one = bradley_terry(first, second, won, workers, len(scores), 8)
    other = bradley_terry(second, first, 1 - won, workers, len(scores), 8)
    assert np.allclose(one.scores, other.scores, atol=1e-3)


def test_ties_alone_make_all_alike_and_nothing_is_nothing():
    pairs = np.array([0, 1, 2]), np.array([1, 2, 0])
    assert np.allclose(bradley_terry(*pairs, np.full(3, 0.5), np.zeros(3, int), 3, 1).scores, 0, atol=1e-6)
    none = np.zeros(0, dtype=int)
    assert bradley_terry(none, none, np.zeros(0), none, 2, 0).probability(np.array([0]), np.array([1])) == 0.5


@pytest.mark.parametrize(("first", "second", "won"), [([0], [0], [1.0]), ([0], [1], [2.0]), ([0, 1], [1], [1.0])])
def test_impossible_comparisons_are_refused(first, second, won):
    with pytest.raises(ValueError, match=r"itself|from 0|length"):
        bradley_terry(np.array(first), np.array(second), np.array(won), np.zeros(len(won), int), 2, 1)
