"""The API's document describes configurations, answers and forecasts, and what the product takes or shows fits it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator

from annotator import kinds
from tests.annotator.kinds.examples import CONFIGS, ITEM, KIND, NEARLY, RIGHT, TEXT
from tests.openapi import document, fits

DOCUMENT = document()


@pytest.mark.parametrize("name", CONFIGS)
def test_a_configuration_fits_as_it_is_sent_and_as_it_is_stored(name):
    kind = kinds.get(KIND.get(name, name))
    for config in (CONFIGS[name], kind.check_config(CONFIGS[name])):
        assert fits(DOCUMENT, f"{kind.name.capitalize()}Config", config) == []
        assert fits(DOCUMENT, "QuestionConfig", config) == []


@pytest.mark.parametrize("template", [one for _, one in kinds.templates()], ids=lambda one: one.name)
def test_every_ready_made_question_fits(template):
    [kind] = [kind for kind, one in kinds.templates() if one is template]
    assert fits(DOCUMENT, f"{kind.name.capitalize()}Config", kind.check_config(template.config)) == []


@pytest.mark.parametrize("name", CONFIGS)
def test_every_answer_that_is_stored_fits(name):
    kind = kinds.get(KIND.get(name, name))
    config = kind.check_config(CONFIGS[name])

    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    @given(st.sampled_from(RIGHT[name]) | NEARLY[name])
    def stored(value: Any) -> None:
        try:
            kinds.check_value(kind.name, config, value, ITEM.get(name, TEXT))
        except kinds.Invalid:
            return
        assert fits(DOCUMENT, f"{kind.name.capitalize()}Value", value) == []
        assert fits(DOCUMENT, "AnswerValue", value) == []

    stored()


@pytest.mark.parametrize(
    ("component", "value"),
    [
        ("ChoiceConfig", {"choices": ["one"]}),
        ("ScaleConfig", {"points": 11, "low": "no", "high": "yes"}),
        ("SpanValue", {"spans": [{"start": -1, "end": 2, "label": "x"}]}),
        ("BoxValue", {"shapes": [{"type": "box", "label": "x", "x": 0, "y": 0, "width": 0, "height": 3}]}),
        ("PairValue", "both"),
        ("SetConfig", {"parts": []}),
        ("TextConfig", {"form": "poem"}),
    ],
)
def test_what_no_question_takes_does_not_fit(component, value):
    assert fits(DOCUMENT, component, value)


def test_the_document_is_valid_openapi():
    found = OpenAPIV30SpecValidator(json.loads(json.dumps(DOCUMENT, default=str))).iter_errors()
    assert [str(one)[:300] for one in found] == []


def test_no_configuration_answer_or_forecast_is_any_json():
    loose = [
        (name, field)
        for name, component in DOCUMENT["components"]["schemas"].items()
        for field, schema in component.get("properties", {}).items()
        if field in ("config", "value", "points", "forecast", "suggestion")
        and not {"type", "$ref", "allOf", "anyOf", "oneOf"} & set(schema)
    ]
    assert loose == []
