"""Spending as recommended with one click: a batch of items, or more answers. Also: ordering the open items."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from annotator import audit, jobs
from annotator.models import Batch, BatchState, Job, Question, User
from annotator.money import money_text
from annotator.queue import batches, open_slots
from annotator.queue.redundancy import increase_redundancy
from annotator.refusal import Refused
from datasets.models import Version
from workers.budget import shortage
from workers.training import compute_costs, gains, outlook
from workers.training.models import Recommendation, Way
from workers.training.trainings import last_of


def publish(made: Recommendation, way: str, by: User) -> Recommendation:
    """Spend the sum as recommended, or in another of its ways: plan and open a batch, or ask for more answers. Works once.

    Raises Refused for an unknown way, if it was published before, there is nothing to ask about, there is not enough
    money, or the project was stopped.
    """
    with transaction.atomic():
        question = made.version.question
        open_slots.wanted(question.project)
        locked = Recommendation.objects.select_for_update(of=("self",), no_key=True).get(pk=made.pk)
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
            items = gains.new_items(question).values_list("pk", flat=True)[:labels]
            locked.batch = _open(question, list(items), by, locked.version)
        else:
            _check(question, labels)
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
    items = list(gains.worth_asking(question).values_list("item_id", flat=True))
    if not items:
        raise _nothing_unsure()
    _check_money(question, len(items) * question.price)
    if not increase_redundancy(question, items):
        raise _nothing_unsure()


def _nothing_unsure() -> Refused:
    return Refused("No label is unsure enough to be asked about again.", "nothing_to_ask")


def _check(question: Question, labels: int) -> None:
    there = gains.new_items(question).count()
    if not there:
        raise _nothing_left()
    _check_money(question, min(labels, there) * outlook.label_price(question))


def _check_money(question: Question, cost: Decimal) -> None:
    if cost > (available := compute_costs.available(question.project)):
        raise shortage.refusal(question.project, cost - available, " for that")


def _nothing_left() -> Refused:
    return Refused("There is no item left to ask about; bring more in.", "nothing_to_plan")


def _open(question: Question, items: list[int], by: User, version: Version) -> Batch:
    if not items:
        raise _nothing_left()
    batch = batches.plan(
        question,
        by,
        f"The next {money_text(outlook.next_sum(outlook.label_price(question)), question.project.currency)} "
        f"after version {version.number}",
        items=items,
    )
    return batches.change(batch, BatchState.OPEN, by)


def open_batch(made: Recommendation, items: list[int]) -> Batch:
    """Plan and open the batch of the items that a model chose, the most useful first. Raises Refused."""
    by = made.published_by
    assert by is not None
    batch = _open(made.version.question, items, by, made.version)
    batches.set_priorities(made.version.question, {item: len(items) - place for place, item in enumerate(items)})
    Recommendation.objects.filter(pk=made.pk).update(batch=batch)
    return batch


def on_stopped(job: Job) -> None:
    """Let a recommendation be published again if choosing its items failed."""
    Recommendation.objects.filter(job=job, batch=None).update(
        published="", published_by=None, published_at=None, job=None
    )


def ask_for_order(question: Question, by: User) -> Job:
    """Submit the job that orders the open items by what the newest model would gain. Raises Refused if there is no model."""
    if last_of(question) is None:
        raise Refused("No model has been trained yet; freeze a version first.", "no_model")
    idempotency_key = f"order:{question.pk}:{timezone.now().timestamp()}"
    audit.record(by, question.project, "ordered a queue by its model", question=question.pk)
    return jobs.submit(
        question.project,
        "order-queue",
        "Putting open items in the model's order",
        idempotency_key,
        {"question": question.pk},
        queue="gpu",
        user=by,
    )
