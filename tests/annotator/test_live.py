"""The live page tells what goes on, and leads to the items behind each number."""

import uuid

import pytest

from annotator import queue
from annotator.models import Member, Role, Split
from annotator.people import members
from annotator.quality import answer_checks, live, skips
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(question):
    """Five items; two people answer three of them, disagree once, one skips the fourth."""
    make.items_of_split(question.project, Split.TRAIN, 5)
    pair = [make.user("ann"), make.user("ben")]
    for person in pair:
        make.member(question.project, person, Role.ANNOTATOR)
        for number in range(3):
            [held] = queue.next_tasks(question, person)
            value = "no" if person is pair[1] and number == 0 else "yes"
            queue.submit(question.project, held.task_id, person, uuid.uuid4(), value)
            answer_checks.check_answers()
    [held] = queue.next_tasks(question, pair[0])
    skips.skip(question.project, held.task_id, pair[0], "I cannot tell")
    queue.next_tasks(question, pair[1])
    return question


def test_the_numbers_are_right(busy):
    found = live.figures(busy)
    assert (found["progress"].tasks_done, found["progress"].tasks, found["answers_left"]) == (3, 5, 4)
    assert (found["held"], found["at_work"], found["speed"], found["reviews"]) == (1, 2, 24, 1)
    assert found["agreement"] == pytest.approx(2 / 3)
    assert found["hours_left"] == pytest.approx(4 / 24)


@pytest.mark.parametrize(
    ("condition", "count"),
    [("all", 5), ("done", 3), ("open", 2), ("held", 1), ("review", 1), ("skipped", 1), ("decided", 0), ("more", 0)],
)
def test_each_number_leads_to_its_items(busy, client, manager, condition, count):
    client.force_login(manager)
    path = f"/projects/{busy.project_id}/questions/{busy.pk}/tasks/"
    page = client.get(f"{path}?is={condition}")
    assert page.context["page"].paginator.count == count


def test_a_persons_items_are_shown_to_managers_only(busy, as_role):
    path = f"/projects/{busy.project_id}/questions/{busy.pk}/tasks/?worker=ann"
    assert as_role(Role.MANAGER).get(path).context["page"].paginator.count == 3
    assert as_role(Role.REVIEWER).get(path).status_code == 403, "the list leaves out gold items"


def test_what_is_stuck_is_named_with_why(busy, manager):
    assert any("reviewer" in one.what for one in live.figures(busy)["stuck"])
    members.leave(Member.objects.get(user__username="ann"), manager)
    members.pause(Member.objects.get(user__username="ben"), manager, "")
    [wants] = [one for one in live.figures(busy)["stuck"] if one.condition == "more"]
    assert wants.count == 2 and "1 may answer" in wants.why


def test_the_page_and_its_part_show_them(busy, client, manager):
    client.force_login(manager)
    path = f"/projects/{busy.project_id}/questions/{busy.pk}/live/"
    whole, part = client.get(path), client.get(path, headers={"HX-Request": "true"})
    assert "4 answers are wanted" in whole.content.decode() and "<nav" in whole.content.decode()
    assert "4 answers are wanted" in part.content.decode() and "<nav" not in part.content.decode()


def test_an_unknown_list_is_not_found(busy, client, manager):
    client.force_login(manager)
    assert client.get(f"/projects/{busy.project_id}/questions/{busy.pk}/tasks/?is=nonsense").status_code == 404


def test_what_was_skipped_is_shown_with_the_reasons_that_people_gave(busy):
    found = [one for one in live.stuck(busy, 0, 0, 0) if one.condition == "skipped"]
    assert [one.why for one in found] == ["“I cannot tell” (1)"]
