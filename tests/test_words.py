"""Words that keep readers from understanding a page at once. Each has its plain word; the list is short on purpose."""

import re

import pytest

from tests.test_structure import PAGES

# The word, as a reader sees it, and what to write instead.
PLAIN = {
    r"for ever": "permanently",
    r"\banew\b": "again",
    r"\bdeed\b": "action",
    r"\bso many\b": "that many, or the number",
    r"\bWhom\b": "Person",
    r"\b[Ww]hoever\b": "the person who",
    r"\bput right\b": "correct",
    r"\bby heart\b": "completely",
    r"\b[Kk]nown items?\b": "gold item",
    r"\bBring \w+ in\b": "Import",
    r"\bset aside\b": "excluded",
    r"\bcame to nothing\b": "failed",
    r"\d %": "96.6%, without a space",
}
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: "/".join(path.parts[-2:]))
def test_a_page_uses_plain_words(path):
    text = TAG.sub(" ", path.read_text())
    found = {word: plain for word, plain in PLAIN.items() if re.search(word, text)}
    assert not found
