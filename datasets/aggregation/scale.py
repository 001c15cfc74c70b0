"""Scales: the one of two models that predicts answers better."""

import numpy as np

from datasets.aggregation.answers import Answers
from datasets.aggregation.communities import communities
from datasets.aggregation.ordinal import ordinal, predicted
from datasets.aggregation.result import Result

HELD_BACK = 0.1  # share of the answers
MANY = 20_000  # answers; more are not needed to choose a model
CLEAR = 2.0  # standard errors by which matrices must predict answers better: they have many more parameters
FEWEST = 200  # answers; fewer cannot distinguish two models


def scale(answers: Answers, *, seed: int = 0) -> Result:
    """Label answers on a scale without choosing a model.

    `ordinal` corrects answers that differ by taste and measure: it has few parameters per worker, and neighbours are near each
    other. If people confuse particular points, or do not try, `communities` is far better. A tenth of the answers is held back,
    both models learn from the rest, and `communities` labels all of them if the held-back answers are clearly likelier under
    it. With fewer than FEWEST answers it is `ordinal`.

    Args:
        answers: classes are points in their order.
        seed: of the answers held back.

    Returns:
        A Result with confusion matrices.

    Example:
        >>> items, workers = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
        >>> said = np.array([1, 1, 3, 0, 0, 2, 2, 2, 4, 1, 1, 3])
        >>> scale(Answers(items, workers, said, 4, 3, 5)).labels
        array([1, 0, 2, 1])

    Source: choice by predictive likelihood, S. Geisser and W. F. Eddy, "A predictive approach to model selection", JASA 74,
    1979.
    """
    if len(answers) < FEWEST:
        return ordinal(answers)
    every = answers
    if len(answers) > MANY:  # some of the items are enough to show which model is better
        answers = answers.only(answers.items % -(-len(answers) // MANY) == 0)
    # By their position among sorted answers, so that the order in which they came does not matter.
    order = np.lexsort((answers.classes, answers.workers, answers.items))
    held = np.zeros(len(answers), dtype=bool)
    held[order[np.random.default_rng(seed).random(len(answers)) < HELD_BACK]] = True
    rest = answers.only(~held)
    chances = predicted(answers, held), _of_answers(communities(rest), answers, held)
    on_places, by_matrices = (np.log(np.maximum(one, 1e-6)) for one in chances)
    gained = by_matrices - on_places
    surely = gained.sum() > CLEAR * np.sqrt((gained**2).sum())
    return communities(every) if surely else ordinal(every)


def _of_answers(result: Result, answers: Answers, held: np.ndarray) -> np.ndarray:
    """Return the probability of each held-back answer, shape (n_held,)."""
    items, workers, classes = answers.items[held], answers.workers[held], answers.classes[held]
    if result.confusion is None:
        return np.full(len(items), 1 / answers.n_classes)
    return np.asarray((result.probabilities[items] * result.confusion[workers, :, classes]).sum(axis=1))
