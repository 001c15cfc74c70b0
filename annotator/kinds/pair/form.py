"""How a pair question is built."""

from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm


class PairForm(ConfigForm):
    """The word for better, and whether there is a tie."""

    better = forms.CharField(max_length=40, initial="better", label="The word for better", help_text="“the first is …”")
    tie = forms.BooleanField(required=False, initial=True, label="“Both alike” can be answered")

    def config(self) -> dict[str, Any]:
        """Return both."""
        return {"better": self.cleaned_data["better"], "tie": self.cleaned_data["tie"]}
