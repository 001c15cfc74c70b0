"""Draws of how long people take for an answer, from what is known about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.budget.crowds.draws import DRAWS
from workers.budget.crowds.people import Crowd, Person

Array = NDArray[np.float64]
# What is known before anyone has answered. All spreads are of the logarithm.
PRIOR_USUAL = 0.7  # a usual time is right within a factor of about two
PRIOR_BETWEEN, PRIOR_BETWEEN_SPREAD = 0.4, 0.45  # how people differ in their mean time, and its spread
PRIOR_WITHIN, PRIOR_WITHIN_WEIGHT = (
    0.6,
    6.0,
)  # squared coefficient of variation of one person's times, counted as this many answers
PRIOR_SLOPE = 0.25  # how much faster people are who give more hours, per unit of the logarithm of these
MOST_WITHIN = 3.0
DRIFT = 0.2  # what changes everybody's pace between batches: other items, practice, a change of the page


@dataclass(frozen=True)
class Paces:
    """Draws of mean times in seconds: of each person seen, and of new ones by the hours they give.

    `seen`: shape (draws, people). `line`: the logarithm of a new person's mean time if they give as many hours as most, and how
    it falls with the logarithm of their hours, shape (draws, 2). `between`: how people differ from it, shape (draws,).
    `within`: squared coefficient of variation of one person's times.
    """

    seen: Array
    line: Array
    between: Array
    within: float


def paces(crowd: Crowd, rng: np.random.Generator, draws: int = DRAWS) -> Paces:
    """Return draws of people's mean times.

    A hierarchical model: the logarithm of a person's true mean time is normal around a line in the logarithm of their hours,
    with spread τ. Their measured mean is that with the error of `timed` answers. τ is integrated over a grid; the line and the
    people have their normal posteriors. A person with few answers is drawn near the line, one with many near their own mean.
    """
    seen, timed = crowd.seen, crowd.timed
    within = _within(timed)
    hours = np.log([one.seconds for one in timed])
    middle = float(hours.mean()) if len(timed) else 0.0
    error = np.array([np.log1p(within / one.timed) for one in timed])
    measured = np.array([np.log(one.mean) for one in timed]) + error / 2
    design = np.column_stack([np.ones(len(timed)), hours - middle])
    grid = np.exp(np.linspace(np.log(0.05), np.log(1.5), 30))
    first = np.array([np.log(crowd.usual), 0.0])
    doubt = np.diag([1 / PRIOR_USUAL**2, 1 / PRIOR_SLOPE**2])
    chances, means, spreads = [], [], []
    for between in grid:
        variance = between**2 + error
        precision = doubt + (design.T / variance) @ design
        covariance = np.linalg.inv(precision)
        mean = covariance @ (doubt @ first + (design.T / variance) @ measured)
        off = measured - design @ mean
        fit = -0.5 * (np.log(variance).sum() + (off**2 / variance).sum() + (mean - first) @ doubt @ (mean - first))
        fit += 0.5 * np.linalg.slogdet(covariance)[1]
        prior = -0.5 * (np.log(between / PRIOR_BETWEEN) / PRIOR_BETWEEN_SPREAD) ** 2
        chances.append(fit + prior)
        means.append(mean)
        spreads.append(np.linalg.cholesky(covariance))
    chance = np.exp(np.array(chances) - max(chances))
    at = rng.choice(len(grid), draws, p=chance / chance.sum())
    between = grid[at]
    luck = rng.standard_normal((draws, 2))
    line = np.array(means)[at] + np.einsum("dij,dj->di", np.array(spreads)[at], luck)
    known = {one.worker: place for place, one in enumerate(timed)}
    place = np.array([known.get(one.worker, -1) for one in seen], dtype=int)
    x = np.array([np.log(one.seconds) - middle if one.timed else 0.0 for one in seen])
    expected = line[:, :1] + line[:, 1:] * x
    has = place >= 0
    noise = np.where(has, error[place] if len(error) else 0.0, np.inf)
    target = np.where(has, measured[place] if len(error) else 0.0, 0.0)
    kept = 1 / between[:, None] ** 2 + 1 / noise
    own = (expected / between[:, None] ** 2 + target / noise) / kept + rng.standard_normal(
        (draws, len(seen))
    ) / np.sqrt(kept)
    return Paces(np.exp(own), line, between, within)


def _within(timed: list[Person]) -> float:
    """Return the squared coefficient of variation of one person's times, pooled over people."""
    freedom = sum(one.timed - 1 for one in timed)
    spread = sum(max(0.0, one.squares / one.mean**2 - one.timed) for one in timed)
    found = (PRIOR_WITHIN * PRIOR_WITHIN_WEIGHT + spread) / (PRIOR_WITHIN_WEIGHT + freedom)
    return min(MOST_WITHIN, float(found))
