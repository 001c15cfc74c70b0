"""What every kind raises."""


class Invalid(ValueError):
    """A configuration or an answer of the wrong shape; the message tells the person what is wrong."""
