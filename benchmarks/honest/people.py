"""How often the stated interval of a worker's accuracy holds the truth, and how far spammers are overrated."""

import statistics

import numpy as np

from benchmarks.figure import figure
from benchmarks.honest import simulated
from datasets.labels.aggregate import aggregate

# Items, answers a person, answers an item.
LAYOUTS = ((40, 10, 3), (100, 5, 2), (100, 20, 3), (200, 30, 3), (300, 15, 5), (300, 100, 5), (200, 120, 3))
CLASSES = (2, 3, 5, 10)


def run(quick: bool = False) -> None:
    """Print the figures."""
    covers = {}
    for name in simulated.KINDS:
        inside, widths, biases, spam = [], [], [], []
        by_classes = {}
        for k in CLASSES:
            here = []
            for n, per_person, per_item in LAYOUTS:
                for seed in range(1 if quick else 6):
                    one = simulated.choice(name, k, n, per_person, per_item, 1000 + seed)
                    believed = aggregate(one.kind, one.config, one.rows, {})
                    for worker, quality in believed.quality.items():
                        low, high = believed.between[worker]
                        truth = one.right[worker - 1]
                        here.append(low - 1e-9 <= truth <= high + 1e-9)
                        widths.append(high - low)
                        (spam if one.spammer[worker - 1] else biases).append(quality - truth)
            by_classes[k] = 100 * float(np.mean(here))
            covers[name, k] = by_classes[k]
            inside += here
        told = ", ".join(f"{k}: {value:.0f}%" for k, value in by_classes.items())
        figure(f"people.coverage_{name}", 100 * float(np.mean(inside)), "%", f"95% is stated; by classes {told}")
        figure(f"people.width_{name}", 100 * statistics.mean(widths), "points", "mean width of the interval")
        figure(f"people.bias_{name}", 100 * statistics.mean(biases), "points", "of those who try; near 0")
        if spam:
            figure(f"people.spammers_bias_{name}", 100 * statistics.mean(spam), "points", "at most 5")
    worst = min(covers, key=lambda one: covers[one])
    figure("people.coverage_worst", covers[worst], "%", f"at least 90; {worst[0]}, {worst[1]} classes")


if __name__ == "__main__":
    run()
