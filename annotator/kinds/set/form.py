"""How a set is built."""

import json
from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm


class SetForm(ConfigForm):
    """Its parts, as the API takes them."""

    parts = forms.JSONField(
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "mono"}),
        help_text="Each part has a name, a text, a kind and that kind's config; “when” names an earlier part and the values "
        "with which this one is asked.",
    )

    @classmethod
    def initial_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Return the parts, indented."""
        return {"parts": json.dumps(config["parts"], indent=2, ensure_ascii=False)}
