"""Any deeds in any order, some broken off in the middle: the books always stand."""

import uuid
from collections import Counter
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from annotator import queue
from annotator.models import Answer, Assignment, Batch, Role, Task, User
from annotator.quality import gold, review, worker_rules
from annotator.queue import batches
from annotator.refusal import Refused
from tests import make
from tests.workers.budget.judging import judge, paid
from workers.budget import charges, corrections, funding, reservations
from workers.budget.amounts import BadAmount
from workers.budget.models import Entry, Pay
from workers.budget.phase import Decision, current_phase
from workers.phases import briefs, gates
from workers.sample.story import BRIEF

PRICE = Decimal("0.07")


done: Counter[str] = Counter()


class Killed(Exception):
    """The process died before its transaction was over."""


def deed(function):
    """Let a deed be refused, or be broken off before it is over: then nothing of it may stand."""

    def rule_body(self, **drawn):
        killed = drawn.pop("killed")
        try:
            with transaction.atomic():
                function(self, **drawn)
                if killed:
                    raise Killed
            done[function.__name__] += 1
        except Refused as problem:
            done[problem.code] += 1
        except (BadAmount, Killed):
            pass

    rule_body.__name__ = function.__name__
    return rule_body


money = st.decimals("0.01", "3", places=2)
killed = st.sampled_from([False] * 4 + [True])


class Books(RuleBasedStateMachine):
    """One project, its manager and three people."""

    @initialize(funds=st.sampled_from([0, 1, 3, 20]), aside_stays_paid=st.booleans(), hourly=st.booleans())
    def begin(self, funds, aside_stays_paid, hourly):
        with (
            connection.cursor() as cursor
        ):  # all examples share a transaction: nothing else tells the planner how they grow
            cursor.execute(
                "ANALYZE annotator_task, annotator_assignment, annotator_answer, workers_entry, workers_account"
            )
        self.manager = make.user()
        self.project = make.project(self.manager, money=funds)
        self.question = make.question(
            self.project, price=PRICE, plan="batches", overlap=2, test_overlap=2, pay_excluded=aside_stays_paid
        )
        self.people = [make.user() for _ in range(3)]
        for person in self.people:
            make.member(self.project, person, Role.ANNOTATOR)
        if hourly:
            Pay.objects.create(project=self.project, worker=self.people[0], mode="hour", hourly=18)
        self.given: list[tuple[uuid.UUID, User]] = []
        make.items(self.project, 4)
        briefs.write(self.project, self.manager, **BRIEF)
        for _ in range(2):
            batch = batches.plan(self.question, self.manager, "", count=2)
            try:
                batches.change(batch, "open", self.manager)
            except Refused:
                done["refused at first"] += 1

    @rule(amount=money, killed=killed)
    @deed
    def put_money_in(self, amount):
        funding.fund(self.project, amount, self.manager, f"funding:{uuid.uuid4()}")

    @rule(amount=money, killed=killed)
    @deed
    def take_money_back(self, amount):
        funding.cut(self.project, amount, self.manager, f"withdrawal:{uuid.uuid4()}")

    @rule(count=st.integers(1, 3), killed=killed)
    @deed
    def plan(self, count):
        make.items(self.project, 1)
        batches.plan(self.question, self.manager, "", count=count)

    @rule(which=st.integers(0, 9), state=st.sampled_from(["open", "open", "open", "paused", "closed"]), killed=killed)
    @deed
    def change(self, which, state):
        found = list(self.question.batches.all())
        if found:
            batches.change(found[which % len(found)], state, self.manager)

    @rule(who=st.integers(0, 2), count=st.integers(1, 3), killed=killed)
    @deed
    def ask_for_tasks(self, who, count):
        queue.next_tasks(self.question, self.people[who], count)

    @rule(who=st.integers(0, 2), ms=st.integers(0, 100_000), killed=killed, again=st.booleans())
    @deed
    def answer(self, who, ms, again):
        self._answer(who, ms, again)

    def _answer(self, who, ms, again=False):
        person = self.people[who]
        if not Assignment.objects.filter(worker=person, state="held").exists():
            queue.next_tasks(self.question, person)
        held = Assignment.objects.filter(worker=person, state="held", task__question=self.question).first()
        if held is None:
            return
        Assignment.objects.filter(pk=held.pk).update(leased_at=make.before(60))
        key = uuid.uuid4()
        for _ in range(1 + again):
            try:
                queue.submit(self.project, held.task_id, person, key, "yes", ms)
                done["answers"] += 1
            except Refused as problem:
                assert problem.code != "budget_used_up", "an answer that was asked for is not paid"
                raise

    @rule(killed=killed)
    @deed
    def everyone_answers(self):
        for who in range(3):
            self._answer(who, 5000)

    @rule(who=st.integers(0, 2), how=st.sampled_from(["back", "skip", "expire"]), killed=killed)
    @deed
    def let_go(self, who, how):
        held = Assignment.objects.filter(worker=self.people[who], state="held", task__question=self.question).first()
        if held is None:
            return
        if how == "back":
            queue.give_back(self.project, held.task_id, self.people[who])
        elif how == "skip":
            queue.skip(self.project, held.task_id, self.people[who], "cannot tell")
        else:
            Assignment.objects.filter(pk=held.pk).update(expires_at=timezone.now())
            queue.free_expired(self.question)

    @rule(who=st.integers(0, 2), killed=killed)
    @deed
    def come_late(self, who):
        gone = Assignment.objects.filter(worker=self.people[who], state="expired", task__question=self.question).first()
        if gone:
            queue.submit(self.project, gone.task_id, self.people[who], uuid.uuid4(), "no")

    @rule(killed=killed)
    @deed
    def pause(self):
        worker_rules.pause(self.question, self.people[0], "by hand", self.manager)

    @rule(killed=killed)
    @deed
    def resume(self):
        worker_rules.resume(self.question, self.people[0], self.manager)

    @rule(killed=killed)
    @deed
    def ask_one_more(self):
        tasks = self.question.tasks.filter(purpose="work", answer_count__gte=1)
        queue.increase_redundancy(self.question, list(tasks.values_list("item_id", flat=True)))

    @rule(killed=killed)
    @deed
    def ask_more_by_review(self):
        task = self.question.tasks.filter(purpose="work", review=None).first()
        if task:
            found = review.ask_by_hand(self.project, task.pk, self.manager)
            review.ask_more(self.project, found.pk, self.manager, 2)

    @rule(killed=killed)
    @deed
    def make_an_item_known(self):
        task = self.question.tasks.filter(purpose="work", answer_count=0).first()
        if task:
            gold.add(self.question, self.manager, task.item, "yes")
            self.question.gold_rate = 0.4
            self.question.save(update_fields=["gold_rate"])

    @rule(part=st.sampled_from([None, Decimal("0.01")]), which=st.integers(0, 50), refund=st.booleans(), killed=killed)
    @deed
    def correct(self, part, which, refund):
        found = list(Entry.objects.filter(project=self.project, kind__in=["bonus"]).order_by("pk"))
        if found:
            corrections.correct(found[which % len(found)], self.manager, "wrong", part, refund)

    @rule(amount=money, killed=killed)
    @deed
    def bonus(self, amount):
        charges.bonus(self.project, self.people[0], amount, "well done", self.manager)

    @rule(killed=killed)
    @deed
    def sweep(self):
        queue.free_expired()
        reservations.sweep()

    @rule(decision=st.sampled_from([Decision.GO_ON, Decision.GO_BACK]), amount=money, killed=killed)
    @deed
    def gate(self, decision, amount):
        gates.decide(current_phase(self.project), self.manager, decision, "so", to_stage=1, money=amount)

    def teardown(self):
        """Close what is open, so that the sweeps of later examples find only their own; the books stand after it, too."""
        Batch.objects.filter(question=self.question).update(state="closed")
        reservations.sweep()
        judge(self.project)

    @invariant()
    def the_books_stand(self):
        judge(self.project)

    @invariant()
    def each_answer_is_paid_right_and_once(self):
        hourly = set(Pay.objects.filter(project=self.project).values_list("worker_id", flat=True))
        stays = self.question.pay_excluded
        for answer in Answer.objects.filter(task__question=self.question, decision=False):
            stood = paid(self.project, answer.pk)
            aside = Assignment.objects.filter(task=answer.task, worker=answer.worker, state="excluded").exists()
            if aside and not stays and answer.task.purpose == "work":
                assert stood == 0
            elif answer.worker_id in hourly:
                assert stood == (Decimal(18) * min(answer.active_ms, 10**9) / 3600000).quantize(
                    Decimal("0.000001")
                ) or stood <= Decimal("0.31")
            else:
                assert stood == PRICE

    @invariant()
    def nothing_is_owed_for_answers_by_the_answer(self):
        if not Pay.objects.filter(project=self.project).exists():
            owed = Entry.objects.filter(project=self.project, source__name="overdraft", kind="answer")
            assert all(
                Task.objects.get(answers=entry.idempotency_key.split(":")[1]).purpose == "gold" for entry in owed
            )


@pytest.mark.django_db
@pytest.mark.parametrize("examples", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_the_books_stand_whatever_is_done(examples):
    done.clear()
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=examples < 50,  # the quick suite does the same every time
            suppress_health_check=list(HealthCheck),
        ),
    )
    # The machine did get somewhere: work was covered, refused, answered and excluded.
    print(done)
    rare = ("budget_missing", "resume", "gate", "change", "pause", "correct") if examples >= 50 else ()
    for what in ("answers", *rare):
        assert done[what], (what, done)
