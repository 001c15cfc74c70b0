"""Fields of requests that the framework reads too generously."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from annotator.money import is_written_plainly


class AmountField(serializers.DecimalField):
    """An amount of money as somebody sends it: a number, or a text of the digits 0 to 9 with a point."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Return the amount. Raises ValidationError."""
        if isinstance(data, bool) or (isinstance(data, str) and not is_written_plainly(data)):
            self.fail("invalid")
        return super().to_internal_value(data)
