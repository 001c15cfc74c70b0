"""The newest recommendation as its page shows it, with what the gain of each way rests on."""

from typing import Any

from annotator.models import Question
from workers.training import recommendations
from workers.training.models import Way


def newest_summary(question: Question) -> dict[str, Any] | None:
    """Return the newest recommendation as its page shows it, or None if there is none. Its ways are ordered, the best first."""
    made = recommendations.newest(question)
    if made is None:
        return None
    ways = [
        {"way": way, "title": Way(way).label, "best": way == made.best, "why": basis(way, one["basis"])}
        | one
        | _beside(one)
        for way, one in made.content["ways"].items()
    ]
    ways.sort(key=lambda one: (not one["best"], -one["gain"]))
    return {
        "made": made,
        "ways": ways,
        "sum": made.content["sum"],
        "best": next((one for one in ways if one["best"]), None),
        "spent": made.content["ways"][made.published]["money"] if made.published else None,
    }


def _beside(way: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows beside a way's gain: by how much the error may rise by chance, and the gain as it is written.

    `now_text`, `error_text` and `gain_text` are in percent and points, rounded so that the first less the third is the second.
    """
    decimals = 2 if way["now"] < 0.1 else 1
    now, error = round(way["now"] * 100, decimals), round(way["error"] * 100, decimals)
    shown = {"now_text": now, "error_text": error, "gain_text": now - error}
    return {"rise": max(0.0, -way["low"])} | {name: f"{value:.{decimals}f}" for name, value in shown.items()}


def basis(way: str, values: dict[str, Any]) -> str:
    """Return what a way's gain rests on.

    Args:
        way: one of `Way`.
        values: the way's `basis`, see `workers.training.gains`.
    """
    return {Way.NEW: _new, Way.AGAIN: _again, Way.UNSURE: _unsure}[Way(way)](values)


def _new(values: dict[str, Any]) -> str:
    each = values["answers_each"]
    return f"{each} answer{'s' if each != 1 else ''} each, like the labels so far{_missing(values)}"


def _again(values: dict[str, Any]) -> str:
    asked = f"{values['unsure']:,} unsure label{'s' if values['unsure'] != 1 else ''}"
    text = f"one more answer to each of {asked} should correct about {values['corrected']:,.0f}"
    return text + (f"; the rest of the money buys {values['new_items']:,} new items" if values["new_items"] else "")


def _unsure(values: dict[str, Any]) -> str:
    if not values["choice"]:
        return "there are no more items than the money buys, so there is nothing to choose from"
    low, high = values["factor_low"], values["factor_high"]
    text = f"each is worth about {values['factor']:.1f} items taken at random (80%: {low:.1f} to {high:.1f})"
    if values["tried_on"] is None:
        text += ", as usual; it has not been tried here yet"
    elif values["trial_counts"]:
        text += f", tried on {values['tried_on']:,} of the labels here"
    else:
        text += f", as usual; the trial on {values['tried_on']:,} of the labels here says little"
    return text + _missing(values)


def _missing(values: dict[str, Any]) -> str:
    if not values["missing"]:
        return ""
    return f"; {values['here']:,} new items are here now, import {values['missing']:,} more to use all of the money"
