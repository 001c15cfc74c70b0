"""The expected gain of each way to spend the next sum of money.

The ways: new items, more answers for unsure labels, and items a model is unsure of.
"""

import math
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Avg, F

from annotator import kinds, queue
from annotator.models import BatchState, Purpose, Question, Split, Task
from annotator.queue import batches
from datasets.models import Label, Version
from workers.training import outlook
from workers.training.curve import fit, forecast, worth
from workers.training.models import Curve, TrainingRun, Way

SURE = 0.98  # labels surer than this get no more answers


def estimate_gains(version: Version, found: Curve) -> dict[Way, dict[str, Any]]:
    """Return each way's gain for the next sum: `gain`, `low`, `high`, `error`, `items`, `answers`, `money`, and `basis`.

    All gains are for the same money: if a way cannot spend all of it, the rest buys new items as far as there are any.
    `items`: how many items the way itself asks about, at most as many as there are. `money`: what that costs at most.
    `now`: the forecast error at the present size, from which all gains are counted: now − gain = `error`.
    """
    question = version.question
    law = outlook.law_of(found.points)
    size, price = found.forecast["size"], outlook.label_price(question)
    labels = outlook.labels_for(price)
    there = new_items(question).count()
    ways = {Way.NEW: _new(law, size, min(labels, there), labels, price, question)}
    if again := _again(version, law, size, labels, there):
        ways[Way.AGAIN] = again
    if unsure := _unsure(version, law, size, min(labels, there), there, price, question):
        ways[Way.UNSURE] = unsure
    return ways


def _as_dict(
    law: fit.Law, size: int, gain: worth.Gain, items: int, answers: int, money: Decimal, basis: dict[str, Any]
) -> dict[str, Any]:
    """Return a way's figures. Its error is the forecast at the size it is worth: the one that the headline names."""
    now, then = forecast.along(law, np.array([size, max(gain.size, size)], dtype=np.float64))
    fall = max(0.0, now.error - then.error) if gain.gain > 0 else 0.0
    return {
        "gain": fall,
        "low": min(gain.low, fall),
        "high": max(gain.high, fall),
        "now": now.error,
        "error": now.error - fall,
        "size": round(gain.size),
        "items": items,
        "answers": answers,
        "money": str(money),
        "basis": basis,
    }


def _new(law: fit.Law, size: int, items: int, wanted: int, price: Decimal, question: Question) -> dict[str, Any]:
    gain = worth.of_size(law, size + wanted, now=size)
    basis = {"answers_each": question.overlap, "here": items, "missing": max(0, wanted - items)}
    return _as_dict(law, size, gain, items, items * question.overlap, items * price, basis)


def _again(version: Version, law: fit.Law, size: int, labels: int, there: int) -> dict[str, Any] | None:
    """Return the gain of more answers for the labels that gain most from one; None if labels are sure or cannot get more."""
    question = version.question
    if question.price <= 0:
        return None
    rows = list(worth_asking(question).values_list("probability", "gain"))
    if not rows:
        return None
    noise = outlook.findings_of(question).get("noise")
    rate = max(noise["value"] if noise else _left_open(question), 1e-6)
    classes = max(2, len(kinds.get(question.kind).classes(question.config)))
    mended = sum(max(0.0, gain) for _, gain in rows) / max(1, version.train_count)
    # Unsure labels already weigh less in training. So correcting them brings what theory says, not what wrong labels in
    # general cost (`limits.LOSS`).
    now, then = (worth.of_label(one, classes) for one in (rate, max(0.0, rate - mended)))
    reached = worth.cleaned_size(size, now, then)
    rest = min(there, max(0, labels - len(rows) // max(1, question.overlap)))  # only what can be bought
    gain = worth.of_size(law, reached + rest, spread=0.5, now=size)
    basis = {"unsure": len(rows), "corrected": mended * version.train_count, "new_items": rest}
    return _as_dict(law, size, gain, len(rows), len(rows), len(rows) * question.price, basis)


def _left_open(question: Question) -> float:
    """Return the uncertainty that people's answers leave in the training labels: the mean of 1 − probability."""
    sure = Label.objects.filter(question=question, item__split=Split.TRAIN).aggregate(mean=Avg("probability"))["mean"]
    return 1 - sure if sure is not None else 0.0


def open_labels(question: Question) -> int:
    """Return how many training labels are asked for and not complete yet, without second looks.

    A task whose label is finished (imported, or decided) or whose item was withdrawn asks for nothing more: its overlap says so.
    """
    tasks = question.tasks.filter(purpose=Purpose.WORK, item__split=Split.TRAIN, answer_count__lt=question.overlap)
    tasks = tasks.filter(answer_count__lt=F("overlap"))
    return tasks.filter(batch__state__in=[BatchState.OPEN, BatchState.PAUSED]).count()


def new_items(question: Question) -> Any:
    """Return the training items that can be asked about and have not been asked about yet."""
    return batches.plannable(question).filter(split=Split.TRAIN)


def worth_asking(question: Question) -> Any:
    """Return the unsure labels with the largest gain: as many as the next sum pays one more answer for."""
    return unsure_labels(question)[: int(outlook.next_sum(question.price) / question.price)]


def unsure_labels(question: Question) -> Any:
    """Return the unsure training labels that may get one more answer, those with the largest gain first."""
    complete = Task.objects.filter(question=question, purpose=Purpose.WORK, review=None, answer_count__gte=F("overlap"))
    may = complete.filter(queue.ASKABLE, overlap__lt=question.most_overlap)
    found = Label.objects.filter(question=question, item__split=Split.TRAIN, decided=False, probability__lt=SURE)
    return found.filter(item__tasks__in=may).order_by("-gain", "pk")


def _unsure(
    version: Version, law: fit.Law, size: int, items: int, there: int, price: Decimal, question: Question
) -> dict[str, Any] | None:
    """Return the gain of the items the model is least sure of; None if no model can choose them.

    Each is worth a factor of plain items, as far as there are more items to choose from than the money buys.
    """
    trial = TrainingRun.objects.filter(training__version=version, error__isnull=False)
    tried = list(trial.filter(chosen=True))
    if not tried and not trial.filter(training__network__in=["picture", "text", "sentence", "row"]).exists():
        return None
    wanted = outlook.labels_for(price)
    trial_size = tried[0].train_size if tried else size
    plain = trial.filter(chosen=False, train_size=trial_size).values_list("error", flat=True)
    factor, spread = worth.chosen_factor(law, trial_size, np.array([run.error for run in tried]), np.array(list(plain)))
    # If there are no more items than wanted, there is nothing to choose. With ten times as many the choice is free.
    freedom = min(1.0, max(0.0, math.log(max(there, 1) / max(items, 1)) / math.log(10))) if there else 0.0
    factor = 1 + (factor - 1) * freedom
    gain = worth.of_size(law, size + max(wanted * factor, 0.0), spread=spread, now=size)
    low, high = (factor * math.exp(step * spread) for step in (-1.28, 1.28))
    basis = {
        "choice": freedom > 0,
        "factor": factor,
        "factor_low": low,
        "factor_high": high,
        "tried_on": trial_size if tried else None,
        "trial_counts": spread <= worth.USUAL_SPREAD / 2,
        "here": items,
        "missing": max(0, wanted - items) if there else 0,
    }
    return _as_dict(law, size, gain, items, items * question.overlap, items * price, basis)
