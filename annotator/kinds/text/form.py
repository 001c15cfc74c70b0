"""The form that builds a text question."""

from django import forms

from annotator.kinds.forms import ConfigForm
from annotator.kinds.text.schema import FORMS


class TextForm(ConfigForm):
    """The size of the field, and what is checked."""

    lines = forms.IntegerField(min_value=1, max_value=40, initial=1, label="Lines")
    shortest = forms.IntegerField(min_value=0, initial=1, label="Minimum length in characters")
    longest = forms.IntegerField(min_value=1, initial=2000, label="Maximum length in characters")
    form = forms.ChoiceField(choices=[(name, words.capitalize()) for name, words in FORMS.items()], label="Format")
    mask = forms.CharField(
        max_length=100,
        required=False,
        label="Pattern",
        help_text="9 stands for a digit, A for a letter, * for either.",
    )
