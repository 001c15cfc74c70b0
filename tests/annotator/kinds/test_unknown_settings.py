"""A setting that a kind does not have is refused and named: stored without it, a question asks other than was meant."""

import pytest

from annotator import kinds
from annotator.kinds import Invalid

PART = {"name": "a", "text": "A?", "kind": "scale", "config": {"points": 3, "low": "no", "high": "yes"}}
OTHER = PART | {"name": "b"}
WHOLE = {
    "choice": {"choices": ["a", "b"]},
    "scale": {"low": "no", "high": "yes"},
    "text": {},
    "span": {"labels": ["a", "b"]},
    "box": {"labels": ["a", "b"]},
    "pair": {},
    "set": {"parts": [PART, OTHER]},
}


def test_every_kind_is_tried():
    assert set(WHOLE) == set(dict(kinds.names()))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_setting_that_a_kind_does_not_have_is_named(kind):
    config = kinds.get(kind).check_config(WHOLE[kind])
    assert kinds.get(kind).check_config(config) == config, "what is stored can be sent again"
    with pytest.raises(Invalid, match="has no “optional”"):
        kinds.get(kind).check_config(WHOLE[kind] | {"optional": True})


@pytest.mark.parametrize(
    ("kind", "config", "named"),
    [
        ("set", {"parts": [PART, OTHER | {"optional": True}]}, "optional"),
        ("set", {"parts": [PART, OTHER | {"config": PART["config"] | {"point": 4}}]}, "point"),
        ("set", {"parts": [PART, OTHER | {"when": {"part": "a", "is": [1], "not": [2]}}]}, "not"),
        ("choice", {"choices": [{"value": "a", "hotkey": "x"}, "b"]}, "hotkey"),
        ("span", {"labels": [{"value": "a", "colour": "red"}]}, "colour"),
    ],
)
def test_so_is_one_within_a_part_or_a_choice(kind, config, named):
    with pytest.raises(Invalid, match=f"has no “{named}”"):
        kinds.get(kind).check_config(config)
