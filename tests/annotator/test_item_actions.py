"""What is done to items, one or many: tags, groups, priorities, batches, withdrawal, and erasing for good."""

import json

import pytest
from django.test import Client

from annotator import contents, queue, storage
from annotator.intake import content
from annotator.items import blobs, bulk, erasure, withdrawal
from annotator.items.bulk import Action
from annotator.items.search import Search
from annotator.models import AuditEntry, Item, Job, Role, Split, Suggestion, Task, TaskPlan
from annotator.refusal import Refused
from tests import make
from tests.annotator.test_item_search import text

pytestmark = pytest.mark.django_db


def both_sides(project) -> tuple[Item, Item]:
    return make.items_of_split(project, Split.TRAIN, 1)[0], make.items_of_split(project, Split.TEST, 1)[0]


def test_tags_groups_and_priorities(question, manager):
    project = question.project
    one, two = make.items_of_split(project, Split.TRAIN, 2)
    ids = [one.pk, two.pk]
    assert bulk.do(project, manager, Action("tag", " hot "), ids).changed == 2
    assert bulk.do(project, manager, Action("tag", "hot"), ids).changed == 0
    assert bulk.do(project, manager, Action("tag", "dark"), [one.pk]).changed == 1
    assert bulk.do(project, manager, Action("untag", "hot"), ids).changed == 2
    one.refresh_from_db()
    assert one.tags == ["dark"]
    assert bulk.do(project, manager, Action("group", "shop 1"), ids).changed == 2
    assert bulk.do(project, manager, Action("priority", "7"), [two.pk]).changed == 1
    [first] = queue.next_tasks(question, manager, 1)
    assert first.item_id == two.pk, "open tasks are reordered"
    assert Task.objects.get(item=two).priority == 7
    actions = list(AuditEntry.objects.filter(project=project).values_list("action", flat=True))
    assert {"tagged items", "removed a tag", "set a group", "set the priority of items"} <= set(actions)


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("tag", ""),
        ("tag", "x" * 51),
        ("priority", "high"),
        ("priority", "9999999"),
        ("group", "x" * 256),
        ("withdraw", " "),
        ("erase", ""),
        ("batch", "b"),
        ("eat", ""),
    ],
)
def test_what_makes_no_sense_is_refused(question, manager, action, value):
    [item] = make.items(question.project, 1)
    with pytest.raises(Refused):
        bulk.do(question.project, manager, Action(action, value), [item.pk])
    with pytest.raises(Refused, match="at least one"):
        bulk.do(question.project, manager, Action(action, value), [])


def test_a_group_never_has_items_of_both_sets(question, manager):
    train, test = both_sides(question.project)
    with pytest.raises(Refused, match="both the training and the test set"):
        bulk.do(question.project, manager, Action("group", "one"), [train.pk, test.pk])
    bulk.do(question.project, manager, Action("group", "one"), [train.pk])
    with pytest.raises(Refused, match="both the training and the test set"):
        bulk.do(question.project, manager, Action("group", "one"), [test.pk])
    bulk.do(question.project, manager, Action("group", ""), [train.pk])
    assert bulk.do(question.project, manager, Action("group", "one"), [test.pk]).changed == 1


def test_a_batch_is_planned_of_those_that_can_be(project, manager):
    question = make.question(project, plan=TaskPlan.BATCHES)
    ids = [item.pk for item in make.items(project, 3)]
    assert bulk.do(project, manager, Action("batch", "First", question.pk), ids[:1]).changed == 1
    assert bulk.do(project, manager, Action("batch", "Second", question.pk), ids).changed == 2
    assert [batch.name for batch in question.batches.order_by("number")] == ["First", "Second"]
    with pytest.raises(Refused, match="in a batch already"):
        bulk.do(project, manager, Action("batch", "Third", question.pk), ids)


def test_many_items_are_a_job_that_may_be_done_twice(question, manager, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    project = question.project
    made = make.items(project, 5)
    outcome = bulk.do(project, manager, Action("withdraw", "Old"), None, Search(may_tell=True))
    assert outcome.job and outcome.job.total == 5
    later = make.items(project, 1)[0]
    make.run_jobs()
    assert Job.objects.get(pk=outcome.job.pk).result == {"changed": 5}
    assert project.items.filter(withdrawn_at=None).get() == later, "what came later was not meant"
    bulk.do(project, manager, Action("take_back"), [item.pk for item in made])
    Job.objects.filter(kind="items").update(state="waiting")
    make.run_jobs()
    assert not project.items.exclude(withdrawn_at=None).exists()


def test_a_job_that_cannot_be_done_says_why(question, manager, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    train, test = both_sides(question.project)
    outcome = bulk.do(
        question.project,
        manager,
        Action("group", "a"),
        [train.pk, make.items_of_split(question.project, Split.TRAIN, 1)[0].pk],
    )
    Item.objects.filter(pk=test.pk).update(group="a")
    make.run_jobs()
    job = Job.objects.get(pk=outcome.job.pk)
    assert job.state == "failed" and "both the training and the test set" in job.error


def test_the_api_does_it_for_who_may(question, manager, api):
    project = question.project
    [item] = make.items(project, 1)
    base = f"/api/v1/projects/{project.pk}/items/"
    scientist = make.user()
    make.member(project, scientist, Role.DATA_SCIENTIST)
    said = api(scientist).patch(f"{base}{item.pk}/", {"tags": ["a", "b"], "priority": 3, "group": "g"}, format="json")
    assert said.status_code == 200
    assert (said.json()["tags"], said.json()["priority"], said.json()["group"]) == (["a", "b"], 3, "g")
    assert api(scientist).patch(f"{base}{item.pk}/", {"tags": ["b"]}, format="json").json()["tags"] == ["b"]
    assert api(scientist).patch(f"{base}{item.pk}/", {"split": "test"}, format="json").status_code == 400
    act = f"{base}actions/"
    done = api(scientist).post(act, {"action": "withdraw", "value": "Old", "search": {"tag": "b"}}, format="json")
    assert done.json() == {"changed": 1}
    shown = api(scientist).get(f"{base}{item.pk}/").json()
    assert shown["withdrawn_reason"] == "Old" and shown["withdrawn_at"]
    erase = {"action": "erase", "value": "A person asked", "items": [item.pk]}
    assert api(scientist).post(act, erase, format="json").status_code == 403, "only a manager erases"
    assert api(manager).post(act, erase, format="json").json() == {"changed": 1}
    for wrong in (
        {"action": "tag", "value": "x"},
        {"action": "tag", "value": "x", "items": [1], "search": {}},
        {"action": "tag", "value": "x", "search": {"shoe": "1"}},
        {"action": "fly", "items": [1]},
        {"action": "tag", "value": "x", "items": [10**30]},
    ):
        assert api(manager).post(act, wrong, format="json").status_code == 400, wrong


def test_the_page_does_it(question, manager):
    project = question.project
    one, two = make.items(project, 2)
    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{project.pk}/items/"
    said = browser.post(
        f"{base}actions/", {"action": "tag", "tag_value": "hot", "items": [one.pk, two.pk]}, follow=True
    )
    assert "2 items tagged." in said.content.decode()
    said = browser.post(f"{base}actions/", {"action": "withdraw", "withdraw_value": "", "items": [one.pk]})
    assert said.status_code == 400 and "Say why" in said.content.decode()
    values = {"action": "withdraw", "withdraw_value": "Old", "items": [one.pk], "one": "1"}
    said = browser.post(f"{base}actions/", values, follow=True).content.decode()
    assert "Withdrawn" in said and "Old" in said and "Take back into the project" in said
    said = browser.get(f"{base}?withdrawn=true").content.decode()
    assert one.name in said and two.name not in said
    said = browser.post(
        f"{base}actions/", {"action": "take_back", "all": "1", "search": "withdrawn=true&order=newest"}, follow=True
    )
    assert "1 item taken back" in said.content.decode()
    assert project.items.filter(withdrawn_at=None).count() == 2


@pytest.fixture
def written(project, question):
    said = "The phone number of Ada is 555-0199"
    more = {"fields": {"who": "Ada"}, "external_id": "ada", "group": "Lovelace", "path": "ada/1.txt"}
    [item] = content.store(project, [text("ada.txt", said, **more)])
    Item.objects.filter(pk=item.pk).update(tags=["ada"])
    return item


def test_an_erased_item_leaves_a_tombstone_and_nothing_else(project, question, written, manager, browser_of):
    Suggestion.objects.create(question=question, item=written, value={"text": "Ada"}, model="m")
    with pytest.raises(Refused, match="Withdraw them first"):
        erasure.erase(project, [written.pk], manager, "She asked")
    withdrawal.withdraw(project, [written.pk], manager, "Personal")
    with pytest.raises(Refused, match="Say why"):
        erasure.erase(project, [written.pk], manager, "")
    assert erasure.erase(project, [written.pk], manager, "She asked") == 1
    assert erasure.erase(project, [written.pk], manager, "She asked") == 0
    row = json.dumps(Item.objects.filter(pk=written.pk).values().get(), default=str)
    for word in ("Ada", "ada", "Lovelace", "555-"):
        assert word not in row
    written.refresh_from_db()
    assert written.erased_at and written.sha256 in row and written.name == "Erased"
    assert not Suggestion.objects.filter(value__icontains="Ada").exists()
    with pytest.raises(contents.Erased):
        contents.read(project.pk, [written.sha256])
    said = browser_of.get(f"/api/v1/projects/{project.pk}/content/{written.sha256}/")
    assert said.status_code == 410 and "erased" in said.json()["detail"]
    page = browser_of.get(f"/projects/{project.pk}/items/{written.pk}/").content.decode()
    assert "deleted permanently" in page and "Ada" not in page
    assert "Erased" in browser_of.get(f"/projects/{project.pk}/items/?withdrawn=true").content.decode()
    assert withdrawal.take_back(project, [written.pk], manager) == 0
    assert content.store(project, [text("again.txt", "The phone number of Ada is 555-0199")]) == []
    entry = AuditEntry.objects.get(action="erased items")
    assert entry.detail == {"items": [written.pk], "reason": "She asked"}


@pytest.fixture
def browser_of(manager):
    browser = Client()
    browser.force_login(manager)
    return browser


def test_the_file_goes_unless_something_else_uses_it(project, manager, question):
    other = make.project(manager)
    one, shared, shown = (make.png(shade) for shade in (70, 71, 72))
    from annotator.intake import pictures

    found = [pictures.check_picture(f"{place}.png", png) for place, png in enumerate((one, shared, shown))]
    made = content.store(project, found)
    content.store(other, found[1:2])
    question.examples = [{"picture": made[2].sha256, "answer": "yes", "note": "", "wrong": False}]
    question.save()
    withdrawal.withdraw(project, [item.pk for item in made], manager, "Old")
    erasure.erase(project, [item.pk for item in made], manager, "Old")
    make.run_jobs()
    there = [storage.exists(storage.content_key(item.sha256)) for item in made]
    assert there == [False, True, True]
    browser = Client()
    browser.force_login(manager)
    base = f"/api/v1/projects/{project.pk}/content/"
    assert [browser.get(f"{base}{item.sha256}/").status_code for item in made] == [410, 410, 200], (
        "the example is shown"
    )
    assert browser.get(f"/api/v1/projects/{other.pk}/content/{made[1].sha256}/").status_code == 200


def test_a_training_on_a_version_with_an_erased_item_says_so(question, manager, annotator):
    from annotator.jobs import JobProblem
    from datasets.labels import computation
    from datasets.versions import versions
    from workers.training.learning import dataset

    made = make.labelled_items(question, 20, 4, [annotator])
    computation.compute(question)
    version, _ = versions.freeze(question, versions.build(question), manager)
    withdrawal.withdraw(question.project, [made[-1].pk], manager, "Old")
    erasure.erase(question.project, [made[-1].pk], manager, "Old")
    with pytest.raises(JobProblem, match="1 item of this version was erased"):
        dataset.load_material(version, "picture")


def test_contents_in_use_are_named(project, manager):
    assert blobs.in_use(["0" * 64]) == set()


def test_a_refused_action_keeps_the_search_and_what_was_chosen(project, manager, as_role):
    chosen, other = content.store(project, [text("tea.txt", "Green tea"), text("coffee.txt", "Black coffee")])
    browser = as_role("manager")
    sent = {"action": "withdraw", "withdraw_value": "", "items": [chosen.pk], "search": "q=tea"}
    response = browser.post(f"/projects/{project.pk}/items/actions/", sent)
    page = response.content.decode()
    assert response.status_code == 400 and "This cannot be done." in page and "Nothing was imported" not in page
    assert f'name="items" value="{chosen.pk}" checked' in page and f'name="items" value="{other.pk}"' not in page
    assert '<option value="withdraw" selected>' in page and 'name="search" value="q=tea' in page


def test_when_all_items_are_withdrawn_the_page_says_what_was_done_and_leads_to_them(project, as_role):
    items, browser, address = make.items(project, 3), as_role("manager"), f"/projects/{project.pk}/items/"
    sent = {"action": "withdraw", "withdraw_value": "Old", "all": "1"}
    page = browser.post(f"{address}actions/", sent, follow=True).content.decode()
    assert "3 items withdrawn." in page and "All items are withdrawn." in page and "no items yet" not in page
    assert 'href="?withdrawn=true#found"' in page
    page = browser.get(f"{address}?withdrawn=true").content.decode()
    assert all(item.name in page for item in items) and "3 items, withdrawn" in page
