"""Names in templates and styles that nothing else checks: a wrong one shows an empty place, and no error."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from tests.stand import ROOT

APPS = ("annotator", "datasets", "workers")
TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).rglob("templates/**/*.html"))
SCRIPTS = sorted(path for app in APPS for path in (ROOT / app).rglob("static/**/*.js"))
STYLES = sorted(path for app in APPS for path in (ROOT / app).rglob("static/**/*.css"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_display_of_a_choice_is_of_a_field_that_has_choices(path: Path):
    known = {
        f"get_{field.name}_display" for model in apps.get_models() for field in model._meta.fields if field.choices
    }
    assert set(re.findall(r"get_\w+_display", path.read_text())) <= known


def test_every_data_attribute_of_a_style_is_set_by_a_template_or_a_script():
    styled = {name for path in STYLES for name in re.findall(r"\[data-([\w-]+)", path.read_text())}
    text = "\n".join(path.read_text() for path in [*TEMPLATES, *SCRIPTS])
    kinds = "\n".join(path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py"))
    for name in styled:
        camel = re.sub(r"-(\w)", lambda found: found[1].upper(), name)
        assert f"data-{name}" in text or f"dataset.{camel}" in text or f"data-{name}" in kinds, name
