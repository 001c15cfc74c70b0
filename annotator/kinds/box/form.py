"""The form that builds a box question."""

from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm, LabelsField, lines_of

SHAPES = [("box", "Boxes"), ("polygon", "Outlines"), ("point", "Points")]


class BoxForm(ConfigForm):
    """Labels and shapes."""

    labels = LabelsField(rows=5, help_text="What shapes stand for, one a line.")
    shapes = forms.MultipleChoiceField(choices=SHAPES, widget=forms.CheckboxSelectMultiple, initial=["box"])
    least = forms.IntegerField(min_value=0, max_value=100, initial=0, required=False, label="Minimum number of shapes")

    @classmethod
    def initial_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Return labels as lines."""
        return config | {"labels": lines_of(config["labels"])}
