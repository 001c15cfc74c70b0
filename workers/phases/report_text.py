"""A weekly report in words: its figures with their names, and the text of the e-mail."""

from datetime import datetime
from typing import Any

from annotator.money import money_text
from workers.budget.shown import in_coins
from workers.phases import alerts
from workers.phases.models import Report


def facts(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the figures of a report in words, a name and a value each."""
    shown = in_coins(content["money"], content["currency"])
    money = {name: money_text(amount, content["currency"]) for name, amount in shown.items()}
    said = [
        ("Phase", content["phase"]["name"]),
        ("Answers this week", f"{content['answers']:,} by {content['people']:,} people"),
        ("New versions", f"{content['versions']:,}"),
        ("Spent this week", money_text(content["spent"], content["currency"])),
        ("Spent in all", f"{money['spent']} of {money['funded']}"),
        ("Reserved for open work", money["reserved"]),
        ("Available", money["available"]),
    ]
    if content["money_ends"]:
        said.append(("The money ends about", f"{datetime.fromisoformat(content['money_ends']):%-d %B %Y}"))
    if content["phase"]["ends"]:
        said.append(("The time box ends", f"{datetime.fromisoformat(content['phase']['ends']):%-d %B %Y}"))
    return said


def text(report: Report) -> str:
    """Return a report as the text of an e-mail."""
    content = report.content
    parts = [content["headline"], content["lead"], ""]
    parts += [f"{name}: {value}" for name, value in facts(content)]
    parts += ["", *(f"{one['text']}: {one['done']:,} of {one['items']:,} items done" for one in content["questions"])]
    parts += [f"Gate of {gate['phase']}: {gate['decision']}. {gate['reason']}" for gate in content["gates"]]
    if content["risks"]:
        parts += ["", "Needs attention:", *(f"- {risk}" for risk in content["risks"])]
    return "\n".join([*parts, "", alerts.address(report.project)]).replace("\u00a0", " ").strip() + "\n"
