"""Following every advice from a small curve to a goal, on real curves that were hidden.

A curve is known up to an eighth of its end. Goals are its own errors further on, smoothed over half an octave, and one that it
never reaches. After a purchase, the curve is known up to there. What is learned beforehand is learned on other datasets.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.figure import figure
from benchmarks.forecast import FEWEST, FOLDS, curves
from workers.training.curve import advice, fit
from workers.training.curve.calibration import RealCurve, folds, learned
from workers.training.curve.prior import Prior

EVERY, POINTS = 3, 6  # as in the forecast: every third size, six of them
FIRST_MET = (4, 7, 10)  # quarter-octaves after the known end: 2, 3.4 and 5.7 times its size
NEVER = 0.7  # of the smallest error on the curve
MOST_PURCHASES = 30


@dataclass
class Replay:
    """What came of following the advice: the labels in the end, how often some were bought, and whether the goal was met."""

    labels: float
    purchases: int
    met: bool


def smoothed(one: RealCurve) -> np.ndarray:
    """Return a curve's errors as the means over half an octave, shape (n,)."""
    padded = np.pad(one.errors, 1, mode="edge")
    return np.convolve(padded, np.ones(3) / 3, mode="valid")


def follow(one: RealCurve, start: int, goal: float, prior: Prior, stated: list[tuple[float, bool]]) -> Replay:
    """Buy as advised until the truth meets the goal, the advice is to stop, or the curve ends.

    `stated` gets the chance of each purchase, and whether the goal was met with it.
    """
    truth, last, purchases = smoothed(one), start, 0
    while truth[last] > goal and purchases < MOST_PURCHASES:
        known = np.arange(last, -1, -EVERY)[: POINTS + purchases * 2][::-1]
        law = fit.fit(one.sizes[known], one.errors[known], prior=prior)
        said = advice.advise(law, goal, price=1.0)
        if said.action != "buy":
            return Replay(float(one.sizes[last]), purchases, False)
        purchases += 1
        later = np.flatnonzero(one.sizes >= said.size * 0.98)
        if not len(later):
            return Replay(float(one.sizes[-1]), purchases, bool(truth[-1] <= goal))
        last = max(last + 1, int(later[0]))
        stated.append((said.chance, bool(truth[last] <= goal)))
    return Replay(float(one.sizes[last]), purchases, bool(truth[last] <= goal))


def run() -> None:
    """Print the figures."""
    known = curves()
    fold = folds(known, FOLDS)
    reached, given_up, lost, purchases = [], [], [], []
    stated: list[tuple[float, bool]] = []
    for number in range(FOLDS):
        prior = learned([one for one, at in zip(known, fold, strict=True) if at != number])
        for one in (one for one, at in zip(known, fold, strict=True) if at == number):
            if len(one.sizes) < FEWEST:
                continue
            start, truth = len(one.sizes) - 14, smoothed(one)
            for ahead in FIRST_MET:
                goal = float(truth[start + ahead])
                if (truth[: start + ahead] <= goal).any() or goal <= 0.002:
                    continue
                found = follow(one, start, goal, prior, stated)
                given_up.append(not found.met)
                if found.met:
                    reached.append(found.labels / one.sizes[start + ahead])
                    purchases.append(found.purchases)
            goal = NEVER * float(truth.min())
            if goal > 0.002:
                found = follow(one, start, goal, prior, stated)
                lost.append(found.labels / one.sizes[start] - 1)
    chance, met = np.array(stated, dtype=np.float64).T
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.7)):
        those = (chance >= low) & (chance < high)
        text = f"came true of {int(those.sum())} purchases, stated {100 * float(chance[those].mean()):.0f}%"
        figure(
            f"advice.chance_{100 * low:.0f}_to_{100 * high:.0f}", round(100 * float(met[those].mean()), 1), "%", text
        )
    figure("advice.goals", len(given_up), "count", "as many as are first met there")
    figure("advice.labels_over_least_mean", round(float(np.mean(reached)), 3), "ratio", "<= 1.25")
    figure("advice.given_up_share", round(100 * float(np.mean(given_up)), 1), "%", "<= 8")
    figure("advice.lost_on_unreachable", round(float(np.mean(lost)), 2), "ratio", "<= 1")
    figure("advice.purchases_median", float(np.median(purchases)), "count", "<= 3")
