"""The form that builds a scale question."""

from django import forms

from annotator.kinds.forms import ConfigForm


class ScaleForm(ConfigForm):
    """The number of points, and the names of the ends and the middle."""

    points = forms.IntegerField(min_value=2, max_value=10, initial=5, label="Number of points")
    low = forms.CharField(max_length=60, label="The low end", initial="not at all")
    middle = forms.CharField(max_length=60, required=False, label="The middle", help_text="You can leave it open.")
    high = forms.CharField(max_length=60, label="The high end", initial="very much")
