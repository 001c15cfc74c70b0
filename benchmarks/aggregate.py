"""Aggregation: how right, how honest, how quick, beside crowd-kit in the same run."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import crowd
from benchmarks.figure import figure
from datasets.aggregation import Answers, communities, dawid_skene

BEST = {"rte": 92.8, "dog": 84.3, "web": 82.9}  # crowd-kit's best of majority, Dawid–Skene, GLAD and MACE
SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
ROUNDS = 20
BINS = 10
REPEATS = 3


def run() -> None:
    """Print the figures."""
    honest = []
    for name in crowd.SETS:
        answers, truth = crowd.load(name)
        result, known = communities(answers), truth >= 0
        right = (result.labels == truth)[known]
        figure(f"aggregate.accuracy_{name}", 100 * right.mean(), "%", f"crowd-kit's best {BEST[name]}")
        honest.append(calibration_error(result.confidence[known], right))
        figure(
            f"aggregate.calibration_error_{name}",
            honest[-1],
            "probability",
            "our Dawid–Skene " + _of_ds(answers, truth),
        )
    figure("aggregate.calibration_error_mean", statistics.mean(honest), "probability", "at most 0.05")
    differences = []
    for name in crowd.SETS:
        answers, _ = crowd.load(name)
        differences.append(_against_crowd_kit(name, answers))
    figure("aggregate.reference_difference_max", max(differences), "probability", f"crowd-kit after {ROUNDS} rounds")
    for name, size in SIZES.items():
        _against_crowd_kit(name, synthetic(size, seed=size))
    done = subprocess.run([sys.executable, "-m", "benchmarks.aggregate"], capture_output=True, text=True, check=True)
    large = json.loads(done.stdout)
    figure("aggregate.seconds_10m", large["seconds"], "s", f"{large['rounds']} rounds, converged: {large['converged']}")
    figure("aggregate.rss_mb_10m", large["rss_mb"], "MB", "a process of its own, with the answers")


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: |share right − mean confidence| over 10 equal bins, weighed by their items."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [place == number for number in range(BINS)]
    return float(sum(abs(right[one].mean() - confidence[one].mean()) * one.mean() for one in bins if one.any()))


def synthetic(n_answers: int, seed: int = 0, per_item: int = 5, n_classes: int = 4, per_worker: int = 500) -> Answers:
    """Return answers of workers of different skill, 5 an item; the workers of an item differ."""
    rng = np.random.default_rng(seed)
    n_items, n_workers = n_answers // per_item, max(n_answers // per_worker, 20)
    items = np.repeat(np.arange(n_items, dtype=np.int32), per_item)
    first, step = rng.integers(0, n_workers, n_items), rng.integers(1, n_workers // per_item, n_items)
    workers = ((first[:, None] + np.arange(per_item) * step[:, None]) % n_workers).ravel().astype(np.int32)
    truth, skill = rng.integers(0, n_classes, n_items), rng.beta(6, 3, n_workers)
    right = rng.random(len(items)) < skill[workers]
    classes = np.where(right, truth[items], rng.integers(0, n_classes, len(items))).astype(np.int32)
    return Answers(items, workers, classes, n_items, n_workers, n_classes)


def _of_ds(answers: Answers, truth: NDArray[np.int64]) -> str:
    result, known = dawid_skene(answers), truth >= 0
    return f"{calibration_error(result.confidence[known], (result.labels == truth)[known]):.3f}"


def _against_crowd_kit(name: str, answers: Answers) -> float:
    """Print how much quicker ours is, both from columns of numbers and for as many rounds; return the largest difference."""
    import pandas
    from crowdkit.aggregation import DawidSkene

    table = pandas.DataFrame({"task": answers.items, "worker": answers.workers, "label": answers.classes})
    theirs, reference = _timed(lambda: DawidSkene(n_iter=ROUNDS, tol=-1.0).fit_predict_proba(table))

    def ours() -> NDArray[np.float64]:
        sizes = answers.n_items, answers.n_workers, answers.n_classes
        again = Answers(answers.items, answers.workers, answers.classes, *sizes)
        return dawid_skene(again, max_iterations=ROUNDS, tolerance=-1.0).probabilities

    mine, probabilities = _timed(ours)
    figure(
        f"aggregate.speedup_{name}",
        theirs / mine,
        "ratio",
        f"crowd-kit {theirs:.3f} s, ours {mine:.4f} s, {ROUNDS} rounds",
    )
    expected = reference.reindex(index=range(answers.n_items), columns=range(answers.n_classes)).fillna(0.0).to_numpy()
    return float(np.abs(expected - probabilities).max())


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    took = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - start)
    return statistics.median(took), result


def main() -> None:
    """Label 10 million answers and print what it took; a process of its own, so that its memory can be read."""
    import resource

    answers = synthetic(10_000_000)
    columns = answers.items, answers.workers, answers.classes
    start = time.perf_counter()
    fresh = Answers(*columns, answers.n_items, answers.n_workers, answers.n_classes)
    result = dawid_skene(fresh)
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "rounds": result.iterations, "converged": result.converged, "rss_mb": peak}))


if __name__ == "__main__":
    main()
