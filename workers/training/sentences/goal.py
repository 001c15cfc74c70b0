"""The goal: whether it is met, what it needs, and what is missing for the next purchase."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from annotator.money import money_text
from workers.training.curve import advice
from workers.training.sentences.figures import chance, percent


@dataclass(frozen=True)
class Available:
    """What a purchase can use: training labels that are paid for and open, items not asked about yet, and available money."""

    open: int
    new: int
    available: Decimal


def goal_notes(
    outlook: dict[str, Any],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None],
    supply: Available | None = None,
) -> list[tuple[str, str]]:
    """Return notes: whether the goal is met, what it needs, and what to buy next for it."""
    reach = outlook.get("goal")
    if not goal:
        return []
    if not reach or reach["error"] != goal:  # it was changed, and its curve is being computed
        return [("The goal", f"of {percent(goal)} is new. The forecast for it is being computed.")]
    if reach["action"] == "met":
        text = f"The wanted error was {percent(goal)}; it is met with a chance of {chance(reach['next_chance'])}."
        return [("The goal is reached.", text)]
    if reach["action"] == "stop":
        unlikely = reach["probability"] < advice.UNLIKELY
        title = "The goal is unlikely with labels like these." if unlikely else "The goal may be out of reach."
        return [(title, f"{_within(reach, goal)} Another model or better labels may bring it there.")]
    text = f"of {percent(goal)} "
    if outlook["error"] <= goal:
        together = (outlook.get("next") or {}).get("now", 1.0) <= goal
        text += "is met by the last test"
        text += " and by all tests together, but not surely. " if together else ", but not by all tests together. "
    elif reach["size"] is not None:
        text += f"needs about {reach['more_labels']:,.0f} more labels"
        most = reach["most_labels"]
        text += f" (80%: {reach['least_labels']:,.0f} to {most:,.0f})" if most else ""
        text += f", {money_text(reach['money'], currency)}"
        if (wait := days(reach["more_labels"])) is not None:
            days_text = f"{wait:,.0f} day{'s' if round(wait) != 1 else ''}" if wait >= 0.5 else "less than a day"
            text += f" and {days_text} at this week's pace"
        text += f". {_within(reach, goal)} "
    else:
        text += f"may be out of reach. {_within(reach, goal)} "
    if supply and supply.open >= reach["next_labels"]:
        text += f"Wait for the {supply.open:,} labels that are asked for already, and freeze a version then: "
    else:
        text += (
            f"Buy {reach['next_labels']:,} labels next, {money_text(reach['next_money'], currency)} with the training: "
        )
    text += f"then it is met with a chance of {chance(reach['next_chance'])}, and the curve says more."
    return [("The goal", text + _lacking(reach, supply, Decimal(outlook["label_price"]), currency))]


def _lacking(reach: dict[str, Any], supply: Available | None, price: Decimal, currency: str) -> str:
    """Return what is missing for the next purchase: open labels need not be bought; items and money may be missing."""
    if supply is None:
        return ""
    wanted, text = reach["next_labels"], ""
    covered = min(wanted, supply.open)
    if covered == wanted:
        return ""
    if covered:
        text += f" {covered:,} of them {'is' if covered == 1 else 'are'} asked for already."
    if (short := wanted - covered - supply.new) > 0:
        text += f" {short:,} new item{'' if short == 1 else 's'} must be imported for that."
    if (cost := (wanted - covered) * price) > supply.available:
        text += f" Only {money_text(supply.available, currency)} is available; {money_text(cost, currency)} is needed."
    return text


def _within(reach: dict[str, Any], goal: float) -> str:
    times, likely = f"{advice.HORIZON:.0f} times", chance(reach["probability"])
    return f"Up to {times} today's labels bring the error to {percent(goal)} with a chance of {likely}."
