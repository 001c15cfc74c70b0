"""Whatever a refusal about money advises is possible in that state: each state of a project against each action."""

import re
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from annotator import queue
from annotator.models import Batch, Question, Role, Split, TaskPlan
from annotator.projects import create
from annotator.quality import gold, review, worker_rules
from annotator.questions import drafts
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget.judging import judge
from tests.workers.training.setting import frozen, shades
from workers.budget import charges, corrections, funding, ledger
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry, Machine
from workers.budget.phase import Decision, Stage, current_phase
from workers.phases import alerts, briefs, gates, phases
from workers.sample.story import BRIEF
from workers.training import planned_runs, publishing, trainings
from workers.training.curve.sizes import Planned
from workers.training.models import Recommendation

pytestmark = pytest.mark.django_db


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


@pytest.fixture
def place(manager) -> Place:
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
def undone():
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


def follow(said: str, action: Callable[..., None], place: Place) -> set[str]:
    """Do whatever a refusal advises, each in the state as it is; return what it advised. Fails where it is refused."""
    followed = set()
    sums = [one.replace(",", "") for one in re.findall(r"\$([\d,]+(?:\.\d+)?)", said)]
    if "Add funds" in said or "put money in" in said:
        followed.add("fund")
        with undone():
            most = sums[0] if "missing" in said or "may cost" in said else "1000"
            assert refusal(put_in, place, most) == "", said
            assert refusal(action, place) == "", f"{said} It was put in, and did not help."
    if "publish less" in said:
        followed.add("less")
        with undone():
            wanted = place.known.batches.get() if "“known”" in said else place.batch
            batches.change(wanted, "closed", place.manager)
            less = batches.plan(wanted.question, place.manager, "less", count=1)
            batches.change(less, "open", place.manager)
    if "fewer gold items" in said:
        followed.add("known")
        with undone():
            Question.objects.filter(pk=place.known.pk).update(gold_rate=0.0)
            assert refusal(action, place) == "", said
    if "at a gate" in said or ("at the gate of" not in said and "the gate" in said):
        followed.add("gate")
        with undone():
            assert refusal(go_on, place) == "", said
    if "new project" in said:
        followed.add("new project")
        with undone():
            other = create.create(place.manager, name="Anew")
            put = funding.fund(other, Decimal(5), place.manager, f"funding:{other.pk}:anew")
            assert put.amount == 5
    if most := re.search(r"[Aa]t most \$([\d,.]+\d)", said):
        followed.add("most")
        if Decimal(most[1].replace(",", "")) > 0:
            with undone():
                assert refusal(action, place, most[1].replace(",", "")) == "", said
    return followed


@pytest.mark.parametrize(
    "state",
    [pytest.param(one, marks=() if place % 4 == 0 else pytest.mark.slow) for place, one in enumerate(STATES)],
    ids=lambda one: one.__name__,
)
def test_what_a_refusal_advises_is_possible(place, state):
    state(place)
    after_a_stop = state.__name__.startswith("stopped")
    done, refused = set(), {}
    for action in ACTIONS:
        with undone():
            if action is pay_again:
                exclude_answers(place)
            said = refusal(action, place)
            if not said:
                done.add(action)
                continue
            refused[action] = said
            advice = follow(said, action, place)
        if after_a_stop and action is not take_back:
            assert "was stopped at the gate of “Defining the problem” on " in said, said
            assert f"by {place.manager.display_name}" in said and str(timezone.now().year) in said, said
            assert "Add funds" not in said and "fund" not in advice
    if state is running:
        assert set(refused) == {take_back}, refused
    elif after_a_stop:
        assert done <= {action for action, reward in ACTIONS.items() if reward}, done
        assert put_in not in done  # seven dollars are more than what is owed
        assert correct in done and (pay_bonus in done) == (state is stopped)
        assert (pay_again in done) == (state in (stopped, stopped_with_little))  # two dollars
    else:
        assert {put_in, plan_batch, go_on, plan_phase, begin_training, correct} <= done, refused


def test_a_refusal_for_money_advises_to_publish_less_only_where_that_helps(place):
    short(place)
    assert "publish less" in refusal(open_batch, place)
    empty(place)
    assert "publish less" not in refusal(open_batch, place) and "Add funds" in refusal(open_batch, place)


def test_fewer_known_items_are_advised_where_only_they_are_too_many(place):
    all_but_a_known_item(place)
    assert "fewer gold items" in refusal(open_known, place)


def test_a_bonus_after_a_stop_comes_out_of_what_the_stop_left(place):
    batches.change(place.asked.batches.get(name="first"), "closed", place.manager)
    left = place.free()
    stopped(place)
    before = ledger.totals(place.project)
    key = uuid.uuid4()
    for _ in range(2):  # sent twice, it is paid once
        charges.bonus(place.project, place.worker, Decimal(5), "thorough", place.manager, key)
    after = ledger.totals(place.project)
    assert (after["bonuses"], after["available"], after["funded"]) == (5, 0, before["funded"] + 5)
    with pytest.raises(Refused, match="another movement"):
        charges.bonus(place.project, place.worker, Decimal(6), "thorough", place.manager, key)
    with pytest.raises(BadAmount, match=rf"At most \${left - 5:,.2f} of its money is left"):
        pay_bonus(place, str(left - 4))
    pay_bonus(place, str(left - 5))
    with pytest.raises(BadAmount, match=r"At most \$0\.00 of its money is left"):
        pay_bonus(place, "0.01")
    judge(place.project)


def test_a_bonus_after_a_stop_first_takes_what_is_free(place):
    stopped(place)
    batch = place.asked.batches.get(name="first")
    assert batch.state == "closed"
    correct(place)  # half a dollar is free again
    pay_bonus(place, "0.50")
    assert not Entry.objects.filter(project=place.project, idempotency_key__contains=":back:").exists()
    judge(place.project)


def test_what_is_owed_after_a_stop_may_be_settled_and_no_more_goes_in(place):
    stopped_owing(place)
    with pytest.raises(BadAmount, match=r"only to settle the overdraft: at most \$4\.51\."):
        put_in(place, "4.52")
    put_in(place, "4.51")
    assert ledger.totals(place.project)["overdraft"] == 0
    with pytest.raises(BadAmount, match="No more money goes in"):
        put_in(place, "0.01")
    judge(place.project)


def test_the_api_and_the_pages_say_so_too(place, api, client):
    stopped(place)
    base = f"/api/v1/projects/{place.project.pk}/"
    boss = api(place.manager)
    work = [
        ("patch", f"questions/{place.asked.pk}/batches/{place.batch.number}/", {"state": "open"}),
        ("post", f"questions/{place.asked.pk}/batches/", {"name": "more", "count": 1}),
        ("post", f"questions/{place.draft.pk}/publish/", {}),
        ("post", f"questions/{place.asked.pk}/recommendation/", {"way": "new"}),
        ("post", "budget/", {"amount": "5"}),
        ("post", "budget/", {"amount": "5", "phase": 2}),
        ("patch", f"phases/{place.project.phases.get(stage=3).pk}/", {"budget": "5"}),
    ]
    for method, path, body in work:
        reply = getattr(boss, method)(base + path, body, format="json")
        assert reply.status_code in (400, 409) and "was stopped at the gate of" in str(reply.json()), (
            path,
            reply.json(),
        )
        assert "Add funds" not in str(reply.json()) and "gets its money" not in str(reply.json())
    assert (
        boss.post(
            base + "bonuses/", {"username": "ada", "amount": "5", "reason": "thorough"}, format="json"
        ).status_code
        == 201
    )
    client.force_login(place.manager)
    here = f"/projects/{place.project.pk}/"
    page = client.get(here + "budget/").content.decode()
    assert "Add funds" not in page and "was stopped at the gate of" in page and "Withdraw" in page
    form = {"id": str(uuid.uuid4()), "amount": "5", "memo": "thorough"}
    assert client.post(f"{here}budget/pay/{place.worker.pk}/bonus/", form).status_code == 302
    refused = client.post(here + "budget/add/", form | {"id": str(uuid.uuid4())})
    assert refused.status_code == 400 and "was stopped at the gate of" in refused.content.decode()
    opened = client.post(f"{here}questions/{place.asked.pk}/batches/{place.batch.number}/", {"state": "open"})
    assert opened.status_code == 409 and "was stopped at the gate of" in opened.content.decode()
    assert ledger.totals(place.project)["bonuses"] == 10
    judge(place.project)


def test_after_a_stop_free_work_is_not_given_out_either(manager):
    project = make.project(manager, money=0)
    asked = make.question(project, price=Decimal(0))
    make.items(project, 2)
    gates.decide(current_phase(project), manager, Decision.STOP, "enough")
    with pytest.raises(Refused, match="stopped at the gate") as refused:
        batches.change(asked.batches.get(), "open", manager)
    assert refused.value.code == "stopped" and not queue.next_tasks(asked, manager, 3)
