"""The sentence a manager came for, from the numbers of the outlook."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from annotator.models import Answer, Project, Question
from annotator.money import money_text, price_text
from workers.training import runs
from workers.training.models import Curve

UNTRAINED = "No model has been trained yet."
LITTLE = 0.1  # a smaller share of the error than this is not worth a headline


@dataclass(frozen=True)
class Summary:
    """What the page begins with: a headline (`before`, the money, `after`), a lead, and notes for the margin."""

    before: str
    money: str = ""
    after: str = ""
    lead: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)


def of_project(project: Project, question: Question | None) -> Summary:
    """Say where a project stands by one of its questions."""
    curve = Curve.objects.filter(question=question).first()
    points, outlook = (curve.points, curve.forecast) if curve else ([], {})
    if not points and (why := runs.why_untrained(question)):
        return Summary(UNTRAINED, lead=why)
    return summarise(outlook, points, project.goal_error, project.currency, lambda labels: _days(question, labels))


def _days(question: Question | None, labels: float) -> float | None:
    """Return how many days so many labels take at the pace of the last week; None where nobody answered in it."""
    if question is None:
        return None
    recent = Answer.objects.filter(
        task__question=question, decision=False, replaces=None, created_at__gt=timezone.now() - timedelta(days=7)
    )
    by_day = list(recent.values_list("created_at__date").annotate(count=Count("pk")).values_list("count", flat=True))
    return labels * question.overlap / (sum(by_day) / len(by_day)) if by_day else None


def summarise(
    outlook: dict[str, Any],
    points: list[dict[str, Any]],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None] = lambda labels: None,
) -> Summary:
    """Say where the project stands and what the next 100 buys.

    Args:
        outlook, points: as stored by `workers.training.outlook`.
        goal: the wanted error, from 0 to 1.
        currency: the project's.
        days: how many days so many labels take at the present pace, where there is one.
    """
    if not points:
        return Summary(UNTRAINED, lead="Freeze a version of the labels, and a model is trained on it.")
    error = outlook["error"]
    limit = outlook.get("limit") or {}
    if limit.get("labels"):
        return _limited_by_labels(outlook, points, currency)
    if "problem" in outlook:
        return Summary(f"The error is {_percent(error)}.", lead=outlook["problem"], notes=[_how_sure(points)])
    notes = [_how_sure(points), *_rises(outlook), _price(outlook, currency), *_precision_and_recall(outlook)]
    ahead = outlook.get("next")
    if ahead is None:
        return Summary(
            f"The error is {_percent(error)}.",
            lead="Answers cost nothing here, so there is no next dollar to weigh.",
            notes=notes,
        )
    interval = f"With 80\u00a0% probability it ends between {_number(ahead['low'])} and {_percent(ahead['high'])}."
    money = money_text(outlook["sum"], currency)
    before, notes = f"The error is {_percent(error)}. The next ", notes + _goal(outlook, goal, currency, days)
    if outlook["region"] == "small data":
        interval = f"The model is hardly better than guessing yet. {interval}"
    lead = f"{interval} {_floor(outlook)}{_luck(error, ahead)}"
    # Against the curve and against what was measured: where the last test was lucky, the curve lies above it.
    gain = min(ahead["now"], error) - ahead["error"]
    if gain < LITTLE * error:
        return Summary(before, money, " of labels should change little.", lead, notes)
    reaches = _reaches(goal, ahead["error"]) if goal and ahead["error"] <= goal < error else ""
    return Summary(before, money, f" should bring it to about {_percent(ahead['error'])}{reaches}.", lead, notes)


def _reaches(goal: float, expected: float) -> str:
    return ", your goal" if _percent(goal) == _percent(expected) else f", past your goal of {_percent(goal)}"


def _luck(error: float, ahead: dict[str, Any]) -> str:
    if error >= ahead["error"]:
        return ""
    return f" The curve as a whole puts the error at about {_percent(ahead['now'])}: the last test was a lucky one."


def _floor(outlook: dict[str, Any]) -> str:
    if outlook["c"] < 0.002:
        return "No floor is in sight yet: more labels should go on helping."
    if outlook["region"] == "irreducible error":
        return (
            f"Most of the error that is left (about {_percent(outlook['c'])}) will stay, whatever you spend on labels. "
            f"{_not_the_labels(outlook)}"
        )
    return f"In the end about {_percent(outlook['c'])} will stay, whatever you spend on labels."


def _not_the_labels(outlook: dict[str, Any]) -> str:
    rate = (outlook.get("limit") or {}).get("rate", 0.0)
    return f"The labels are not why (about {_percent(rate)} of them are doubtful): try another model, or items that show more."


def _how_sure(points: list[dict[str, Any]]) -> tuple[str, str]:
    last = points[-1]
    versions, runs = len({point["version"] for point in points}), sum(point.get("runs", 1) for point in points)
    spread = 1.28 * (last["error"] * (1 - last["error"]) / last["test_count"]) ** 0.5
    return (
        "How sure?",
        f"{runs} training run{'s' if runs != 1 else ''} on {versions} version{'s' if versions != 1 else ''}, "
        f"at {len({point['size'] for point in points})} sizes, judged on {last['test_count']:,} test items "
        f"with crowd labels. The test set alone leaves ± {spread * 100:.1f} points open.",
    )


def _precision_and_recall(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    ahead = outlook.get("next") or {}
    if "precision" not in ahead or "recall" not in ahead:
        return []
    said = [
        f"{what} {_percent(ahead[what]['value'])} ({_number(ahead[what]['low'])} to {_number(ahead[what]['high'])})"
        for what in ("precision", "recall")
    ]
    return [("At that size", f"expect a {said[0]} and a {said[1]}, each with 80\u00a0% probability in its range.")]


def _limited_by_labels(outlook: dict[str, Any], points: list[dict[str, Any]], currency: str) -> Summary:
    """Say that the labels' noise, not their number, is what limits the model."""
    limit, error = outlook["limit"], outlook["error"]
    who = []
    if limit["by_models"] >= limit["rate"]:
        who.append("Models that had not seen these labels disagree with that many, where they are surest")
    if limit["by_answers"] >= limit["rate"] / 2:
        who.append(f"people's answers leave {_percent(limit['by_answers'])} of them open")
    if limit["by_test"] >= limit["rate"] / 2:
        who.append(
            f"{_percent(limit['by_test'])} of the test labels are doubtful, and no model can be seen to do better than those"
        )
    reason = "; ".join(who)
    lead = (
        f"About {_percent(limit['rate'])} of the labels are probably wrong. {reason[:1].upper()}{reason[1:]}. "
        "More labels of the same kind should help little; making labels right should: ask more people about unsure ones, "
        "review the doubtful ones, or reword the question."
    )
    notes = [_how_sure(points), *_rises(outlook)]
    if "next" in outlook:
        notes.append(_price(outlook, currency))
    return Summary(
        f"The error is {_percent(error)}. Label noise, not the amount of data, is the limit.", lead=lead, notes=notes
    )


def _rises(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    if "rises" not in outlook:
        return []
    return [
        (
            "The error rises.",
            f"With more labels it is {outlook['rises'] * 100:.1f} points higher than with fewer, more than luck explains. "
            "Look whether the later items or labels are of another kind.",
        )
    ]


def _price(outlook: dict[str, Any], currency: str) -> tuple[str, str]:
    ahead = outlook.get("next")
    text = (
        f"stand on the same axis: one training label costs {price_text(outlook['label_price'], currency)} "
        f"({outlook['answers_per_label']} answers)"
    )
    if ahead:
        sum_text = money_text(outlook["sum"], currency)
        text += f", so {sum_text} buys {ahead['labels']:,} more labels, if as many new items can be had"
    return ("Labels and money", text + ".")


def _goal(
    outlook: dict[str, Any], goal: float | None, currency: str, days: Callable[[float], float | None]
) -> list[tuple[str, str]]:
    reach = outlook.get("goal")
    if not goal or not reach:
        return []
    if outlook["error"] <= goal:
        return [("The goal is reached.", f"The wanted error was {_percent(goal)}.")]
    if reach["size"] is None:
        return [
            (
                "Out of reach with this model.",
                f"An error of {_percent(goal)} is reached with a probability of "
                f"{reach['probability'] * 100:.0f}\u00a0% only; try another model, or better labels.",
            )
        ]
    text = f"of {_percent(goal)} needs about {reach['more_labels']:,.0f} more labels"
    if (most := reach.get("most_labels")) is not None:
        text += f" (up to {most:,.0f})"
    text += f", {money_text(reach['money'], currency)}"
    if (wait := days(reach["more_labels"])) is not None:
        days_text = f"{wait:,.0f} day{'s' if round(wait) != 1 else ''}" if wait >= 0.5 else "less than a day"
        text += f" and {days_text} at this week's pace"
    text += f"; it can be reached at all with probability {reach['probability'] * 100:.0f}\u00a0%."
    return [("The goal", text)]


def _percent(share: float) -> str:
    return f"{share * 100:.1f}\u00a0%"


def _number(share: float) -> str:
    return f"{share * 100:.1f}"
