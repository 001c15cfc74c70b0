"""Markdown of instructions: the structure is kept, and nothing that runs or loads."""

import nh3
from markdown_it import MarkdownIt

from annotator.models.question import MOST_INSTRUCTIONS

_READ = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "ul", "ol", "li", "blockquote", "pre", "code", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def render(text: str) -> str:
    """Return Markdown as safe HTML. Headings start below the page's own; links may be https only.

    Text beyond the longest allowed instructions is cut, because parsing time can grow with the square of the length.
    """
    html = _READ.render(text[:MOST_INSTRUCTIONS])
    for level in (4, 3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"https"}, link_rel="noopener noreferrer"
    )
