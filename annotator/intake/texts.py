"""Texts and formatted texts."""

import html as markup
import re

import nh3

from annotator.intake.found import HTML, TEXT, BadContent, FoundContent, decoded

MOST_CHARACTERS = 1_000_000
# Formatted texts keep only their structure: no pictures, links, styles, scripts or forms.
TAGS = {
    *("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "mark", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td", "caption"),
}
ATTRIBUTES = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "*": {"dir", "lang"}}
_SPACE = re.compile(r"\s+")


def _refuse_long(name: str, words: str) -> None:
    if len(words) > MOST_CHARACTERS:
        raise BadContent(f"{name}: the text has {len(words):,} characters; at most {MOST_CHARACTERS:,} are taken.")


def text(name: str, content: bytes) -> FoundContent:
    """Return a plain text. Raises BadContent."""
    return text_content(name, decoded(name, content))


def text_content(name: str, words: str) -> FoundContent:
    """Return a plain text as an item. Raises BadContent.

    Line ends become \\n, so that positions in the text are the same everywhere.
    """
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_long(name, words)
    if "\x00" in words:
        raise BadContent(f"{name}: the text holds a NUL character.")
    try:
        content = words.encode()
    except UnicodeEncodeError:
        raise BadContent(f"{name}: the text holds half a character (a lone surrogate).") from None
    return FoundContent(
        name,
        content,
        TEXT,
        "text/plain; charset=utf-8",
        length=len(words),
        excerpt=" ".join(words[:400].split()),
    )


def html(name: str, content: bytes) -> FoundContent:
    """Return a formatted text, without anything that could run, load or imitate our pages. Raises BadContent."""
    return html_content(name, decoded(name, content))


def html_content(name: str, words: str) -> FoundContent:
    """Return a formatted text as `html` does. Raises BadContent."""
    _refuse_long(name, words)
    if "\x00" in words:
        raise BadContent(f"{name}: the text holds a NUL character.")
    words = words.encode(errors="replace").decode()
    clean = nh3.clean(
        words, tags=TAGS, attributes=ATTRIBUTES, clean_content_tags={"script", "style"}, url_schemes=set()
    )
    plain = _SPACE.sub(" ", markup.unescape(nh3.clean(clean, tags=set()))).strip()
    if not plain:
        raise BadContent(f"{name}: nothing is left of this HTML once scripts, styles and pictures are taken out.")
    return FoundContent(
        name,
        clean.encode(),
        HTML,
        "text/html; charset=utf-8",
        length=len(plain),
        excerpt=plain,
    )
