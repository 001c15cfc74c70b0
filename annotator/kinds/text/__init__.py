"""Text: a transcription or a free answer, with checks.

Configuration: `{"lines": 1, "shortest": 1, "longest": 2000, "form": "any", "mask": ""}`. `form` is any, number, date or
mask. In a mask, 9 is a digit, A a letter, * either, and every other character itself.
An answer is a text, stored with all its spaces. Lengths are in Unicode code points.
"""

import datetime
import re
import unicodedata
from typing import Any

from annotator.kinds.base import About, Kind, Template
from annotator.kinds.errors import Invalid
from annotator.kinds.plain import known, whole, words
from annotator.kinds.text import likeness, schema
from annotator.kinds.text.schema import FORMS, MOST_CHARACTERS

_NUMBER = re.compile(r"[+-]?\d{1,30}([.,]\d{1,30})?\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


class Text(Kind):
    """A text in the person's own words."""

    name = "text"
    title = "Text: a transcription or a free answer"
    widget = "kinds/text/widget.js"
    form = "annotator.kinds.text.form.TextForm"
    config_schema, value_schema = schema.CONFIG, schema.VALUE
    agreement = 0.95
    templates = (
        Template(
            "transcription",
            "Transcription",
            "What is said or written here?",
            {"lines": 4, "longest": 2000},
            "Write what is there, word for word. Write [?] for what you cannot make out.",
            modality="picture",
        ),
        Template("number", "Read a number", "What does the meter show?", {"form": "number"}, modality="picture"),
    )

    def check_config(self, config: Any) -> dict[str, Any]:
        """Return the number of lines, the lengths and the form."""
        known(config, ("lines", "shortest", "longest", "form", "mask"), "A text")
        if not isinstance(config, dict):
            raise Invalid("A text has lines, shortest, longest and form.")
        form = config.get("form", "any")
        if not isinstance(form, str) or form not in FORMS:
            raise Invalid(f"The form is one of: {', '.join(FORMS)}.")
        shortest = whole(config.get("shortest", 1), "The fewest characters", 0, MOST_CHARACTERS)
        stored = {
            "lines": whole(config.get("lines", 1), "The number of lines", 1, 40),
            "shortest": shortest,
            "longest": whole(config.get("longest", 2000), "The most characters", max(1, shortest), MOST_CHARACTERS),
            "form": form,
        }
        if form == "mask":
            stored["mask"] = words(config.get("mask"), "The pattern", 100)
        return stored

    def check_change(self, config: dict[str, Any], new: dict[str, Any]) -> None:
        """Allow the lengths to be widened, and the form to be dropped."""
        if new["shortest"] > config["shortest"] or new["longest"] < config["longest"]:
            raise Invalid("The lengths can be widened, not narrowed: longer or shorter answers may have been given.")
        if new["form"] != "any" and (new["form"], new.get("mask")) != (config["form"], config.get("mask")):
            raise Invalid("The form can be dropped, not changed: other answers may have been given.")

    def check(self, config: dict[str, Any], value: Any, item: About) -> str:
        """Return the text. Raises Invalid."""
        if not isinstance(value, str):
            raise Invalid("The answer is a text.")
        if not config["shortest"] <= len(value) <= config["longest"] or (config["shortest"] and not value.strip()):
            raise Invalid(
                f"The answer has {len(value):,} characters; {config['shortest']:,} to {config['longest']:,} are asked for."
            )
        if config["lines"] == 1 and len(value.splitlines()) > 1:
            raise Invalid("The answer is one line.")
        if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in value):
            raise Invalid("The answer holds control characters.")
        if value and not _fits(config, value):
            wanted = f"like {config['mask']}" if config["form"] == "mask" else FORMS[config["form"]]
            raise Invalid(f"The answer must be {wanted}.")
        return value

    def similarity(self, config: dict[str, Any], one: Any, other: Any) -> float:
        """Return the share of characters that two texts have in common, in order, ignoring spacing, case and composition."""
        first, second = _bare(one), _bare(other)
        if first == second:
            return 1.0
        return 2 * likeness.common(first, second) / (len(first) + len(second))

    def size(self, value: Any) -> int:
        """Return the number of characters plus 1."""
        return 1 + len(value)

    def text(self, config: dict[str, Any], value: Any) -> str:
        """Return the text in quotation marks."""
        return f"“{value}”" if value else "nothing"


def _bare(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _fits(config: dict[str, Any], value: str) -> bool:
    if config["form"] == "number":
        return bool(_NUMBER.match(value))
    if config["form"] == "date":
        try:
            return bool(_DATE.match(value)) and bool(datetime.date.fromisoformat(value))
        except ValueError:
            return False
    if config["form"] == "mask":
        return len(value) == len(config["mask"]) and all(map(_stands_for, config["mask"], value))
    return True


def _stands_for(sign: str, character: str) -> bool:
    if sign == "9":
        return character.isdecimal()
    if sign == "A":
        return character.isalpha()
    return character.isalnum() if sign == "*" else character == sign


KIND = Text()
