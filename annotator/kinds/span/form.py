"""The form that builds a span question."""

from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm, LabelsField, lines_of


class SpanForm(ConfigForm):
    """Labels and relations."""

    labels = LabelsField(rows=5, help_text="What words are marked as, one a line.")
    relations = LabelsField(
        rows=3, required=False, help_text="How marks belong together, one a line; leave it empty for none."
    )
    least = forms.IntegerField(min_value=0, max_value=100, initial=0, required=False, label="Minimum number of marks")

    @classmethod
    def initial_of(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Return labels and relations as lines."""
        return config | {"labels": lines_of(config["labels"]), "relations": lines_of(config.get("relations", []))}
