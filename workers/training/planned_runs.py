"""The runs of a training: planned after a probe, each with its time limit and the money reserved for it."""

from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, Sum, When

from annotator import jobs
from annotator.money import price_text
from annotator.refusal import Refused
from datasets.models import Version
from workers.budget.models import AccountName, Entry
from workers.training import compute_costs
from workers.training.curve.sizes import Planned
from workers.training.models import Training, TrainingRun

MARGIN = 2.0  # a run may take this many times its expected time
LEAST_SECONDS = 10.0


def plan(
    training: Training, runs: list[tuple[Planned, float]], device: str, probe: dict[str, Any]
) -> list[TrainingRun]:
    """Write the runs of a training with the money reserved for them, and submit their jobs; all or none.

    Called in the transaction that ends the planning. `runs`: each with its expected seconds of computing. Raises
    Refused if a limit is too low or there is not enough money.
    """
    version, project = training.version, training.version.project
    expected = sum(seconds for _, seconds in runs)
    price = compute_costs.cost(project, device, expected)
    if training.most_seconds is not None and expected > training.most_seconds:
        raise Refused(
            f"It is expected to compute for {expected:.0f} s, longer than the limit of {training.most_seconds:.0f} s.",
            "limit",
        )
    if training.most_money is not None and price > training.most_money:
        said, most = (price_text(one, project.currency) for one in (price, training.most_money))
        raise Refused(f"It is expected to cost {said}, more than the limit of {most}.", "limit")
    spent = _spent_on_answers(version)
    found = []
    for planned, seconds in runs:
        limit = _limit(training, seconds, expected, price)
        found.append(_row(training, planned, limit, compute_costs.cost(project, device, limit), spent))
    compute_costs.hold(project, found)
    training.sizes = sorted({planned.size for planned, _ in runs})
    training.probe, training.seconds, training.cost = probe, round(expected, 2), price
    training.save(update_fields=["sizes", "probe", "seconds", "cost"])
    return found


def _limit(training: Training, seconds: float, expected: float, price: Decimal) -> float:
    """Return the seconds for which a run may compute: twice the expected time, or its share of the training's limit."""
    limits = [max(LEAST_SECONDS, MARGIN * seconds)]
    if training.most_seconds is not None:
        limits.append(seconds * training.most_seconds / expected)
    if training.most_money is not None and price > 0:
        limits.append(seconds * float(training.most_money / price))
    return min(limits)


def _row(training: Training, planned: Planned, limit: float, reserved: Decimal, spent: Decimal) -> TrainingRun:
    version = training.version
    idempotency_key = f"train:{training.pk}:{planned.size}:{planned.seed}{':chosen' if planned.chosen else ''}"
    title = f"Training on {planned.size:,} items of version {version.number}, seed {planned.seed}"
    user = training.job.created_by
    job = jobs.submit(version.project, "train", title, idempotency_key, queue="gpu", user=user, parent=training.job)
    share = Decimal(planned.size) / Decimal(max(1, version.train_count))
    return TrainingRun.objects.create(
        version=version,
        training=training,
        job=job,
        network=training.network,
        seed=planned.seed,
        train_size=planned.size,
        chosen=planned.chosen,
        labels_cost=(spent * share).quantize(Decimal("0.000001")),
        reserved=reserved,
        limit_seconds=round(limit, 2),
    )


def _spent_on_answers(version: Version) -> Decimal:
    """Return what the answers to a version's question have cost up to now."""
    back = When(source__name=AccountName.ANSWERS, then=-F("amount"))
    answers = Q(target__name=AccountName.ANSWERS) | Q(source__name=AccountName.ANSWERS)
    paid = Entry.objects.filter(answers, question=version.question)
    return paid.aggregate(total=Sum(Case(back, default=F("amount"))))["total"] or Decimal(0)
