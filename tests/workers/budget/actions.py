"""Whatever is done with a project's money, and why it is refused."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from annotator.quality import review, worker_rules
from annotator.questions import drafts
from annotator.queue import batches
from annotator.refusal import Refused
from tests.workers.budget.judging import judge
from tests.workers.budget.places import Place
from workers.budget import charges, corrections, funding
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry
from workers.budget.phase import Decision, Stage, current_phase
from workers.phases import gates, phases
from workers.training import planned_runs, publishing, trainings
from workers.training.curve.sizes import Planned


def open_batch(place: Place) -> None:
    batches.change(place.batch, "open", place.manager)


def open_known(place: Place) -> None:
    batches.change(place.known.batches.get(), "open", place.manager)


def plan_batch(place: Place) -> None:
    batches.plan(place.asked, place.manager, "third", count=1)


def publish_question(place: Place) -> None:
    drafts.publish(place.draft, place.manager)


def publish_new(place: Place) -> None:
    publishing.publish(place.made, "new", place.manager)


def publish_unsure(place: Place) -> None:
    publishing.publish(place.made, "unsure", place.manager)


def ask_more(place: Place) -> None:
    task = place.asked.batches.get(name="first").tasks.first()
    review.ask_more(place.project, task.review.pk, place.reviewer, 5)


def begin_training(place: Place) -> None:
    job = place.made.version.trainings.get().job
    type(job).objects.filter(pk=job.pk).update(state="failed")
    trainings.begin(place.made.version, "picture", place.manager)


def hold_training(place: Place) -> None:
    planned_runs.plan(place.made.version.trainings.first(), [(Planned(10, 0, False), 6.0)], "cpu", {})


def pay_bonus(place: Place, amount: str = "5") -> None:
    charges.bonus(place.project, place.worker, Decimal(amount), "thorough", place.manager)


def put_in(place: Place, amount: str = "7") -> None:
    funding.fund(place.project, Decimal(amount), place.manager, f"funding:{place.project.pk}:{uuid.uuid4()}")


def take_back(place: Place, amount: str = "700000") -> None:
    funding.cut(place.project, Decimal(amount), place.manager, f"withdrawal:{place.project.pk}:{uuid.uuid4()}")


def correct(place: Place) -> None:
    entry = Entry.objects.filter(project=place.project, kind="answer").first()
    corrections.correct(entry, place.manager, "a mistake", Decimal("0.5"))


def exclude_answers(place: Place) -> None:
    """Answers are excluded, and their money goes elsewhere."""
    worker_rules.pause(place.asked, place.worker, "a mistake", place.manager)
    place.leave("0")


def pay_again(place: Place) -> None:
    """They count again."""
    worker_rules.resume(place.asked, place.worker, place.manager)


def plan_phase(place: Place) -> None:
    later = place.project.phases.filter(stage=Stage.MAINTENANCE).latest("attempt")
    phases.plan(later, place.manager, goal="", budget=Decimal(50), days=9)


def go_on(place: Place) -> None:
    gates.decide(current_phase(place.project), place.manager, Decision.GO_ON, "clear", money=5)


# Each action with what it does in a project that has money, and after a stop.
ACTIONS: dict[Callable[..., None], bool] = {
    open_batch: False,
    open_known: False,
    plan_batch: False,
    publish_question: False,
    publish_new: False,
    publish_unsure: False,
    ask_more: False,
    begin_training: False,
    hold_training: False,
    plan_phase: False,
    go_on: False,
    put_in: False,
    take_back: False,
    pay_bonus: True,
    correct: True,
    pay_again: True,
}


@contextmanager
def undone() -> Iterator[None]:
    """Let nothing that happens within stay."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def refusal(action: Callable[..., None], place: Place, *more: str) -> str:
    """Do something; return why it was refused, or nothing where it was done."""
    try:
        with transaction.atomic():
            action(place, *more)
    except (Refused, BadAmount) as problem:
        return str(problem)
    except ValidationError as problem:
        raise AssertionError(f"{action.__name__} refused for a reason of the test's own: {problem}") from None
    judge(place.project)
    return ""
