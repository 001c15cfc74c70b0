"""How figures are written on every page."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from annotator import kinds
from annotator.models import Question
from annotator.money import coin, money_text, price_text
from annotator.pages import navigation
from annotator.questions.markdown import render

register = template.Library()
# Where a sum or price takes the colour of what it stands on: a button.
register.filter("plain_money", money_text)
register.filter("plain_price", price_text)
# Where a page of an app above is, by what it is for: {% page_url "plan" project.pk question.pk %}.
register.simple_tag(navigation.page_url, name="page_url")


@register.filter
def money(amount: Any, currency: str = "USD") -> SafeString:
    """Write a sum in the colour of money."""
    return format_html('<span class="money">{}</span>', money_text(amount, currency))


@register.filter
def money_out(amount: Any, currency: str = "USD") -> SafeString:
    """Write a sum that went away, in the colour of money."""
    return money(-Decimal(str(amount or 0)), currency)


@register.filter
def price(amount: Any, currency: str = "USD") -> SafeString:
    """Write a price in the colour of money."""
    return format_html('<span class="money">{}</span>', price_text(amount, currency))


@register.filter
def finer_than_coins(amount: Any, currency: str = "USD") -> str:
    """Return an amount as plain digits where it has fractions of a coin; else nothing."""
    value = Decimal(str(amount or 0))
    return f"{value.normalize():f}" if value % coin(currency) else ""


@register.filter
def percent(share: Any, places: int = 1) -> str:
    """Write a share as a percentage: 0.064 → 6.4%."""
    return "–" if share is None else f"{float(share) * 100:.{places}f}%"


@register.filter
def points(share: Any) -> str:
    """Write a difference of shares as points of a hundred: 0.0123 → 1.23."""
    return "–" if share is None else f"{float(share) * 100:.{1 if abs(float(share)) >= 0.01 else 2}f}".replace("-", "−")


@register.filter
def seconds(value: Any) -> str:
    """Write a duration."""
    if value is None:
        return "–"
    value = float(value)
    return f"{value:.1f}\u00a0s" if value < 120 else f"{value / 60:.1f}\u00a0min"


@register.filter
def answer_text(value: Any, question: Question) -> str:
    """Write an answer as people read it."""
    return kinds.get(question.kind).text(question.config, value)


@register.filter
def markdown(text: str) -> SafeString:
    """Write Markdown as HTML."""
    return mark_safe(render(text))  # noqa: S308  (cleaned by `annotator.questions.markdown`)


@register.filter
def hours(value: Any) -> str:
    """Write a time to wait: minutes, hours or days, as far as it is known."""
    value = float(value or 0)
    if value < 1 / 60:
        return "less than a minute"
    if value < 2:
        return f"about {value * 60:.0f}\u00a0minutes"
    return f"about {value:.0f}\u00a0hours" if value < 48 else f"about {value / 24:.0f}\u00a0days"


@register.filter
def duration(value: Any, hours_each: float = 1) -> str:
    """Write a time, in hours or units of so many hours, as people say it: 40 s, 12 min, 3.5 h, 6 days."""
    if value is None:
        return "–"
    of_hours = float(value) * hours_each
    for least, each, unit in ((48, 24, "days"), (1.5, 1, "h"), (1 / 40, 1 / 60, "min")):
        if of_hours >= least:
            number = of_hours / each
            return f"{number:.{0 if number >= 10 or unit == 'min' else 1}f}\u00a0{unit}"
    return f"{of_hours * 3600:.0f}\u00a0s"


def _written(value: float, unit: str) -> str:
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "share":
        return percent(value)
    return duration(value, 24 if unit == "days" else 1) if unit in ("hours", "days") else money_text(value, unit)


@register.filter
def amount(value: float, unit: str) -> SafeString:
    """Write a figure. `unit`: count, share, hours, days, or a currency."""
    return format_html('<span class="money">{}</span>' if unit.isupper() else "{}", _written(value, unit))


@register.filter
def between(figure: dict[str, float], unit: str) -> SafeString:
    """Write a range, or one figure where both ends read the same. `unit`: see `amount`."""
    low, high = _written(figure["low"], unit), _written(figure["high"], unit)
    text = low if low == high else f"{low} to {high}"
    return format_html('<span class="money">{}</span>' if unit.isupper() else "{}", text)
