"""Rules choose the training items of a version, say how many each removes, and choose the same ones again."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.models import Flag, Split
from datasets.models import Label
from datasets.versions import freeze_rules, versions
from datasets.versions.freeze_rules import BadRules, Candidate, FreezeRules, apply
from tests import make

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.uuids().map(str),
        st.sampled_from(["cat", "dog", "bird", 1, True]),
        st.sampled_from([0.2, 0.5, 0.8, 1.0]),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda one: one.sha256,
)
RULES = st.builds(
    FreezeRules,
    st.sampled_from([0.0, 0.5, 0.9]),
    st.integers(1, 4),
    st.booleans(),
    st.just(True),
    st.booleans(),
    st.none() | st.integers(1, 20),
)


def label_of(one):
    return repr(one.label)


@given(CANDIDATES, RULES, st.data())
def test_what_is_kept_and_removed_is_everything_and_obeys_the_rules(candidates, rules, data):
    flagged = set(
        data.draw(
            st.lists(st.sampled_from([one.sha256 for one in candidates]), max_size=5) if candidates else st.just([])
        )
    )
    found = apply(rules, candidates, flagged, "salt")
    assert len(found.kept) + sum(found.removed.values()) == len(candidates)
    kept = [one for one in candidates if one.sha256 in found.kept]
    for one in kept:
        assert one.probability >= rules.min_probability and (one.answers >= rules.min_answers or one.decided)
        assert (one.decided or not rules.only_decided) and one.sha256 not in flagged
    if rules.sample:
        assert len(kept) <= rules.sample
    if rules.balance:
        assert len(set(Counter(map(label_of, kept)).values())) <= 1
    assert apply(rules, candidates[::-1], flagged, "salt") == found, "the order of the rows says nothing"


@given(CANDIDATES, st.integers(1, 20), st.integers(0, 10))
def test_a_larger_sample_holds_the_smaller_one(candidates, size, more):
    small = apply(FreezeRules(sample=size), candidates, set(), "salt").kept
    assert small <= apply(FreezeRules(sample=size + more), candidates, set(), "salt").kept
    assert len(small) == min(size, len([one for one in candidates if one.answers >= 1 or one.decided]))


def test_balanced_classes_have_as_many_as_the_rarest_or_as_fit_the_sample():
    candidates = [Candidate(f"{place}", "cat" if place % 4 else "dog", 1.0, 3, False) for place in range(40)]
    found = apply(FreezeRules(balance=True), candidates, set(), "salt")
    assert found.removed == {"balance": 20} and len(found.kept) == 20
    found = apply(FreezeRules(balance=True, sample=7), candidates, set(), "salt")
    assert found.removed == {"balance": 20, "sample": 14} and len(found.kept) == 6


def test_marks_are_not_balanced():
    with pytest.raises(BadRules, match="one word or number"):
        apply(FreezeRules(balance=True), [Candidate("a", [{"start": 1}], 1.0, 1, False)], set(), "salt")


@pytest.fixture
def labelled(question):
    items = make.items_of_split(question.project, Split.TRAIN, 8) + make.items_of_split(question.project, Split.TEST, 2)
    for place, item in enumerate(items):
        Label.objects.create(
            question=question,
            item=item,
            value="yes" if place % 4 else "no",
            probability=0.5 + place / 20,
            answers=3,
            decided=place == 1,
        )
    return items


@pytest.mark.django_db
def test_a_version_is_frozen_by_its_rules_and_names_them(question, labelled):
    task = question.tasks.get(item=labelled[2])
    Flag.objects.create(question=question, task=task, worker=question.created_by, comment="Hm")
    content = versions.build(question, without_flagged=True, min_probability=0.55)
    assert content["rules"] == {"min_probability": 0.55, "min_answers": 1, "without_flagged": True}
    version, _ = versions.freeze(question, content, None)
    assert (version.train_count, version.test_count) == (6, 2)
    assert labelled[2].sha256 not in {one["sha256"] for one in versions.manifest(version)["items"]}
    found = freeze_rules.select(question, FreezeRules(min_probability=0.55, without_flagged=True))
    assert found.removed == {"min_probability": 1, "without_flagged": 1}
    assert versions.build(question, only_decided=True)["rules"]["only_decided"] is True
    with pytest.raises(versions.NotFreezable, match="No training item"):
        versions.build(question, min_answers=9, min_probability=1.0)


@pytest.mark.django_db
def test_the_page_counts_before_it_freezes(question, labelled, as_role):
    browser = as_role("manager")
    address = f"/projects/{question.project_id}/versions/freeze/"
    sent = {"min_probability": "0.6", "min_answers": "1", "balance": "on", "sample": "", "action": "count"}
    page = browser.post(address, sent).content.decode()
    assert "2 training items</b> would be frozen" in page and "more than the rarest class has" in page
    assert not question.project.jobs.filter(kind="freeze").exists() and 'value="0.6"' in page
    assert browser.post(address, sent | {"sample": "0"}).status_code == 400
    del sent["action"]
    assert browser.post(address, sent).status_code == 302
    job = question.project.jobs.get(kind="freeze")
    assert job.arguments["rules"] == {"min_probability": 0.6, "min_answers": 1, "balance": True}


@pytest.mark.django_db
def test_the_api_takes_the_rules(question, labelled, api, manager):
    address = f"/api/v1/projects/{question.project_id}/questions/{question.pk}/versions/"
    sent = {"only_decided": True, "sample": 5}
    assert api(manager).post(address, sent, format="json").status_code == 202
    rules = question.project.jobs.get(kind="freeze").arguments["rules"]
    assert rules == {"min_probability": 0.0, "min_answers": 1, "only_decided": True, "sample": 5}
    for wrong in ({"sample": 0}, {"sample": "x"}, {"balanced": True}):
        assert api(manager).post(address, wrong, format="json").status_code == 400
