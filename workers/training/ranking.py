"""Items ordered by what the newest model would gain from them: items nobody was asked about, or open ones.

Test items are never read.
"""

import hashlib
import random
from collections.abc import Sequence

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from annotator import contents, jobs
from annotator.models import Item, Purpose, Question, Split
from annotator.queue import batches
from datasets.models import Version
from workers.training.curve import active
from workers.training.learning import dataset, trainer, training_run
from workers.training.learning.networks.base import UnreadableItems
from workers.training.learning.steps import features
from workers.training.models import TrainingRun
from workers.training.trainings import last_of

MOST = 20_000  # items that are considered, drawn by their hash
PART = 500
SPREAD = 1000  # items that are ordered one by one; the rest follow by uncertainty


def least_sure(version: Version, count: int, work: jobs.Work) -> list[int]:
    """Return the ids of unasked items that the version's model would gain most from, the most useful first."""
    items = batches.plannable(version.question).filter(split=Split.TRAIN)
    return _ordered(version, list(items.values_list("pk", "sha256")), count, work)


def priorities(question: Question, work: jobs.Work) -> dict[int, int]:
    """Return a priority for each open training item of a question: 0 for the most useful, then decreasing.

    Test items get one of these priorities at random, so that nobody can recognise them by their position. Raises
    JobProblem if no model can rank the items.
    """
    run = last_of(question)
    if run is None:
        raise jobs.JobProblem("No model has been trained yet; freeze a version first.")
    wanting = Q(tasks__open_slots__gt=0) | Q(tasks__unfunded__gt=0)
    items = Item.objects.filter(wanting, tasks__question=question, tasks__purpose=Purpose.WORK, split=Split.TRAIN)
    order = _ordered(run.version, list(items.distinct().values_list("pk", "sha256")), SPREAD, work, rest=True)
    tests = Item.objects.filter(wanting, tasks__question=question, tasks__purpose=Purpose.WORK, split=Split.TEST)
    places = {item: -place for place, item in enumerate(order)}
    return places | {item: -random.randrange(len(order)) for item in tests.distinct().values_list("pk", flat=True)}  # noqa: S311


def apply_order(question: Question, order: dict[int, int]) -> int:
    """Set the priorities of open items; return how many changed their position."""
    return batches.set_priorities(question, order) if order else 0


def _ordered(
    version: Version, found: Sequence[tuple[int, str]], count: int, work: jobs.Work, rest: bool = False
) -> list[int]:
    runs = _runs(version)
    if not runs:
        raise jobs.JobProblem("No model of this version can say which items it is least sure of.")
    items = sorted(found, key=lambda one: hashlib.sha256(one[1].encode()).digest())[:MOST]
    if not items:
        raise jobs.JobProblem("There is no item left to ask about.")
    unsure, seen = _looked_at(runs, [sha256 for _, sha256 in items], work)
    order = active.choose(unsure, seen, min(count, len(items))).tolist()
    if rest:
        taken = set(order)
        order += [place for place in np.argsort(-unsure, kind="stable").tolist() if place not in taken]
    return [items[place][0] for place in order]


def _runs(version: Version) -> list[TrainingRun]:
    done = TrainingRun.objects.filter(
        version=version, error__isnull=False, chosen=False, train_size=version.train_count
    )
    newest = done.order_by("-training").first()
    if newest is None:
        return []
    return [
        run
        for run in done.filter(training=newest.training).order_by("seed")
        if dataset.load_material(version, run.network).network.chooses
    ]


def _looked_at(
    runs: list[TrainingRun], hashes: list[str], work: jobs.Work
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the uncertainty of the models' mean prediction for contents, and the features they see in them."""
    read = dataset.load_material(runs[0].version, runs[0].network)
    models = [training_run.loaded(run, read) for run in runs]
    device = trainer.device()
    unsure, seen = [], []
    for start in range(0, len(hashes), PART):
        part = hashes[start : start + PART]
        work.report(start, len(hashes), f"looked at {start:,} of {len(hashes):,} items")
        try:
            inputs = read.network.read(contents.read(runs[0].version.project_id, part))
        except UnreadableItems as problem:
            raise jobs.JobProblem(f"An item cannot be opened: {problem}.") from None
        said = [trainer.predict(read.network, model, inputs, device).probabilities for model in models]
        unsure.append(active.unsureness(np.mean(np.asarray(said), axis=0)))
        each = [features(read.network, model, inputs, device).numpy() for model in models]
        seen.append(np.concatenate(each, axis=1).astype(np.float64))
    return np.concatenate(unsure), np.concatenate(seen)
