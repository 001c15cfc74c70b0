"""Accessibility, by axe-core."""

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page


@cache
def _script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def no_violation(page: Page) -> None:
    """Fail where axe-core finds anything wrong with the page as it stands."""
    page.evaluate(_script())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    said = [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}" for one in found]
    assert not said, "\n".join([page.url, *said])
