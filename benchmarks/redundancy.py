"""Redundancy: how many recorded answers the policy would not have asked for."""

import statistics

from benchmarks import crowd
from benchmarks.figure import figure
from datasets.aggregation.redundancy import Policy, replay

ORDERS = 10


def run() -> None:
    """Print the figures: the share of answers saved when labels are as right as the vote over all of them."""
    means = []
    for name in crowd.SETS:
        answers, truth = crowd.load(name)
        runs = [replay(answers, Policy(), truth, seed) for seed in range(ORDERS)]
        saved = [100 * (one.saved_at_majority or 0.0) for one in runs]
        majority = runs[0].majority or 0.0
        means.append(statistics.mean(saved))
        figure(
            f"redundancy.saved_{name}",
            means[-1],
            "%",
            f"at the vote's {100 * majority:.1f}%; {ORDERS} orders from {min(saved):.0f} to {max(saved):.0f}%",
        )
        stopped = statistics.mean(100 * one.saved for one in runs)
        reached = statistics.mean(100 * (one.stopped.accuracy or 0.0) for one in runs)
        figure(f"redundancy.stopped_saved_{name}", stopped, "%", "where the policy itself stops")
        figure(
            f"redundancy.stopped_accuracy_{name}",
            reached,
            "%",
            f"all answers, same model: {100 * (runs[0].full or 0):.1f}%",
        )
    figure("redundancy.saved_mean", statistics.mean(means), "%", "a sketch: 63% on rte")
