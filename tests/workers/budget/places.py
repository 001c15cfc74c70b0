"""A project in which people have worked, and the states that its money can be in."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from annotator import queue
from annotator.models import Batch, Question, Role, Split, TaskPlan, User
from annotator.quality import gold, review
from annotator.questions import drafts
from annotator.queue import batches
from tests import make
from tests.workers.training.setting import frozen, shades
from workers.budget import charges, funding, ledger
from workers.budget.models import Machine
from workers.budget.phase import Decision, Stage, current_phase
from workers.phases import alerts, briefs, gates
from workers.sample.story import BRIEF
from workers.training.models import Recommendation


@dataclass
class Place:
    """A project in which people have worked, with something to begin of every sort."""

    project: Any
    manager: Any
    worker: Any
    reviewer: Any
    asked: Question
    known: Question
    batch: Batch
    draft: Question
    made: Recommendation
    answers: list[Any] = field(default_factory=list)

    def free(self) -> Decimal:
        return ledger.totals(self.project)["available"]

    def leave(self, amount: str) -> None:
        """Take the free money out, but for so much."""
        if (out := self.free() - Decimal(amount)) > 0:
            funding.cut(self.project, out, self.manager, f"cut:{uuid.uuid4()}")


def worked_in(manager: User) -> Place:
    """Return a project of a manager with two questions, answers, a batch, a draft and a recommendation."""
    project = make.project(manager, money=1000)
    briefs.write(project, manager, **BRIEF)
    worker, reviewer = make.user("ada"), make.user("rhea")
    make.member(project, worker, Role.ANNOTATOR)
    make.member(project, reviewer, Role.REVIEWER)
    asked = make.question(project, plan=TaskPlan.BATCHES, price=Decimal("1"), overlap=2, test_overlap=2, most_overlap=4)
    known = make.question(project, plan=TaskPlan.BATCHES, price=Decimal("1"), overlap=1, test_overlap=1, gold_rate=0.2)
    items = make.items_of_split(project, Split.TRAIN, 8)
    first = batches.change(batches.plan(asked, manager, "first", count=2), "open", manager)
    answers = []
    for assignment in queue.next_tasks(asked, worker, 2):
        answers.append(queue.submit(project, assignment.task_id, worker, uuid.uuid4(), "yes"))
    asked.refresh_from_db()
    asked.pay_excluded = False
    asked.save(update_fields=["pay_excluded"])
    gold.add(known, manager, items[-1], "yes")
    batch = batches.plan(asked, manager, "second", count=3)
    batches.plan(known, manager, "known", count=3)
    review.ask_by_hand(project, first.tasks.first().pk, manager)
    draft = drafts.add(
        project,
        manager,
        draft=True,
        text="Is this a dog?",
        kind="choice",
        config={"choices": ["yes", "no"]},
        price=Decimal("1"),
        overlap=1,
        test_overlap=1,
    )
    Machine.objects.filter(project=project).update(hourly_price=Decimal(3600))  # one a second
    version = frozen(asked, manager, shades(40), shades(16, 500))
    made = Recommendation.objects.create(version=version, content={"ways": {"new": {}, "unsure": {}, "again": {}}})
    return Place(project, manager, worker, reviewer, asked, known, batch, draft, made, answers)


def running(place: Place) -> None:
    """There is money for everything."""


def empty(place: Place) -> None:
    place.leave("0")


def short(place: Place) -> None:
    """There is money for one item, and not for what any of the actions costs."""
    place.leave("2")


def all_but_a_known_item(place: Place) -> None:
    """There is money for the work, and not for the gold items among it."""
    place.leave("3")


def limit_reached(place: Place) -> None:
    """All that the phase may spend is spent, and people were told."""
    place.leave("0")
    for batch in place.asked.batches.filter(state="open"):
        batches.change(batch, "closed", place.manager)
    place.leave("0")
    assert alerts.check_phase(current_phase(place.project))


def gate_pending(place: Place) -> None:
    """The time box is over, and nobody has decided."""
    phase = current_phase(place.project)
    phase.began_at = timezone.now() - timedelta(days=400)
    phase.save()
    place.leave("0")


def next_phase(place: Place) -> None:
    gates.decide(current_phase(place.project), place.manager, Decision.GO_ON, "clear")
    place.leave("0")


def last_phase(place: Place) -> None:
    """The end of the line: maintenance, term by term."""
    while current_phase(place.project).stage != Stage.MAINTENANCE:
        gates.decide(current_phase(place.project), place.manager, Decision.GO_ON, "clear")
    place.leave("0")


def stopped(place: Place) -> None:
    gates.decide(current_phase(place.project), place.manager, Decision.STOP, "out of reach")


def stopped_with_little(place: Place) -> None:
    """What the stop took out is less than the bonus of the actions."""
    place.leave("2")
    for batch in place.asked.batches.filter(state="open"):
        batches.change(batch, "closed", place.manager)
    place.leave("2")
    stopped(place)


def stopped_with_nothing(place: Place) -> None:
    for batch in place.asked.batches.filter(state="open"):
        batches.change(batch, "closed", place.manager)
    place.leave("0")
    stopped(place)


def stopped_owing(place: Place) -> None:
    """A run cost more than there was."""
    stopped_with_nothing(place)
    charges.fee(place.project, Decimal("4.505"), "late", "mturk")


STATES = [
    running,
    empty,
    short,
    all_but_a_known_item,
    limit_reached,
    gate_pending,
    next_phase,
    last_phase,
    stopped,
    stopped_with_little,
    stopped_with_nothing,
    stopped_owing,
]
