"""Whatever a refusal about money advises is possible in that state: each state of a project against each action."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import timezone

from annotator.models import Question
from annotator.projects import create
from annotator.queue import batches
from tests.workers.budget import places
from tests.workers.budget.actions import (
    ACTIONS,
    begin_training,
    correct,
    exclude_answers,
    go_on,
    open_batch,
    open_known,
    pay_again,
    pay_bonus,
    plan_batch,
    plan_phase,
    put_in,
    refusal,
    take_back,
    undone,
)
from tests.workers.budget.places import (
    STATES,
    Place,
    all_but_a_known_item,
    empty,
    running,
    short,
    stopped,
    stopped_with_little,
)
from workers.budget import funding

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(manager) -> Place:
    return places.worked_in(manager)


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
