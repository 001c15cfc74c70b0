"""Fields of requests that the framework reads too generously."""

from collections.abc import Callable, Mapping
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


class KnownFieldsOnly(serializers.Serializer):
    """A serializer of requests that refuses fields it does not know: a misspelt one would be ignored.

    The requests of the desk are not among them. An answer that waited in a browser must get in, whatever is sent with it.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Return the values. Raises ValidationError."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(name for name, field in self.fields.items() if not field.read_only)
            raise serializers.ValidationError(
                {name[:100]: [f"There is no such field here; there are: {known}."] for name in unknown}
            )
        return super().to_internal_value(data)


def refuse_unchangeable(sent: Any, serializer: Any, show: Callable[[], dict[str, Any]]) -> None:
    """Raise ValidationError if a change names an unknown field, or gives a new value for one that cannot be changed.

    Sending a whole object back with one field changed is allowed, and no requested change is ignored silently. `show` returns
    the object as it is shown; it is called only if other fields than those that can be changed are sent.
    """
    if not isinstance(sent, dict):
        return
    writable = {name for name, field in serializer.fields.items() if not field.read_only}
    others = set(sent) - writable
    shown = show() if others else {}
    fixed = {name for name in others if name not in shown or not _same(sent[name], shown[name])}
    if fixed:
        raise serializers.ValidationError({name: ["This cannot be changed."] for name in sorted(fixed)})


def _same(sent: Any, shown: Any) -> bool:
    if sent == shown:
        return True
    try:
        return Decimal(str(sent)) == Decimal(str(shown))
    except ArithmeticError:
        return False
