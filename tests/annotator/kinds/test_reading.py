"""Labels as other systems and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator import kinds
from annotator.kinds import About, Invalid
from annotator.kinds.reading import LabelReader

TEXT = About("text", length=20)
ANIMALS = {
    "choices": [{"value": "cat", "label": "A Cat"}, {"value": "dog", "label": "Dog"}, {"value": "Dog2", "label": "DOG"}]
}
CONFIGS = {
    "choice": ANIMALS,
    "scale": {"points": 5, "low": "not at all", "high": "very much", "middle": "so so"},
    "text": {"shortest": 1, "longest": 50},
    "pair": {"tie": True},
    "span": {"labels": ["name"]},
    "box": {"labels": ["cup"]},
    "set": {
        "parts": [
            {"name": "one", "text": "One?", "kind": "scale", "config": {"points": 3, "low": "l", "high": "h"}},
            {"name": "two", "text": "Two?", "kind": "choice", "config": {"choices": ["a", "b"]}},
        ]
    },
}


def reader(kind, config=None):
    return LabelReader(kind, kinds.get(kind).check_config(config or CONFIGS[kind]))


def refused(kind, given, config=None):
    with pytest.raises(Invalid) as problem:
        reader(kind, config).value_of(given, TEXT)
    return str(problem.value)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("cat", "cat"),
        (" CAT ", "cat"),
        ("a  cat", "cat"),
        ("A Cat", "cat"),
        ("dog", "dog"),
        ("Dog", "dog"),
        ("DOG", "Dog2"),
        ('["cat"]', "cat"),
        (["cat"], "cat"),
    ],
)
def test_a_choice_is_read_by_its_value_or_its_name(said, meant):
    assert reader("choice").value_of(said, TEXT) == meant


def test_what_is_ambiguous_or_unknown_is_refused_and_the_choices_are_named():
    assert refused("choice", "dOG") == "“dOG” could be any of: Dog2, dog."
    assert refused("choice", "mouse") == "“mouse” is none of the choices: cat, dog, Dog2."
    many = {"choices": [f"town {number}" for number in range(20)]}
    assert refused("choice", "x", many).endswith("town 10, town 11 and 8 more.")
    assert refused("choice", "") == refused("choice", None) == "The label is missing."
    assert "one choice" in refused("choice", ["cat", "dog"])
    assert "not a text" in refused("choice", {"a": 1})


@pytest.mark.parametrize(
    "choices",
    [["yes", "no"], ["true", "false"], ["1", "0"], [{"value": "a", "label": "Yes"}, {"value": "b", "label": "No"}]],
)
def test_yes_and_no_are_read_in_their_usual_forms(choices):
    config = kinds.get("choice").check_config({"choices": choices})
    yes, no = (entry["value"] for entry in config["choices"])
    for said in ("yes", "Y", "TRUE", "t", "1", 1, 1.0, True):
        assert LabelReader("choice", config).value_of(said, TEXT) == yes
    for said in ("no", "N", "False", "f", "0", 0, 0.0, False):
        assert LabelReader("choice", config).value_of(said, TEXT) == no


def test_yes_is_not_guessed_where_there_is_more_than_yes_and_no():
    assert "none of the choices" in refused("choice", "y", {"choices": ["yes", "no", "unsure"]})
    assert "none of the choices" in refused("choice", "true", {"choices": ["yes", "maybe"]})


@pytest.mark.parametrize("said", ["a;b", "a | B", '["a", "b"]', ["a", "b"], "a; b;"])
def test_several_choices(said):
    config = {"choices": ["a", "b", "x;y"], "several": True}
    assert reader("choice", config).value_of(said, TEXT) == ["a", "b"]
    assert reader("choice", config).value_of("x;y", TEXT) == ["x;y"]
    assert reader("choice", config | {"least": 0}).value_of("", TEXT) == []
    assert refused("choice", "", config) == "The label is missing."
    assert "“c” is none" in refused("choice", "a;c", config)


@pytest.mark.parametrize("said", [4, 4.0, "4", "4.0", " 4 ", "4,0"])
def test_a_point_of_a_scale(said):
    assert reader("scale").value_of(said, TEXT) == 4


def test_a_scale_is_read_by_the_names_of_its_ends_and_refuses_the_rest():
    assert [reader("scale").value_of(said, TEXT) for said in ("Not at all", "very much", "SO SO")] == [1, 5, 3]
    for said in ("4.5", 4.5, True, "six", "0", 6, 1e300, float("nan"), 10**400, [], None):
        refused("scale", said)


def test_texts_pairs_and_drawn_answers():
    assert reader("text").value_of("  as it is ", TEXT) == "  as it is "
    assert reader("text").value_of(7.0, TEXT) == "7"
    assert reader("pair").value_of(" LEFT", TEXT) == "left"
    span = {"spans": [{"start": 0, "end": 3, "label": "name"}]}
    assert reader("span").value_of('{"spans": [{"start": 0, "end": 3, "label": "name"}]}', TEXT) == span
    assert reader("span").value_of(span, TEXT) == span
    assert "past the end" in refused("span", {"spans": [{"start": 0, "end": 30, "label": "name"}]})
    assert "not JSON" in refused("span", "0-3 name")
    assert "not JSON" in refused("box", "[" * 100_000)
    assert reader("set").value_of('{"one": 2, "two": "a"}', TEXT) == {"one": 2, "two": "a"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


@pytest.mark.parametrize("kind", CONFIGS)
@given(said=anything)
def test_whatever_a_cell_holds_it_is_read_or_refused_with_a_reason(kind, said):
    try:
        value = reader(kind).value_of(said, TEXT)
    except Invalid as problem:
        assert str(problem)
    else:
        assert kinds.check_value(kind, reader(kind).config, value, TEXT) == value
