"""Signals that the app above may listen to. They are sent inside the transaction of the action."""

from django.dispatch import Signal

# version: Version
version_frozen = Signal()
