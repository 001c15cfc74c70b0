"""What the next sum should buy: each way's gain, the best of them, published with one click, and how right past ones were."""

import math
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import F
from django.shortcuts import get_object_or_404
from django.utils import timezone

from annotator import audit, batches, jobs, kinds
from annotator.models import Batch, BatchState, Job, Project, Purpose, Question, Side, Task, User
from annotator.queue import places
from annotator.queue.widening import widen
from annotator.refusal import Refused
from annotator.templatetags.marginalia import money_text
from datasets.models import Label, Version
from workers.budget import computing
from workers.training import cross, curve, outlook, worth
from workers.training.models import Curve, Recommendation, TrainingRun, Way
from workers.training.runs import last_of

SURE = 0.98  # labels surer than this are not asked about again
LITTLE = 0.05  # of the error: less than this is no gain to recommend
CLEARLY = 1.05  # times the gain of plain new items


def make(version: Version, found: Curve) -> Recommendation | None:
    """Write what is recommended on a version's curve, once; and what came of earlier ones. None where there is no forecast."""
    judge(version.question, found)
    if "next" not in found.forecast or "line" not in found.forecast:
        return None
    ways = {str(way): one for way, one in gains(version, found).items()}
    error = found.forecast["next"]["now"]
    best = _best(ways, LITTLE * error)
    content = {"ways": ways, "line": found.forecast["line"], "size": found.forecast["size"], "sum": outlook.SUM}
    made, _ = Recommendation.objects.get_or_create(version=version, defaults={"best": best, "content": content})
    return made


def _best(ways: dict[str, dict[str, Any]], least: float) -> str:
    """Return the way with the largest gain, or none where all are small; another than new items must be clearly better."""
    worthwhile = {way: one["gain"] for way, one in ways.items() if one["gain"] >= least}
    plain = worthwhile.get(Way.NEW, 0.0)
    clearly = {way: gain for way, gain in worthwhile.items() if way == Way.NEW or gain >= CLEARLY * plain}
    return max(clearly, key=lambda way: clearly[way], default="")


def gains(version: Version, found: Curve) -> dict[Way, dict[str, Any]]:
    """Return each way's gain for the next sum: `gain`, `low`, `high`, `error`, `items`, `answers`, `money`, and `why`.

    `items` is how many it asks about (as many as there are), `money` what it costs at most.
    """
    question = version.question
    law = outlook.law_of(found.points)
    size, price = found.forecast["size"], outlook.label_price(question)
    labels = outlook.labels_for(price)
    there = batches.plannable(question).filter(side=Side.TRAIN).count()
    ways = {Way.NEW: _new(law, size, min(labels, there), labels, price, question)}
    if again := _again(version, law, size, found.forecast["error"], law.guess):
        ways[Way.AGAIN] = again
    if unsure := _unsure(version, law, size, min(labels, there), there, price, question):
        ways[Way.UNSURE] = unsure
    return ways


def _told(gain: worth.Gain, items: int, answers: int, money: Decimal, why: str) -> dict[str, Any]:
    return {
        "gain": gain.gain,
        "low": gain.low,
        "high": gain.high,
        "error": gain.error,
        "size": round(gain.size),
        "items": items,
        "answers": answers,
        "money": str(money),
        "why": why,
    }


def _new(law: curve.Law, size: int, items: int, wanted: int, price: Decimal, question: Question) -> dict[str, Any]:
    gain = worth.of_size(law, size + wanted, now=size)
    why = f"{question.overlap} answers each, as the labels so far"
    if items < wanted:
        why += f"; {items:,} new items are here now, bring in {wanted - items:,} more for all of it"
    return _told(gain, items, items * question.overlap, items * price, why)


def _again(version: Version, law: curve.Law, size: int, error: float, guess: float) -> dict[str, Any] | None:
    """More answers for the labels that gain most from one; nothing where labels are sure, or cannot get more."""
    question = version.question
    if question.price <= 0:
        return None
    answers = int(outlook.SUM / question.price)
    rows = list(unsure_labels(question)[:answers].values_list("probability", "gain"))
    if not rows:
        return None
    rate = max(outlook.noise(question, {"version": version.number, "error": error, "guess_error": guess})["rate"], 1e-6)
    classes = max(2, len(kinds.get(question.kind).classes(question.config)))
    mended = sum(max(0.0, gain) for _, gain in rows) / max(1, version.train_count)
    now, then = (cross.worth_of_a_label(one, classes) for one in (rate, max(0.0, rate - mended)))
    reached = worth.cleaned_size(size, now, then)
    gain = worth.of_size(law, reached, spread=0.5, now=size)
    why = f"one more answer to each of {len(rows):,} unsure labels should put about {mended * version.train_count:,.0f} right"
    return _told(gain, len(rows), len(rows), len(rows) * question.price, why)


def unsure_labels(question: Question) -> Any:
    """Return the training labels that gain most from one more answer, and may get one."""
    complete = Task.objects.filter(question=question, purpose=Purpose.WORK, review=None, answer_count__gte=F("overlap"))
    may = complete.filter(overlap__lt=question.most_overlap)
    found = Label.objects.filter(question=question, item__side=Side.TRAIN, decided=False, probability__lt=SURE)
    return found.filter(item__tasks__in=may).order_by("-gain", "pk")


def _unsure(
    version: Version, law: curve.Law, size: int, items: int, there: int, price: Decimal, question: Question
) -> dict[str, Any] | None:
    """Items the model is least sure of: worth a factor of plain ones, as far as there are others to choose among."""
    trial = TrainingRun.objects.filter(training__version=version, error__isnull=False)
    tried = list(trial.filter(chosen=True))
    if not tried and not trial.filter(training__network__in=["picture", "text", "sentence", "row"]).exists():
        return None
    wanted = outlook.labels_for(price)
    trial_size = tried[0].train_size if tried else size
    plain = trial.filter(chosen=False, train_size=trial_size).values_list("error", flat=True)
    factor, spread = worth.chosen_factor(law, trial_size, np.array([run.error for run in tried]), np.array(list(plain)))
    # With no more items than are wanted there is nothing to choose; with ten times as many the choice is free.
    freedom = min(1.0, max(0.0, math.log(max(there, 1) / max(items, 1)) / math.log(10))) if there else 0.0
    factor = 1 + (factor - 1) * freedom
    gain = worth.of_size(law, size + max(wanted * factor, 0.0), spread=spread, now=size)
    why = f"each is worth about {factor:.1f} plain ones"
    why += f", tried on {trial_size:,} of the labels here" if tried else ", as usual; it has not been tried here yet"
    if freedom == 0:
        why = "there are no more items than the money buys, so there is nothing to choose among"
    return _told(gain, items, items * question.overlap, items * price, why)


def publish(made: Recommendation, way: str, by: User) -> Recommendation:
    """Spend the sum as recommended, or in another of its ways, once: plan and open a batch, or ask for more answers.

    Raises Refused: an unknown way, published before, nothing to ask about, or not enough money.
    """
    with transaction.atomic():
        question = made.version.question
        places.lock(question.project_id)
        locked = Recommendation.objects.select_for_update(of=("self",)).get(pk=made.pk)
        if way not in locked.content.get("ways", {}):
            raise Refused("This way is not among those that were weighed.", "unknown_way", 400)
        if locked.published:
            raise Refused("This was published already.", "published")
        locked.version = made.version
        locked.published, locked.published_by, locked.published_at = way, by, timezone.now()
        labels = outlook.labels_for(outlook.label_price(question))
        if way == Way.AGAIN:
            _ask_again(question, by)
        elif way == Way.NEW:
            items = batches.plannable(question).filter(side=Side.TRAIN).values_list("pk", flat=True)[:labels]
            locked.batch = _open(question, list(items), by, locked.version)
        else:
            _check_money(question, labels)
            locked.job = jobs.submit(
                question.project,
                "ask-the-unsure",
                "Choosing the items the model is least sure of",
                f"publish:{locked.pk}:{timezone.now().timestamp()}",
                {"recommendation": locked.pk, "labels": labels},
                queue="gpu",
                user=by,
            )
        locked.save()
        audit.record(by, question.project, "published a recommendation", version=made.version.number, way=way)
    return locked


def _ask_again(question: Question, by: User) -> None:
    answers = int(Decimal(outlook.SUM) / question.price)
    items = list(unsure_labels(question)[:answers].values_list("item_id", flat=True))
    if not items:
        raise Refused("No label is unsure enough to be asked about again.", "nothing_to_ask")
    cost = len(items) * question.price
    if cost > (free := computing.free(question.project)):
        raise _missing(question, cost - free)
    widen(question, items)


def _check_money(question: Question, labels: int) -> None:
    there = batches.plannable(question).filter(side=Side.TRAIN).count()
    if not there:
        raise Refused("There is no item left to ask about; bring more in.", "nothing_to_plan")
    cost = min(labels, there) * outlook.label_price(question)
    if cost > (free := computing.free(question.project)):
        raise _missing(question, cost - free)


def _missing(question: Question, amount: Decimal) -> Refused:
    return Refused(
        f"{money_text(amount, question.project.currency)} is missing for that. Put money in first.", "budget_missing"
    )


def _open(question: Question, items: list[int], by: User, version: Version) -> Batch:
    if not items:
        raise Refused("There is no item left to ask about; bring more in.", "nothing_to_plan")
    batch = batches.plan(
        question,
        by,
        f"The next {money_text(Decimal(outlook.SUM), question.project.currency, 0)} after version {version.number}",
        items=items,
    )
    return batches.change(batch, BatchState.OPEN, by)


def open_batch(made: Recommendation, items: list[int]) -> Batch:
    """Plan and open the batch of the items a model chose, the most useful first. Raises Refused."""
    by = made.published_by
    assert by is not None
    batch = _open(made.version.question, items, by, made.version)
    batches.set_priorities(made.version.question, {item: len(items) - place for place, item in enumerate(items)})
    Recommendation.objects.filter(pk=made.pk).update(batch=batch)
    return batch


def on_stopped(job: Job) -> None:
    """Let a recommendation whose choice of items did not work be published again."""
    Recommendation.objects.filter(job=job, batch=None).update(
        published="", published_by=None, published_at=None, job=None
    )


def judge(question: Question, found: Curve) -> int:
    """Write what came of earlier recommendations, where a later and larger version shows it; return of how many."""
    points = [point for point in found.points if point.get("whole")]
    count = 0
    for made in Recommendation.objects.filter(version__question=question, outcome__isnull=True).select_related(
        "version"
    ):
        later = [p for p in points if p["version"] > made.version.number and p["size"] > made.content["size"]]
        if not later:
            continue
        point = min(later, key=lambda one: one["version"])
        expected = _along(made.content["line"], point["size"])
        if expected is None:
            continue
        made.outcome = {
            "version": point["version"],
            "size": point["size"],
            "error": point["error"],
            "expected": expected["error"],
            "low": expected["low"],
            "high": expected["high"],
            "inside": expected["low"] <= point["error"] <= expected["high"],
        }
        made.save(update_fields=["outcome"])
        count += 1
    return count


def _along(line: list[dict[str, float]], size: float) -> dict[str, float] | None:
    sizes = np.log([row["size"] for row in line])
    if not sizes[0] <= math.log(size) <= sizes[-1]:
        return None
    return {
        key: float(np.interp(math.log(size), sizes, [row[key] for row in line])) for key in ("error", "low", "high")
    }


def record(question: Question) -> dict[str, Any]:
    """Return how right the past recommendations were: `count`, `inside` the interval, and each outcome, the newest first."""
    made = (
        Recommendation.objects.filter(version__question=question)
        .exclude(outcome__isnull=True)
        .select_related("version")
    )
    outcomes = [one.outcome | {"from": one.version.number} for one in made if one.outcome]
    return {"count": len(outcomes), "inside": sum(one["inside"] for one in outcomes), "outcomes": outcomes}


def of(project: Project, recommendation_id: int) -> Recommendation:
    """Return a recommendation of a project. Raises Http404 where it has none such."""
    found = Recommendation.objects.filter(version__project=project).select_related("version__question__project")
    return get_object_or_404(found, pk=recommendation_id)


def told(question: Question) -> dict[str, Any] | None:
    """Return the newest recommendation as its page shows it: its ways in order, the best first; None where there is none."""
    made = newest(question)
    if made is None:
        return None
    ways = [
        {"way": way, "title": Way(way).label, "best": way == made.best} | one
        for way, one in made.content["ways"].items()
    ]
    ways.sort(key=lambda one: (not one["best"], -one["gain"]))
    return {
        "made": made,
        "ways": ways,
        "sum": made.content["sum"],
        "best": next((one for one in ways if one["best"]), None),
    }


def ask_for_order(question: Question, by: User) -> Job:
    """Ask for the order in which the newest model would put the open items. Raises Refused where there is none that can say."""
    if last_of(question) is None:
        raise Refused("No model has been trained yet; freeze a version first.", "no_model")
    cause = f"order:{question.pk}:{timezone.now().timestamp()}"
    audit.record(by, question.project, "ordered a queue by its model", question=question.pk)
    return jobs.submit(
        question.project,
        "order-queue",
        "Putting open items in the model's order",
        cause,
        {"question": question.pk},
        queue="gpu",
        user=by,
    )


def newest(question: Question) -> Recommendation | None:
    """Return the recommendation on the newest version that has one."""
    made = Recommendation.objects.filter(version__question=question)
    return made.select_related("version__question__project", "job", "batch").order_by("-version__number").first()
