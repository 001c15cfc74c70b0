"""The sentence a manager came for, from the numbers of the outlook."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from annotator.models import Project, Question
from annotator.templatetags.marginalia import money_text
from workers.training.models import Curve

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
    return summarise(outlook, points, project.goal_error, project.currency)


def summarise(outlook: dict[str, Any], points: list[dict[str, Any]], goal: float | None, currency: str) -> Summary:
    """Say where the project stands and what the next 100 buys.

    Args:
        outlook, points: as stored by `workers.training.outlook`.
        goal: the wanted error, from 0 to 1.
        currency: the project's.
    """
    if not points:
        return Summary(
            "No model has been trained yet.", lead="Freeze a version of the labels, and a model is trained on it."
        )
    error = outlook["error"]
    if "problem" in outlook:
        return Summary(f"The error is {_percent(error)}.", lead=outlook["problem"], notes=[_how_sure(points)])
    notes = [_how_sure(points), _price(outlook, currency)]
    ahead = outlook.get("next")
    if ahead is None:
        return Summary(
            f"The error is {_percent(error)}.",
            lead="Answers cost nothing here, so there is no next dollar to weigh.",
            notes=notes,
        )
    interval = f"With 80\u00a0% probability it ends between {_number(ahead['low'])} and {_percent(ahead['high'])}."
    money = money_text(outlook["sum"], currency, 0)
    before, notes = f"The error is {_percent(error)}. The next ", notes + _goal(outlook, goal, currency)
    if outlook["region"] == "small data":
        interval = f"The model is hardly better than guessing yet. {interval}"
    lead = f"{interval} {_floor(outlook)}{_luck(error, ahead)}"
    # Against the curve and against what was measured: where the last test was lucky, the curve lies above it.
    gain = min(ahead["now"], error) - ahead["error"]
    if gain < LITTLE * error:
        return Summary(before, money, " of labels should change little.", lead, notes)
    reaches = ", your goal" if goal and ahead["error"] <= goal < error else ""
    return Summary(before, money, f" should bring it to about {_percent(ahead['error'])}{reaches}.", lead, notes)


def _luck(error: float, ahead: dict[str, Any]) -> str:
    if error >= ahead["error"]:
        return ""
    return f" The curve as a whole puts the error at about {_percent(ahead['now'])}: the last test was a lucky one."


def _floor(outlook: dict[str, Any]) -> str:
    if outlook["c"] < 0.002:
        return "No floor is in sight yet: more labels should go on helping."
    if outlook["region"] == "irreducible error":
        return (
            f"Most of the error that is left (about {_percent(outlook['c'])}) will stay, whatever you spend on labels."
        )
    return f"In the end about {_percent(outlook['c'])} will stay, whatever you spend on labels."


def _how_sure(points: list[dict[str, Any]]) -> tuple[str, str]:
    last = points[-1]
    count = len(points)
    spread = 1.28 * (last["error"] * (1 - last["error"]) / last["test_count"]) ** 0.5
    return (
        "How sure?",
        f"{count} version{'s' if count != 1 else ''}, one training run each, judged on {last['test_count']:,} test items "
        f"with crowd labels. The test set alone leaves ± {spread * 100:.1f} points open.",
    )


def _price(outlook: dict[str, Any], currency: str) -> tuple[str, str]:
    ahead = outlook.get("next")
    text = (
        f"stand on the same axis: one training label costs {money_text(outlook['label_price'], currency, 3)} "
        f"({outlook['answers_per_label']} answers)"
    )
    if ahead:
        sum_text = money_text(outlook["sum"], currency, 0)
        text += f", so {sum_text} buys {ahead['labels']:,} more labels, if as many new items can be had"
    return ("Labels and money", text + ".")


def _goal(outlook: dict[str, Any], goal: float | None, currency: str) -> list[tuple[str, str]]:
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
    return [
        (
            "The goal",
            f"of {_percent(goal)} needs about {reach['more_labels']:,.0f} more labels, "
            f"{money_text(Decimal(reach['money']), currency, 0)}; "
            f"it can be reached at all with probability {reach['probability'] * 100:.0f}\u00a0%.",
        )
    ]


def _percent(share: float) -> str:
    return f"{share * 100:.1f}\u00a0%"


def _number(share: float) -> str:
    return f"{share * 100:.1f}"
