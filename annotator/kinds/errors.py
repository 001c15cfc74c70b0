"""The error that every kind raises."""


class Invalid(ValueError):
    """A configuration or an answer is not valid. The message tells the person what is wrong."""
