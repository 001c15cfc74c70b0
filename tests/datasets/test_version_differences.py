"""Two versions are compared: what was added, removed and relabelled, because of what, and what it has cost."""

import uuid

import pytest

from annotator import queue
from annotator.items import erasure, withdrawal
from annotator.models import Answer
from datasets.labels import computation
from datasets.models import Label, Version
from datasets.versions import differences, versions
from datasets.versions.differences import Level
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return [make.user() for _ in range(3)]


@pytest.fixture
def items(question, people, project):
    for person in people:
        make.member(project, person, "annotator")
    return make.labelled_items(question, 6, 3, people)


def freeze(question) -> Version:
    return versions.freeze(question, versions.build(question), question.created_by)[0]


@pytest.fixture
def first(question, items):
    computation.compute(question)
    return freeze(question)


def items_of(ids) -> set[int]:
    return {one["item"] for one in differences.entries_of(ids)}


def relabelled_between(before, after):
    return differences.relabelled(before, after, differences.between(before, after).relabelled)


def relabel(question, item, value="yes"):
    label = Label.objects.get(question=question, item=item)
    label.value = "no" if label.value == value else value
    label.save()
    return label


def test_only_additions_are_a_minor_version(question, first, people):
    new = make.labelled_items(question, 2, 0, people)
    computation.compute(question)
    Label.objects.exclude(item__in=new).update(updated_at="2020-01-01T00:00Z")
    second = freeze(question)
    found = differences.between(first, second)
    assert items_of(found.added) == {item.pk for item in new}
    assert not found.removed and not found.relabelled
    assert found.level == Level.MINOR and (first.semantic_version, second.semantic_version) == ("1.0.0", "1.1.0")
    back = differences.between(second, first)
    assert items_of(back.removed) == {item.pk for item in new} and back.level == Level.MAJOR


def test_another_label_is_a_major_version(question, first, items):
    label = relabel(question, items[-1])
    second = freeze(question)
    [one] = relabelled_between(first, second)
    assert (one.item, one.after["label"]) == (items[-1].pk, label.value) and one.before["label"] != label.value
    assert (one.answers, one.decided_by) == (0, "") and second.semantic_version == "2.0.0"


def test_another_probability_alone_is_a_patch(question, first, items):
    Label.objects.filter(item=items[-1]).update(probability=0.7)
    second = freeze(question)
    found = differences.between(first, second)
    assert (found.updated, found.level, second.semantic_version) == (1, Level.PATCH, "1.0.1")


def test_an_item_that_was_withdrawn_is_removed_and_one_that_was_erased_is_counted(question, first, items, manager):
    withdrawal.withdraw(question.project, [items[-1].pk, items[-2].pk], manager, "Old")
    second = freeze(question)
    assert items_of(differences.between(first, second).removed) == {items[-1].pk, items[-2].pk}
    erasure.erase(question.project, [items[-1].pk], manager, "Old")
    found = differences.between(first, second)
    assert (items_of(found.removed), found.erased) == ({items[-2].pk}, 1)
    assert found.level == Level.MAJOR and second.semantic_version == "2.0.0"


@pytest.mark.django_db(transaction=True)  # each answer has a time of its own
def test_the_answers_and_the_decision_behind_another_label_are_named(question, first, items, manager, people):
    extra = make.user()
    make.member(question.project, extra, "annotator")
    queue.increase_redundancy(question, [items[-1].pk])
    while tasks := queue.next_tasks(question, extra, 3):
        for one in tasks:
            queue.submit(question.project, one.task_id, extra, uuid.uuid4(), "yes")
    relabel(question, items[-1])
    second = freeze(question)
    [one] = relabelled_between(first, second)
    assert (one.answers, one.decided_by) == (1, "")
    decided = Answer.objects.filter(task__item=items[-1]).first()
    Answer.objects.create(
        pk=uuid.uuid4(),
        task=decided.task,
        worker=manager,
        value="no",
        decision=True,
        active_ms=0,
        revision=decided.revision,
    )
    Label.objects.filter(item=items[-1]).update(value="maybe")
    [one] = relabelled_between(second, freeze(question))
    assert (one.answers, one.decided_by) == (0, manager.username)


def test_versions_of_other_questions_are_not_compared(question, first, people):
    other = make.question(question.project, text="Is this a dog?")
    for label in Label.objects.filter(question=question):
        Label.objects.create(question=other, item=label.item, value="yes", probability=0.9, answers=1)
    with pytest.raises(ValueError, match="different questions"):
        differences.between(first, freeze(other))


@pytest.mark.parametrize(
    ("last", "level", "expected"),
    [
        ("1.0.0", Level.MAJOR, "2.0.0"),
        ("1.4.2", Level.MAJOR, "2.0.0"),
        ("1.4.2", Level.MINOR, "1.5.0"),
        ("1.4.2", Level.PATCH, "1.4.3"),
    ],
)
def test_numbers_follow_each_other(last, level, expected):
    assert differences.next_number(last, level) == expected


def test_a_version_counts_its_classes_and_keeps_its_agreement(question, first):
    assert sum(train + test for _, train, test in first.classes) == first.count
    assert {name for name, _, _ in first.classes} == {"yes", "no"}
    assert first.agreement["alpha"] == 1.0


def test_the_page_compares_and_marks_what_was_seen(question, first, items, as_role, manager):
    browser = as_role("manager")
    address = f"/projects/{question.project_id}/versions/difference/"
    assert "no two versions" in browser.get(address).content.decode()
    label = relabel(question, items[-1])
    withdrawal.withdraw(question.project, [items[-2].pk], manager, "Old")
    second = freeze(question)
    page = browser.get(f"{address}?question={question.pk}").content.decode()
    assert "From version 1 to 2: 0 added, 1 removed, 1 relabelled." in page and "1.0.0 → 2.0.0" in page
    assert items[-1].name in page and items[-2].name in page and "What the difference has cost" in page
    assert label.value in page and second.number == 2
    same = browser.get(f"{address}?question={question.pk}&from=2&to=2").content.decode()
    assert "This is the same version" in same
    for wrong in ("from=9", "to=x", "to=0", "from=%00"):
        assert browser.get(f"{address}?question={question.pk}&{wrong}").status_code == 404
    assert 'href="/projects' in browser.get(f"/projects/{question.project_id}/versions/").content.decode()
    with_labels = [task.item_id for task in queue.next_tasks(question, browser.person, 10)]
    assert items[-1].pk not in with_labels


def test_the_api_compares(question, first, items, api, manager, people):
    relabel(question, items[-1])
    new = make.labelled_items(question, 1, 0, people)
    Label.objects.create(question=question, item=new[0], value="yes", probability=0.9, answers=3)
    freeze(question)
    base = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/versions/"
    said = api(manager).get(f"{base}2/difference/").json()
    assert said["counts"] == {"added": 1, "removed": 0, "relabelled": 1, "updated": 0, "erased": 0}
    assert said["level"] == "major" and [one["item"] for one in said["added"]] == [new[0].pk]
    [one] = said["relabelled"]
    assert one["sha256"] == items[-1].sha256 and {one["before"], one["after"]} == {"yes", "no"}
    assert api(manager).get(f"{base}2/difference/?from=1").json() == said
    for wrong in ("0", "9", "x", "²", "9" * 30):
        assert api(manager).get(f"{base}2/difference/?from={wrong}").status_code == 400
    assert api(manager).get(f"{base}1/difference/").status_code == 400, "there is none before the first"
    assert api(manager).get(f"{base}2/").json()["semantic_version"] == "2.0.0"


def test_the_cost_is_that_of_the_statement(question, first, items, people):
    from workers.budget import statements

    make.labelled_items(question, 2, 0, people)
    relabel(question, items[-1])
    second = freeze(question)
    lines = {line.name: line.amount for line in statements.lines(question.project, "version")}
    assert statements.spent_on_versions(question, first.number, second.number) == lines.get("2", 0)
    assert statements.spent_on_versions(question, 0, 1) == lines.get("1", 0)
    assert statements.spent_on_versions(question, 0, 2) == sum(lines.values())
