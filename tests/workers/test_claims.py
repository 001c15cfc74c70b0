"""Every figure a page shows about quality, error, money or time has a line in docs/claims.md."""

import ast
import re
from pathlib import Path

import pytest

from tests.stand import ROOT

CLAIMS = (ROOT / "docs" / "claims.md").read_text()
FIGURE = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\|(?:percent|points|between|hours|duration|seconds)\b[^}]*\}\}")
TEMPLATES = sorted(
    path for app in ("annotator", "datasets", "workers") for path in (ROOT / app).rglob("templates/**/*.html")
)


def name_of(path: Path) -> str:
    """Return a template's name, as `{% include %}` takes it."""
    return str(path).rsplit("/templates/", 1)[1]


SENTENCES = ROOT / "workers" / "training" / "sentences"


def listed() -> dict[str, set[str]]:
    """Return the figures that the last table of the page names, by template."""
    found: dict[str, set[str]] = {}
    for name, figures in re.findall(r"^\| `([\w/]+\.html)` \| ([^|]+) \|", CLAIMS, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r"`([\w.]+)`", figures))
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_every_figure_of_a_template_has_a_line(path):
    shown = set(FIGURE.findall(path.read_text()))
    assert shown <= listed().get(name_of(path), set())


def test_no_line_speaks_of_a_figure_that_is_gone():
    by_name = {name_of(path): path.read_text() for path in TEMPLATES}
    for name, figures in listed().items():
        for figure in figures:
            assert re.search(rf"\b{re.escape(figure)}\b", by_name[name]), (name, figure)


def test_every_function_that_says_something_of_the_future_has_a_line():
    """The sentences are made in one package; those that only put words together claim nothing themselves."""
    makes = {
        "figures.chance",
        "figures.number",
        "figures.percent",
        "goal._within",
        "margin.how_sure",
        "margin.price",
        "margin.right_against_more",
        "recommendation._beside",
        "recommendation._missing",
        "recommendation._new",
        "recommendation.basis",
        "recommendation.newest_summary",
        "summary._after_a_stop",
        "summary._days",
        "summary._luck",
        "summary._reaches",
        "summary._supply",
        "summary.of_project",
        "summary.summarise",
    }
    functions = {
        f"{path.stem}.{node.name}"
        for path in SENTENCES.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert makes <= functions, makes - functions
    assert functions - makes == {
        "goal._lacking",
        "goal.goal_notes",
        "margin.one_person",
        "margin.precision_and_recall",
        "margin.rises",
        "margin.wrong_labels",
        "recommendation._again",
        "recommendation._unsure",
        "summary._floor",
        "summary._limited_by_labels",
        "summary._not_the_labels",
    }
    for name in ("summary._floor", "goal.goal_notes", "summary._limited_by_labels"):
        assert f"sentences.{name}`" in CLAIMS
    for name in re.findall(r"`sentences\.(\w+\.\w+)`", CLAIMS):
        assert name in functions, name


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`((?:truth|outlook|findings|limits|forecast|gains|backtest)\.\w+)`", CLAIMS)))
)
def test_what_computes_a_claim_exists(name):
    module, function = name.split(".")
    [path] = (ROOT / "workers" / "training").rglob(f"{module}.py")
    assert f"def {function}(" in path.read_text()
