"""How the product is laid out: small folders, small files, and views only where views are."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.stand import ROOT

APPS = ("annotator", "datasets", "workers")
FILES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if not {"migrations", "__pycache__"} & set(path.parts)
)
SCRIPTS = sorted(path for app in APPS for path in (ROOT / app).rglob("static/**/*.js"))
PAGES = sorted(path for app in APPS for path in (ROOT / app).rglob("templates/**/*.html"))
PACKAGES = sorted({path.parent for path in FILES})
MOST_ENTRIES, MOST_MODULES, LINES = 14, 24, 300

# What takes a request and gives a response outside of `api` and `pages`, and why.
NO_VIEWS = {
    "annotator/admin.py:change_password": "Django's admin has pages of its own; its one for passwords leads to ours",
    "annotator/people/other_person.py:OtherPerson.__call__": "middleware",
    "annotator/people/permissions.py:project_page.decorate.page": "the wrapper that lets a person into a page, or not",
    "annotator/server/database_errors.py:Unstorable.__call__": "middleware",
    "annotator/server/database_errors.py:Unstorable.process_exception": "middleware",
    "annotator/server/database_errors.py:_refusal": "what that middleware answers",
    "annotator/server/headers.py:SecurityHeaders.__call__": "middleware",
    "annotator/server/headers.py:ServerTiming.__call__": "middleware",
    "annotator/server/health.py:Health.__call__": "middleware: it answers before hosts are checked and people known",
}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_first_app_lies_open_at_a_glance():
    entries = [path.name for path in (ROOT / "annotator").iterdir() if path.is_file()]
    assert len(entries) <= MOST_ENTRIES, sorted(entries)


@pytest.mark.parametrize("package", PACKAGES, ids=named)
def test_no_package_has_too_many_modules(package):
    assert len(list(package.glob("*.py"))) <= MOST_MODULES


@pytest.mark.parametrize("path", [*FILES, *SCRIPTS], ids=named)
def test_no_file_is_long(path):
    assert len(path.read_text().splitlines()) < LINES


def views(path: Path) -> list[str]:
    """Return what looks like a view in a file: takes a request and gives a response, or derives from a view."""

    def within(node: ast.AST, prefix: str) -> list[str]:
        found = []
        for one in ast.iter_child_nodes(node):
            name = f"{prefix}{getattr(one, 'name', '')}"
            if isinstance(one, ast.ClassDef):
                if any(ast.unparse(base).split("[")[0].endswith(("View", "ViewSet")) for base in one.bases):
                    found.append(name)
                found += within(one, f"{name}.")
            elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                takes = any("HttpRequest" in ast.unparse(arg.annotation) for arg in one.args.args if arg.annotation)
                if takes and one.returns and "Response" in ast.unparse(one.returns):
                    found.append(name)
                found += within(one, f"{name}.")
            else:
                found += within(one, prefix)
        return found

    return within(ast.parse(path.read_text()), f"{named(path)}:")


@pytest.mark.parametrize("path", FILES, ids=named)
def test_views_stand_in_rooms_of_views(path):
    inside = {path.stem, *path.relative_to(ROOT).parts} & {"api", "pages"}
    if not inside:
        assert set(views(path)) <= set(NO_VIEWS)


def test_every_exception_is_still_one():
    found = {name for path in FILES for name in views(path)}
    assert set(NO_VIEWS) <= found


def _imported(*folders: str) -> set[str]:
    """Return the packages that the code in some folders imports, own ones and the standard library's excepted."""
    roots: set[str] = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    roots |= {name.name.split(".")[0] for name in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    roots.add(node.module.split(".")[0])
    return roots - sys.stdlib_module_names - {"annotator", "datasets", "workers", "tests", "benchmarks"}


def _declared(*groups: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + [
        line for group in groups for line in project["dependency-groups"][group]
    ]
    return {_plain(re.split(r"[\[<>=]", line)[0]) for line in lines}


def _plain(name: str) -> str:
    return re.sub(r"[-_]", "", name.lower())


@pytest.mark.parametrize(
    ("folders", "groups"),
    [
        (("annotator", "datasets", "workers"), ("training", "sentence")),
        (("tests",), ("training", "dev")),
        (("benchmarks",), ("training", "dev", "bench")),
    ],
)
def test_every_imported_package_is_declared(folders, groups):
    named = importlib.metadata.packages_distributions()
    imported = {_plain(named.get(root, [root])[0]) for root in _imported(*folders)}
    assert imported - _declared(*groups) - {"botocore"} == set()  # botocore is boto3's own lower half


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_margin_notes_of_a_page_have_different_names(path):
    """A screen reader lists the notes of a page by their names. One of them may do without."""
    notes = re.findall(r"<aside([^>]*)>", path.read_text())
    names = [name[1] if (name := re.search(r'aria-label="([^"]+)"', one)) else "" for one in notes]
    assert len(names) == len(set(names))
