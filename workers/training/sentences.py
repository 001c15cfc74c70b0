"""The sentence a manager came for, from the numbers of the outlook."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from annotator.models import Answer, BatchState, Project, Purpose, Question, Split
from annotator.money import money_text, price_text
from workers.budget import calendars, ledger, stopped
from workers.training import chart, gains, recommendations, trainings
from workers.training.curve import advice, limits
from workers.training.models import Curve, Way

UNTRAINED = "No model has been trained yet."
LITTLE = 0.1  # a smaller share of the error than this is not worth a headline
ENOUGH_GOLD = 20  # items with a known answer that show how far people can be trusted


@dataclass(frozen=True)
class Supply:
    """What a purchase can draw on: training labels that are paid for and open, items not asked about yet, money that is free."""

    open: int
    new: int
    free: Decimal


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
        _supply(project, question) if question else None,
    )


def _after_a_stop(outlook: dict[str, Any], points: list[dict[str, Any]], currency: str) -> Summary:
    """Say what was reached, and nothing of what more would buy: nothing more is bought."""
    notes = [_how_sure(points, outlook), *_one_person(outlook, currency)]
    return Summary(f"The error is {_percent(outlook['error'])}.", lead="The project was stopped.", notes=notes)


def _supply(project: Project, question: Question) -> Supply:
    return Supply(open_labels(question), gains.new_items(question).count(), ledger.totals(project)["free"])


def open_labels(question: Question) -> int:
    """Return how many training labels are asked for and not complete yet, second looks left out."""
    tasks = question.tasks.filter(purpose=Purpose.WORK, item__split=Split.TRAIN, answer_count__lt=question.overlap)
    return tasks.filter(batch__state__in=[BatchState.OPEN, BatchState.PAUSED]).count()


def _days(question: Question | None, labels: float) -> float | None:
    """Return how many days so many labels take at the pace of the last week, weekends counted; None where nobody answered."""
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
    supply: Supply | None = None,
) -> Summary:
    """Say where the project stands and what the next 100 buys.

    Args:
        outlook, points: as stored by `workers.training.outlook`.
        goal: the wanted error, from 0 to 1.
        currency: the project's.
        days: how many days so many labels take at the present pace, where there is one.
        best: the way to spend the next sum that is recommended; None where none was weighed.
        supply: what a purchase can draw on, where that is known.
    """
    if not points:
        return Summary(UNTRAINED, lead="Freeze a version of the labels, and a model is trained on it.")
    error = outlook["error"]
    limited = bool((outlook.get("limit") or {}).get("labels"))
    if limited and best in (None, Way.AGAIN):
        return _limited_by_labels(outlook, points, goal, currency, days, supply)
    sure = [_how_sure(points, outlook), *_one_person(outlook, currency), *(_wrong_labels(outlook) if limited else [])]
    if "problem" in outlook:
        return Summary(f"The error is {_percent(error)}.", lead=outlook["problem"], notes=sure)
    notes = [*sure, *_rises(outlook), _price(outlook, currency), *_precision_and_recall(outlook)]
    ahead = outlook.get("next")
    if ahead is None:
        return Summary(
            f"The error is {_percent(error)}.",
            lead="Answers cost nothing here, so there is no next dollar to weigh.",
            notes=notes + _goal(outlook, goal, currency, days, supply),
        )
    interval = f"With 80% probability it ends between {_number(ahead['low'])} and {_percent(ahead['high'])}."
    money = money_text(outlook["sum"], currency)
    before, notes = f"The error is {_percent(error)}. The next ", notes + _goal(outlook, goal, currency, days, supply)
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
    """Name what all tests together say of today's error, where it is another number: every gain is counted from it."""
    if abs(ahead["now"] - error) < LITTLE * error or _percent(ahead["now"]) == _percent(error):
        return ""
    luck = "lucky" if error < ahead["now"] else "unlucky"
    return (
        f" All tests together put today's error at about {_percent(ahead['now'])}: the last test was probably {luck}. "
        "Gains are counted from there."
    )


def _floor(outlook: dict[str, Any]) -> str:
    """Say how much of the error no label will take away, where the points show it."""
    low, high = outlook["c_low"], outlook["c_high"]
    floor = limits.floor(outlook)
    if floor == "none":
        return "No floor is in sight yet: more labels should go on helping."
    if floor == "unknown":
        return "The points do not show yet how low more labels can bring it."
    stays = f"Between {_number(low)} and {_percent(high)} should stay, however many labels like these there are (80%)."
    return f"{stays} {_not_the_labels(outlook)}" if outlook["region"] == "irreducible error" else stays


def _not_the_labels(outlook: dict[str, Any]) -> str:
    limit = outlook.get("limit") or {}
    if not limit:
        return "Try another model, or items that show more."
    rate = f"{_number(limit['low'])} to {_percent(limit['high'])} of the training labels are wrong"
    return f"{rate}, and right ones would help little: try another model, or items that show more."


def _how_sure(points: list[dict[str, Any]], outlook: dict[str, Any]) -> tuple[str, str]:
    last = chart.present(points)
    versions, runs = len({point["version"] for point in points}), sum(point.get("runs", 1) for point in points)
    sizes = len({point["size"] for point in points})
    judged = (
        f"{runs} training run{'s' if runs != 1 else ''} on {versions} version{'s' if versions != 1 else ''}, "
        f"at {sizes} size{'s' if sizes != 1 else ''}, judged on {last['test_count']:,} test items."
    )
    if not last.get("true"):
        spread = 1.28 * (last["error"] * (1 - last["error"]) / last["test_count"]) ** 0.5
        text = (
            f"{judged} The error is that against the crowd's test labels, with mistakes of their own; "
            f"the test set's size alone leaves ± {spread * 100:.1f} points open."
        )
        return ("How sure?", text)
    gold, noise = outlook.get("gold", 0), outlook.get("test_noise")
    known = f"{gold} item{'s' if gold != 1 else ''} with a known answer" if gold else "no item with a known answer"
    text = (
        f"{judged} With 80% probability the true error is between {_number(last['low'])} and {_percent(last['high'])}. "
        f"Against the crowd's labels as they are it is {_percent(last['crowd_error'])}"
    )
    if noise:
        text += f", of which {_number(noise['low'])} to {_percent(noise['high'])} are wrong themselves"
    text += f". It rests on {known}"
    text += "; twenty would make it surer." if gold < ENOUGH_GOLD else "."
    return ("How sure?", text)


def _one_person(outlook: dict[str, Any], currency: str) -> list[tuple[str, str]]:
    if "one_person" not in outlook:
        return []
    check = outlook["one_person"]
    return [
        (
            "One person's word.",
            "All labels are one person's, so nothing but the model shows how often they are wrong. A second person's answers to "
            f"{check['items']} of the items show it, for {money_text(check['money'], currency)}.",
        )
    ]


def _precision_and_recall(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    ahead = outlook.get("next") or {}
    if "precision" not in ahead or "recall" not in ahead:
        return []
    said = [
        f"{what} {_percent(ahead[what]['value'])} ({_number(ahead[what]['low'])} to {_number(ahead[what]['high'])})"
        for what in ("precision", "recall")
    ]
    return [
        (
            "At that size",
            f"expect a {said[0]} and a {said[1]} against the crowd's test labels, each with 80% probability in its range.",
        )
    ]


def _right_against_more(outlook: dict[str, Any]) -> str:
    limit = outlook["limit"]
    return (
        f"With 80% probability {_number(limit['low'])} to {_percent(limit['high'])} of the training labels are wrong. "
        f"Were all of them right, the error should be about {_percent(limit['right'])}; {limit['times']} times as many labels "
        f"like these should bring it to about {_percent(limit['more'])}."
    )


def _wrong_labels(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what wrong labels cost, where asking more people is not what the next sum buys best."""
    return [
        ("Wrong labels cost much.", f"{_right_against_more(outlook)} Review the doubtful ones, or reword the question.")
    ]


def _limited_by_labels(
    outlook: dict[str, Any],
    points: list[dict[str, Any]],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None],
    supply: Supply | None,
) -> Summary:
    """Say that right labels would help more than many more like them."""
    more = _right_against_more(outlook)
    lead = f"{more} Ask more people about unsure items, review the doubtful ones, or reword the question."
    notes = [_how_sure(points, outlook), *_one_person(outlook, currency), *_rises(outlook)]
    if "next" in outlook:
        notes.append(_price(outlook, currency))
    notes += _goal(outlook, goal, currency, days, supply)
    headline = f"The error is {_percent(outlook['error'])}. Wrong labels, not their number, are the limit."
    return Summary(headline, lead=lead, notes=notes)


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
        f"({outlook['answers_per_label']} answer{'s' if outlook['answers_per_label'] != 1 else ''})"
    )
    if ahead:
        sum_text, plural = money_text(outlook["sum"], currency), "s" if ahead["labels"] != 1 else ""
        text += f", so {sum_text} buys {ahead['labels']:,} more label{plural}, if as many new items can be had"
    return ("Labels and money", text + ".")


def _goal(
    outlook: dict[str, Any],
    goal: float | None,
    currency: str,
    days: Callable[[float], float | None],
    supply: Supply | None = None,
) -> list[tuple[str, str]]:
    reach = outlook.get("goal")
    if not goal:
        return []
    if not reach or reach["error"] != goal:  # it was changed, and the curve for it is being drawn
        return [("The goal", f"of {_percent(goal)} is new. The forecast for it is being computed.")]
    if reach["action"] == "met":
        text = f"The wanted error was {_percent(goal)}; it is met with a chance of {_chance(reach['next_chance'])}."
        return [("The goal is reached.", text)]
    if reach["action"] == "stop":
        unlikely = reach["probability"] < advice.UNLIKELY
        title = "The goal is unlikely with labels like these." if unlikely else "The goal may be out of reach."
        return [(title, f"{_within(reach, goal)} Another model or better labels may bring it there.")]
    text = f"of {_percent(goal)} "
    if outlook["error"] <= goal:
        together = (outlook.get("next") or {}).get("now", 1.0) <= goal
        text += "is met by the last test" + (
            " and by all tests together, but not surely. " if together else ", but not by all tests together. "
        )
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
        text += f"Wait for the {supply.open:,} labels that are asked for and paid already, and freeze a version then: "
    else:
        text += (
            f"Buy {reach['next_labels']:,} labels next, {money_text(reach['next_money'], currency)} with the training: "
        )
    text += f"then it is met with a chance of {_chance(reach['next_chance'])}, and the curve says more."
    return [("The goal", text + _lacking(reach, supply, Decimal(outlook["label_price"]), currency))]


def _lacking(reach: dict[str, Any], supply: Supply | None, price: Decimal, currency: str) -> str:
    """Say what the next purchase lacks: labels that are open already need not be bought, items and money may be missing."""
    if supply is None:
        return ""
    wanted, text = reach["next_labels"], ""
    covered = min(wanted, supply.open)
    if covered == wanted:
        return ""
    if covered:
        text += f" {covered:,} of them {'is' if covered == 1 else 'are'} asked for and paid already."
    if (short := wanted - covered - supply.new) > 0:
        text += f" {short:,} new item{'' if short == 1 else 's'} must be imported for that."
    if (cost := (wanted - covered) * price) > supply.free:
        text += f" Only {money_text(supply.free, currency)} is free; {money_text(cost, currency)} is needed."
    return text


def _within(reach: dict[str, Any], goal: float) -> str:
    chance = _chance(reach["probability"])
    return f"Up to {advice.HORIZON:.0f} times today's labels bring the error to {_percent(goal)} with a chance of {chance}."


def _chance(probability: float) -> str:
    if probability < 0.01:
        return "under 1%"
    return f"{min(0.99, probability) * 100:.0f}%"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"


def _number(share: float) -> str:
    return f"{share * 100:.1f}"
