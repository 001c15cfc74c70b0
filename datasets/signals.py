"""What the room above may listen to, inside the transaction of the deed."""

from django.dispatch import Signal

# version: Version
version_frozen = Signal()
