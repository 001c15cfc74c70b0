"""Items are found by words, filters and in an order; who may not know the answers finds them by name only."""

import uuid

import pytest
from django.test import Client

from annotator.intake import content
from annotator.intake.found import FoundContent
from annotator.items import found
from annotator.items import search as searching
from annotator.items.search import Search
from annotator.models import Answer, Item, Role, Split, Task
from annotator.refusal import Refused
from tests import make

pytestmark = pytest.mark.django_db


def text(name: str, says: str, **more) -> FoundContent:
    return FoundContent(name, says.encode(), "text", "text/plain", length=len(says), **more)


@pytest.fixture
def shelf(project):
    """A few texts, each with its own words."""
    contents = [
        text(
            "tea_one.txt",
            "Green tea from Uji",
            fields={"city": "Kyoto", "label": "good"},
            external_id="a-1",
            group="g1",
        ),
        text("tea-two.txt", "Black tea, see www.example.com/teas", fields={"price": 17}, external_id="a-10"),
        text("coffee.txt", "A coffee; naïve Café", path="hot/drinks/coffee.txt", priority=5),
        text("nothing.txt", "Water"),
    ]
    return {item.name: item for item in content.store(project, contents)}


def names(project, **values) -> list[str]:
    return [item.name for item in found.page(project, Search(**({"may_tell": True} | values)), 60).items]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tea", {"tea_one.txt", "tea-two.txt"}),
        ("TEA gre", {"tea_one.txt"}),
        ("kyoto", {"tea_one.txt"}),
        ("17", {"tea-two.txt"}),
        ("drinks", {"coffee.txt"}),
        ("café", {"coffee.txt"}),
        ("www.example", {"tea-two.txt"}),
        ("tea_one", {"tea_one.txt"}),
        ("tea coffee", set()),
        ("ea", set()),
        ("!!!", set()),
        ("' | & :* \\ <->", set()),
    ],
)
def test_words_are_found_wherever_they_are_written(project, shelf, words, expected):
    assert set(names(project, words=words)) == expected


def test_an_external_id_is_found_first_and_alone_when_it_is_asked_for(project, shelf):
    assert names(project, words="a-1", order="newest") == ["tea_one.txt", "tea-two.txt"]
    assert names(project, external_id="a-1") == ["tea_one.txt"]
    Item.objects.filter(pk=shelf["nothing.txt"].pk).update(external_id="#!")
    assert names(project, words="#!") == ["nothing.txt"]


def test_filters_and_orders(project, question, shelf):
    assert names(project, group="g1") == ["tea_one.txt"]
    Item.objects.filter(pk=shelf["coffee.txt"].pk).update(tags=["hot", "dark"])
    assert names(project, tag="hot") == ["coffee.txt"] and names(project, tag="ho") == []
    assert set(names(project, split=Split.TRAIN)) | set(names(project, split=Split.TEST)) == set(shelf)
    assert names(project, modality="picture") == []
    assert names(project, order="newest") == list(reversed(names(project)))
    assert names(project, order="name") == sorted(shelf)
    assert names(project, order="external_id") == ["tea_one.txt", "tea-two.txt"]
    assert names(project, order="priority")[0] == "coffee.txt"
    make.items(project, 1)
    Task.objects.filter(item=shelf["coffee.txt"]).delete()
    for item in shelf.values():
        if item.name != "coffee.txt":
            Task.objects.create(question=question, item=item, overlap=1, open_slots=1, shuffle_key=0)
    assert set(names(project, asked=question.pk)) & set(shelf) == set(shelf) - {"coffee.txt"}
    assert names(project, not_asked=question.pk, words="coffee") == ["coffee.txt"]
    [tea] = Task.objects.filter(question=question, item=shelf["tea_one.txt"])
    Answer.objects.create(id=uuid.uuid4(), task=tea, worker=make.user(), value="yes", decision=True)
    assert names(project, answered=question.pk) == ["tea_one.txt"]
    assert set(names(project, not_answered=question.pk)) & set(shelf) == set(shelf) - {"tea_one.txt"}


def test_another_projects_items_are_never_found(project, shelf, manager):
    other = make.project(manager)
    content.store(other, [text("theirs.txt", "Green tea of theirs")])
    assert "theirs.txt" not in names(project, words="tea")
    assert names(other, words="tea") == ["theirs.txt"]


@pytest.mark.parametrize("order", ["newest", "oldest", "name", "external_id", "priority"])
@pytest.mark.parametrize("words", ["", "tea"])
def test_what_is_too_much_to_count_comes_in_the_same_order(project, monkeypatch, order, words):
    contents = [
        text(f"{7 * n % 10}.txt", f"tea number {n}", external_id=f"x{3 * n % 10}", priority=n % 3) for n in range(10)
    ]
    content.store(project, contents)
    search = Search(words=words, order=order, may_tell=True)
    whole = found.page(project, search, 60)
    assert (whole.count, whole.more, whole.last) == (10, False, True)
    monkeypatch.setattr(found, "MOST_COUNTED", 4)
    monkeypatch.setattr(found, "LOOKED_AT", 1)
    many = found.page(project, search, 3)
    assert (many.count, many.more, many.last) == (4, True, False)
    assert many.items == whole.items[:3]
    assert found.page(project, search, 3, 3).items == whole.items[3:6]
    read, page = list(many.items), many
    while not page.last:
        page = found.after(project, search, 3, page.items[-1])
        read += page.items
    assert read == whole.items


def test_the_api_lists_finds_and_goes_on(project, shelf, api, manager, monkeypatch):
    base = f"/api/v1/projects/{project.pk}/items/"
    said = api(manager).get(f"{base}?q=tea&order=newest").json()
    assert said["count"] == 2 and [one["name"] for one in said["results"]] == ["tea-two.txt", "tea_one.txt"]
    monkeypatch.setattr(found, "MOST_COUNTED", 1)
    address, read = f"{base}?page_size=2", []
    while address:
        said = api(manager).get(address).json()
        assert said["count"] is None
        read += [one["name"] for one in said["results"]]
        address = said["next"]
    assert sorted(read) == sorted(shelf)
    for wrong in ("page=9", "page=x", "after=0", "after=77777777", "page_size=-1"):
        assert api(manager).get(f"{base}?{wrong}").status_code == 404, wrong
    for wrong in ("order=size", "split=left", "withdrawn=maybe", "asked=1", "asked=x", "q=" + "a" * 501):
        assert api(manager).get(f"{base}?{wrong}").status_code == 400, wrong


def test_who_may_not_know_the_answer_finds_nothing_by_it(project, shelf, api):
    reviewer = make.user()
    make.member(project, reviewer, Role.REVIEWER)
    base = f"/api/v1/projects/{project.pk}/items/"
    assert api(reviewer).get(f"{base}?q=tea_").json()["count"] == 1, "the beginning of a name"
    for secret in ("q=good", "q=Kyoto", "q=a-1", "q=Green", "q=hot"):
        assert api(reviewer).get(f"{base}?{secret}").json()["count"] == 0, secret
    for closed in (
        "tag=x",
        "group=g1",
        "external_id=a-1",
        "order=priority",
        "order=external_id",
        "withdrawn=true",
        "asked=1",
        "not_answered=1",
    ):
        assert api(reviewer).get(f"{base}?{closed}").status_code in (400, 403), closed
    [shown] = api(reviewer).get(f"{base}?name=coffee.txt").json()["results"]
    assert (shown["path"], shown["external_id"], shown["group"], shown["tags"], shown["fields"]) == ("", "", "", [], {})
    browser = Client()
    browser.force_login(reviewer)
    page = browser.get(f"/projects/{project.pk}/items/").content.decode()
    for secret in ("Kyoto", "a-1", "hot/drinks", "Not asked by", "Withdraw"):
        assert secret not in page
    page = browser.get(f"/projects/{project.pk}/items/{shelf['coffee.txt'].pk}/").content.decode()
    assert "hot/drinks" not in page


def test_the_page_searches_and_pages(project, shelf, manager, monkeypatch):
    from annotator.pages import items as pages

    browser = Client()
    browser.force_login(manager)
    base = f"/projects/{project.pk}/items/"
    page = browser.get(f"{base}?q=tea").content.decode()
    assert "2 items with “tea”" in page and "a-10" in page and "Water" not in page
    assert "Nothing was found" in browser.get(f"{base}?q=zebra").content.decode()
    monkeypatch.setattr(pages, "A_PAGE", 3)
    first = browser.get(f"{base}?order=name").content.decode()
    assert "Page 1 of 2" in first and "?order=name&amp;page=2" in first
    assert "tea_one" in browser.get(f"{base}?order=name&page=2").content.decode()
    assert browser.get(f"{base}?order=name&page=99").status_code == 200
    assert browser.get(f"{base}?order=bad").status_code == 400


def test_an_unknown_question_is_refused(project):
    with pytest.raises(Refused):
        searching.read({"asked": "9" * 30}, project, True)
