"""Notes for the margin: how certain the error is, what labels cost, and what looks wrong."""

from typing import Any

from annotator.money import money_text, price_text
from workers.training import chart
from workers.training.sentences.figures import number, percent

ENOUGH_GOLD = 20  # gold items that show how far people can be trusted


def how_sure(points: list[dict[str, Any]], outlook: dict[str, Any]) -> tuple[str, str]:
    """Return what the error rests on, and its bounds."""
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
        f"{judged} With 80% probability the true error is between {number(last['low'])} and {percent(last['high'])}. "
        f"Against the crowd's labels as they are it is {percent(last['crowd_error'])}"
    )
    if noise:
        text += f", of which {number(noise['low'])} to {percent(noise['high'])} are wrong themselves"
    text += f". It rests on {known}"
    text += "; twenty would make it more certain." if gold < ENOUGH_GOLD else "."
    return ("How sure?", text)


def one_person(outlook: dict[str, Any], currency: str) -> list[tuple[str, str]]:
    """Return a note that all labels are one person's, and what a check by a second person costs."""
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


def precision_and_recall(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the precision and recall to expect at the size that the next sum buys."""
    ahead = outlook.get("next") or {}
    if "precision" not in ahead or "recall" not in ahead:
        return []
    said = [
        f"{what} {percent(ahead[what]['value'])} ({number(ahead[what]['low'])} to {number(ahead[what]['high'])})"
        for what in ("precision", "recall")
    ]
    text = (
        f"expect a {said[0]} and a {said[1]} against the crowd's test labels, each with 80% probability in its range."
    )
    return [("At that size", text)]


def right_against_more(outlook: dict[str, Any]) -> str:
    """Return a comparison of the error with correct labels and the error with many more labels like these."""
    limit = outlook["limit"]
    return (
        f"With 80% probability {number(limit['low'])} to {percent(limit['high'])} of the training labels are wrong. "
        f"Were all of them right, the error should be about {percent(limit['right'])}; {limit['times']} times as many labels "
        f"like these should bring it to about {percent(limit['more'])}."
    )


def wrong_labels(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what wrong labels cost, for when asking more people is not what the next sum buys best."""
    return [
        ("Wrong labels cost much.", f"{right_against_more(outlook)} Review the doubtful ones, or reword the question.")
    ]


def rises(outlook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a note that more labels made the error higher."""
    if "rises" not in outlook:
        return []
    return [
        (
            "The error rises.",
            f"With more labels it is {outlook['rises'] * 100:.1f} points higher than with fewer, more than luck explains. "
            "Look whether the later items or labels are of another kind.",
        )
    ]


def price(outlook: dict[str, Any], currency: str) -> tuple[str, str]:
    """Return what a label costs, and how many the next sum buys."""
    ahead = outlook.get("next")
    text = (
        f"stand on the same axis: one training label costs {price_text(outlook['label_price'], currency)} "
        f"({outlook['answers_per_label']} answer{'s' if outlook['answers_per_label'] != 1 else ''})"
    )
    if ahead:
        sum_text, plural = money_text(outlook["sum"], currency), "s" if ahead["labels"] != 1 else ""
        text += f", so {sum_text} buys {ahead['labels']:,} more label{plural}, if there are that many new items"
    return ("Labels and money", text + ".")
