"""Batches are planned, opened, paused and closed; within them the higher priority comes first."""

import uuid

import pytest

from annotator import queue
from annotator.models import Batch, Item, Role, Task, TaskPlan
from annotator.people import members
from annotator.queue import batches, flags
from annotator.refusal import Refused
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(project):
    """A question asked in batches, with six items."""
    question = make.question(project, plan=TaskPlan.BATCHES, overlap=1, test_overlap=1)
    make.items(project, 6)
    return question


def plan(question, count=None, **more) -> Batch:
    return batches.plan(question, question.project.created_by, "", count=count, **more)


def opened(question, **more) -> Batch:
    return batches.change(plan(question, **more), "open", question.project.created_by)


def handed(question, person) -> list[int]:
    """Answer everything a person is given; return the items in the order they came."""
    items = []
    while found := queue.next_tasks(question, person):
        items.append(found[0].item_id)
        queue.submit(question.project, found[0].task_id, person, uuid.uuid4(), "yes")
    return items


def test_an_item_outside_every_batch_is_not_asked(planned, annotator):
    assert not Task.objects.exists() and queue.next_tasks(planned, annotator) == []


def test_only_an_open_batch_is_handed_out(planned, annotator, manager):
    batch = plan(planned, 3)
    assert queue.next_tasks(planned, annotator) == []
    batches.change(batch, "open", manager)
    assert len(queue.next_tasks(planned, annotator, 3)) == 3


def test_a_paused_batch_takes_the_answers_of_what_is_held(planned, annotator, manager):
    batch = opened(planned)
    [held] = queue.next_tasks(planned, annotator)
    batches.change(batch, "paused", manager)
    queue.submit(planned.project, held.task_id, annotator, uuid.uuid4(), "yes")
    assert queue.next_tasks(planned, annotator) == []
    batches.change(batch, "open", manager)
    assert len(handed(planned, annotator)) == 5


def test_what_a_closed_batch_leaves_over_can_be_planned_again(planned, annotator, manager):
    batch = opened(planned)
    [held] = queue.next_tasks(planned, annotator)
    queue.submit(planned.project, held.task_id, annotator, uuid.uuid4(), "yes")
    batches.change(batch, "closed", manager)
    again = opened(planned)
    assert again.tasks.count() == 5 and len(handed(planned, annotator)) == 5


def test_an_item_is_in_one_batch(planned):
    plan(planned, 4)
    assert plan(planned).tasks.count() == 2
    with pytest.raises(Refused, match="every one is in a batch"):
        plan(planned)


def test_items_named_must_be_free(planned):
    first = plan(planned, 1).tasks.get().item_id
    with pytest.raises(Refused, match="1 of the 1 items"):
        plan(planned, items=[first])
    assert planned.batches.count() == 1


@pytest.mark.parametrize(("was", "state"), [("planned", "paused"), ("closed", "paused")])
def test_it_cannot_become_everything(planned, manager, was, state):
    batch = plan(planned)
    if was == "closed":
        batches.change(batch, "closed", manager)
    with pytest.raises(Refused, match="cannot become"):
        batches.change(batch, state, manager)


def test_a_batch_of_a_group_is_for_its_people(planned, project, manager, annotator):
    insider = make.user()
    make.member(project, insider, Role.ANNOTATOR)
    group = members.set_group(project, manager, "Radiologists", [insider.username])
    opened(planned, group=group)
    assert queue.next_tasks(planned, annotator) == []
    assert len(queue.next_tasks(planned, insider, 3)) == 3


def test_the_groups_batch_comes_before_everyones(planned, project, manager, annotator):
    group = members.set_group(project, manager, "Us", [annotator.username])
    opened(planned, count=3)
    ours = opened(planned, group=group)
    wanted = set(ours.tasks.values_list("item_id", flat=True))
    assert set(handed(planned, annotator)[:3]) == wanted


def test_the_higher_priority_comes_first(planned, annotator):
    opened(planned)
    items = list(Item.objects.values_list("pk", flat=True))
    assert batches.set_priorities(planned, {item: number for number, item in enumerate(items)}) == 6
    assert handed(planned, annotator) == items[::-1]


def test_a_priority_raised_in_mid_work_counts_at_once(planned, annotator):
    opened(planned)
    first = queue.next_tasks(planned, annotator)[0]
    queue.submit(planned.project, first.task_id, annotator, uuid.uuid4(), "yes")
    last = planned.tasks.filter(answer_count=0).order_by("-sort_key").first()
    batches.set_priorities(planned, {last.item_id: 5})
    assert queue.next_tasks(planned, annotator)[0].item_id == last.item_id


def test_random_order_passes_priorities_by(planned, annotator):
    opened(planned, order="random")
    turns = dict(planned.tasks.values_list("pk", "sort_key"))
    batches.set_priorities(planned, {item: item for item in Item.objects.values_list("pk", flat=True)})
    assert dict(planned.tasks.values_list("pk", "sort_key")) == turns


def test_rules_order_the_open_items(planned, annotator):
    opened(planned)
    batches.set_priorities_by_rule(planned, "newest_first")
    assert handed(planned, annotator) == list(Item.objects.order_by("-pk").values_list("pk", flat=True))


def test_its_cost_is_known_before_it_opens(planned):
    batch = plan(planned, 4)
    left = batches.left(planned)[batch.pk]
    assert left.answers == 4 and left.cost == 4 * planned.price


def test_many_who_find_the_question_unclear_hold_it_back(planned, project, manager):
    for number in range(flags.MANY):
        person = make.user()
        make.member(project, person, Role.ANNOTATOR)
        flags.raise_flag(planned, person, Role.ANNOTATOR, f"unclear {number}")
    batch = plan(planned)
    with pytest.raises(Refused) as caught:
        batches.change(batch, "open", manager)
    assert caught.value.code == "unclear" and Batch.objects.get().state == "planned"
    assert batches.change(batch, "open", manager, anyway=True).state == "open"


def test_a_finished_batch_is_noticed_once(planned, annotator):
    opened(planned)
    assert batches.note_finished() == 0
    handed(planned, annotator)
    assert batches.note_finished() == 1 and batches.note_finished() == 0
    assert Batch.objects.get().finished_at


def test_the_pages_plan_and_open(planned, client, manager):
    client.force_login(manager)
    base = f"/projects/{planned.project_id}/questions/{planned.pk}/batches/"
    assert "6 items can be planned" in client.get(base).content.decode()
    assert client.post(f"{base}plan/", {"count": 4, "order": "priority"}).status_code == 302
    assert "Open, up to $0.08" in client.get(base).content.decode()
    assert client.post(f"{base}1/", {"state": "open"}).status_code == 302
    assert Batch.objects.get().state == "open"
    assert client.post(f"{base}1/", {"state": "planned"}).status_code == 409
    assert client.post(f"{base}order/", {"rule": "newest_first"}).status_code == 302
