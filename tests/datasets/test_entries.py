"""What a version says of an item: exact in its canonical form, whatever it holds."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.versions import entries

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
PROBABILITY = st.integers(0, entries.MILLION).map(lambda number: number / entries.MILLION)


def entry(**more):
    return {
        "name": "a",
        "sha256": "0" * 64,
        "answers": 2,
        "label": "yes",
        "probability": 0.5,
        "crowd": [],
        "fields": {},
    } | more


@given(
    JSON, st.dictionaries(st.text(), JSON, max_size=3), PROBABILITY, st.lists(st.tuples(JSON, PROBABILITY), max_size=3)
)
def test_everything_comes_back_as_it_was(label, fields, probability, crowd):
    before = entry(label=label, fields=fields, probability=probability, crowd=[list(one) for one in crowd])
    content = entries.encoded(before)
    assert entries.decoded(content) == before
    assert entries.encoded(entries.decoded(content)) == content


def floats(content):
    if isinstance(content, dict):
        return any(map(floats, content.values()))
    return any(map(floats, content)) if isinstance(content, list) else isinstance(content, float)


@given(JSON, PROBABILITY)
def test_no_fraction_is_hashed(label, probability):
    content = entries.encoded(entry(label=label, probability=probability, crowd=[[label, probability]]))
    assert not floats(json.loads(content))


@pytest.mark.parametrize(
    "words", ["é", "e\u0301", "💩 annotation", "שלום", "null", "NA", "a\r\nb", " ", "9007199254740993"]
)
def test_texts_are_hashed_as_they_are_stored(words):
    assert words in entries.decoded(entries.encoded(entry(name=words, label=words))).values()
    assert entries.encoded(entry(name="é")) != entries.encoded(entry(name="e\u0301"))
    assert json.dumps(words, ensure_ascii=False).encode() in entries.encoded(entry(name=words))


def test_the_order_of_keys_says_nothing():
    assert entries.canonical({"b": 1, "a": 2}) == entries.canonical({"a": 2, "b": 1}) == b'{"a":2,"b":1}'
