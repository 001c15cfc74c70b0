"""The headline and its lead: the error now, what the next sum should bring, and what remains."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from annotator.models import Answer, Project, Question
from annotator.money import money_text
from workers.budget import calendars, ledger, stopped
from workers.training import gains, recommendations, trainings
from workers.training.curve import limits
from workers.training.models import Curve, Way
from workers.training.sentences import margin
from workers.training.sentences.figures import number, percent
from workers.training.sentences.goal import Available, goal_notes

UNTRAINED = "No model has been trained yet."
LITTLE = 0.1  # a smaller share of the error than this is not worth a headline


@dataclass(frozen=True)
class Summary:
    """The summary of a page: a headline (`before`, the money, `after`), a lead, and notes for the margin."""

    before: str
    money: str = ""
    after: str = ""
    lead: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)


def of_project(project: Project, question: Question | None) -> Summary:
    """Return the summary of a project by one of its questions."""
    curve = Curve.objects.filter(question=question).first()
    points, outlook = (curve.points, curve.forecast) if curve else ([], {})
    if not points and (why := trainings.why_untrained(question)):
        return Summary(UNTRAINED, lead=why)
    if outlook and stopped.stop_of(project.pk):
        return _after_a_stop(outlook, points, project.currency)
    made = recommendations.newest(question) if question else None
    return summarise(
        outlook,
        points,
        project.goal_error,
        project.currency,
        lambda labels: _days(question, labels),
        made.best if made else None,
        _supply(project, question, outlook.get("goal")) if question else None,
    )


def _after_a_stop(outlook: dict[str, Any], points: list[dict[str, Any]], currency: str) -> Summary:
    """Return what was reached, without what more would buy: nothing more is bought."""
    notes = [margin.how_sure(points, outlook), *margin.one_person(outlook, currency)]
    return Summary(f"The error is {percent(outlook['error'])}.", lead="The project was stopped.", notes=notes)


def _supply(project: Project, question: Question, reach: dict[str, Any] | None) -> Available | None:
    """Return what the next purchase towards the goal can use, or None if the goal asks for none.

    New items are counted only up to the labels that are needed: in a project of a million, counting all takes a second.
    """
    if not reach or reach["action"] in ("met", "stop"):
        return None
    new = gains.new_items(question)[: reach["next_labels"]].count()
    return Available(gains.open_labels(question), new, ledger.totals(project)["available"])


def _days(question: Question | None, labels: float) -> float | None:
    """Return how many days this many labels take at last week's pace, weekends included; None if nobody answered."""
    if question is None:
        return None
    _, a_day = calendars.answers_a_day(Answer.objects.filter(task__question=question))
    return labels * question.overlap / a_day if a_day else None


def summarise(
    outlook: dict[str, Any],
    points: list[dict[str, Any]],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None] = lambda labels: None,
    best: str | None = None,
    supply: Available | None = None,
) -> Summary:
    """Return the summary of the project and what the next sum buys.

    Args:
        outlook, points: as stored by `workers.training.outlook`.
        goal: the target error, from 0 to 1.
        currency: the project's.
        days: returns how many days a number of labels takes at the present pace, or None.
        best: the recommended way to spend the next sum; None if none was weighed.
        supply: what a purchase can use, if that is known.
    """
    if not points:
        return Summary(UNTRAINED, lead="Freeze a version of the labels, and a model is trained on it.")
    error = outlook["error"]
    limited = bool((outlook.get("limit") or {}).get("labels"))
    if limited and best in (None, Way.AGAIN):
        return _limited_by_labels(outlook, points, goal, currency, days, supply)
    sure = [
        margin.how_sure(points, outlook),
        *margin.one_person(outlook, currency),
        *(margin.wrong_labels(outlook) if limited else []),
    ]
    if "problem" in outlook:
        return Summary(f"The error is {percent(error)}.", lead=outlook["problem"], notes=sure)
    notes = [*sure, *margin.rises(outlook), margin.price(outlook, currency), *margin.precision_and_recall(outlook)]
    ahead = outlook.get("next")
    if ahead is None:
        return Summary(
            f"The error is {percent(error)}.",
            lead="Answers cost nothing here, so there is no next dollar to weigh.",
            notes=notes + goal_notes(outlook, goal, currency, days, supply),
        )
    interval = f"With 80% probability it ends between {number(ahead['low'])} and {percent(ahead['high'])}."
    money = money_text(outlook["sum"], currency)
    before, notes = (
        f"The error is {percent(error)}. The next ",
        notes + goal_notes(outlook, goal, currency, days, supply),
    )
    if outlook["region"] == "small data":
        interval = f"The model is hardly better than guessing yet. {interval}"
    lead = f"{interval} {_floor(outlook)}{_luck(error, ahead)}"
    # Compared with the curve and with the measurement: if the last test was lucky, the curve lies above it.
    gain = min(ahead["now"], error) - ahead["error"]
    if gain < LITTLE * error:
        return Summary(before, money, " of labels should change little.", lead, notes)
    reaches = _reaches(goal, ahead["error"]) if goal and ahead["error"] <= goal < error else ""
    return Summary(before, money, f" should bring it to about {percent(ahead['error'])}{reaches}.", lead, notes)


def _reaches(goal: float, expected: float) -> str:
    return ", your goal" if percent(goal) == percent(expected) else f", past your goal of {percent(goal)}"


def _luck(error: float, ahead: dict[str, Any]) -> str:
    """Return what all tests together say about today's error if it is another number: every gain is counted from it."""
    if abs(ahead["now"] - error) < LITTLE * error or percent(ahead["now"]) == percent(error):
        return ""
    luck = "lucky" if error < ahead["now"] else "unlucky"
    return (
        f" All tests together put today's error at about {percent(ahead['now'])}: the last test was probably {luck}. "
        "Gains are counted from there."
    )


def _floor(outlook: dict[str, Any]) -> str:
    """Return how much of the error no label will remove, if the points show it."""
    low, high = outlook["c_low"], outlook["c_high"]
    floor = limits.floor(outlook)
    if floor == "none":
        return "No floor is in sight yet: more labels should go on helping."
    if floor == "unknown":
        return "The points do not show yet how low more labels can bring it."
    stays = f"Between {number(low)} and {percent(high)} should stay, however many labels like these there are (80%)."
    return f"{stays} {_not_the_labels(outlook)}" if outlook["region"] == "irreducible error" else stays


def _not_the_labels(outlook: dict[str, Any]) -> str:
    limit = outlook.get("limit") or {}
    if not limit:
        return "Try another model, or items that show more."
    rate = f"{number(limit['low'])} to {percent(limit['high'])} of the training labels are wrong"
    return f"{rate}, and right ones would help little: try another model, or items that show more."


def _limited_by_labels(
    outlook: dict[str, Any],
    points: list[dict[str, Any]],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None],
    supply: Available | None,
) -> Summary:
    """Return the summary that correct labels would help more than many more like them."""
    more = margin.right_against_more(outlook)
    lead = f"{more} Ask more people about unsure items, review the doubtful ones, or reword the question."
    notes = [margin.how_sure(points, outlook), *margin.one_person(outlook, currency), *margin.rises(outlook)]
    if "next" in outlook:
        notes.append(margin.price(outlook, currency))
    notes += goal_notes(outlook, goal, currency, days, supply)
    headline = f"The error is {percent(outlook['error'])}. Wrong labels, not their number, are the limit."
    return Summary(headline, lead=lead, notes=notes)
