"""The links between pages. The apps above add theirs when they are ready; this app names none of their pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from annotator.people.permissions import allowed


@dataclass(frozen=True)
class Link:
    """A link, shown to people who may see its page.

    `order` is its position. `pages` are the names of further pages on which it is marked as current. `unless` is a permission
    that makes it unnecessary.
    """

    order: int
    title: str
    page: str
    permission: str
    pages: frozenset[str] = frozenset()
    unless: str = ""

    def seen(self, may: frozenset[str]) -> bool:
        """Check whether a person with these permissions sees the link."""
        return self.permission in may and self.unless not in may

    def current(self, name: str) -> bool:
        """Check whether the page of this name belongs to the link."""
        return name == self.page or name in self.pages or BELONGS.get(name) == self.page


BAR: list[Link] = []  # of a project, on top of every page
QUESTION_TABS: list[Link] = []  # of a question
# Pages of the apps above to which pages of this app lead, by what they are for: a project's first page, planning a batch, one
# person's work, the labels of a question.
URLS: dict[str, str] = {}
# Pages of the apps above that belong to a link of this app: by the page's name, the page of the link.
BELONGS: dict[str, str] = {}


def register(
    bar: tuple[Link, ...] = (),
    question_tabs: tuple[Link, ...] = (),
    urls: dict[str, str] | None = None,
    belongs: dict[str, str] | None = None,
) -> None:
    """Add links; called once by each app, when it is ready."""
    BAR.extend(bar)
    BAR.sort(key=lambda link: link.order)
    QUESTION_TABS.extend(question_tabs)
    QUESTION_TABS.sort(key=lambda link: link.order)
    URLS.update(urls or {})
    BELONGS.update(belongs or {})


def permission(page: str) -> str:
    """Return the permission that a page needs, by its name; an empty string if no link leads there."""
    return next((link.permission for link in [*QUESTION_TABS, *BAR] if link.current(page)), "")


def page_url(what: str, *arguments: Any) -> str:
    """Return the address of a page of an app above; an empty string if no app has one."""
    try:
        return reverse(URLS[what], args=arguments)
    except (KeyError, NoReverseMatch):
        return ""


def context(request: HttpRequest) -> dict[str, Any]:
    """Return the links of the project bar and the question tabs for templates, each as (link, whether it is the current page)."""
    member = getattr(request, "member", None)
    if member is None:
        return {}
    may = allowed(member)
    name = request.resolver_match.url_name or "" if request.resolver_match else ""

    def seen(links: list[Link]) -> list[tuple[Link, bool]]:
        return [(link, link.current(name)) for link in links if link.seen(may)]

    bar, home = seen(BAR), URLS.get("home", "")
    return {
        "bar": [(link, current) for link, current in bar if link.page != home],
        "home_link": next(((link, current) for link, current in bar if link.page == home), None),
        "question_tabs": seen(QUESTION_TABS),
    }
