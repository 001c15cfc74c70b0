"""The form that builds a choice question."""

from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm, LabelsField, lines_of


class ChoiceForm(ConfigForm):
    """The choices, and how many may be chosen."""

    choices = LabelsField(
        tree=True,
        help_text="One a line, in the order people see them. A line that is indented stands under the one above it. "
        "“value | What people read” keeps a short value in the data.",
    )
    several = forms.BooleanField(required=False, label="Allow several answers")
    least = forms.IntegerField(required=False, min_value=0, label="At least", initial=1)
    most = forms.IntegerField(required=False, min_value=1, label="At most")

    def config(self) -> dict[str, Any]:
        """Return the choices, and the limits only if several may be chosen."""
        found = super().config()
        return found if found["several"] else {"choices": found["choices"]}

    @classmethod
    def initial_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Return the choices as lines."""
        return config | {"choices": lines_of(config["choices"])}
