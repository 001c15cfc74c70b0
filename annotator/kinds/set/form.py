"""The form that builds a set of questions."""

import json
from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm


class PartsField(forms.JSONField):
    """The parts as indented JSON."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text to show in the field."""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


class SetForm(ConfigForm):
    """The parts, in the form that the API takes."""

    parts = PartsField(
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "mono"}),
        initial=list,
        help_text="Each part has a name, a text, a kind and that kind's config; “when” names an earlier part and the values "
        "with which this one is asked.",
    )
