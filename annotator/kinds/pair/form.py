"""The form that builds a pair question."""

from typing import Any

from django import forms

from annotator.kinds.forms import ConfigForm


class PairForm(ConfigForm):
    """The word for better, and whether a tie is allowed."""

    better = forms.CharField(max_length=40, initial="better", label="Word for “better”", help_text="“the first is …”")
    tie = forms.BooleanField(required=False, initial=True, label="Allow “both alike”")

    def config(self) -> dict[str, Any]:
        """Return the configuration, with `tie` even if it is false."""
        return {"better": self.cleaned_data["better"], "tie": self.cleaned_data["tie"]}
