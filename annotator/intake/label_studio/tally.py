"""What an import has done so far. It is stored with each part, so that a job that starts again goes on from there."""

from collections import Counter
from typing import Any

MOST_NAMED, MOST_PEOPLE, MOST_KINDS = 50, 1_000, 200


def shown(text: str) -> str:
    """Return a text without characters that cannot be stored or shown."""
    return "".join(one if one.isprintable() else "�" for one in text)[:500]


class Tally:
    """The counts of an import, and the first reasons why something was not imported."""

    def __init__(self, stored: dict[str, Any] | None) -> None:
        known = stored or {}
        self.position: int = known.get("position", 0)
        self.counts = Counter[str](known.get("counts", {}))
        self.people = Counter[str](known.get("people", {}))
        self.lost = Counter[str](known.get("lost", {}))
        self.reasons: dict[str, None] = dict.fromkeys(known.get("reasons", []))

    def refuse(self, reason: str) -> None:
        """Count a task or an answer that was refused."""
        self.counts["refused"] += 1
        if len(self.reasons) < MOST_NAMED:
            self.reasons[shown(reason)] = None

    def lose(self, lost: dict[str, int]) -> None:
        """Count what cannot be expressed."""
        for raw, count in lost.items():
            what = shown(raw)
            known = what in self.lost or len(self.lost) < MOST_KINDS
            self.lost[what if known else "other parts"] += count

    def give(self, person: str) -> None:
        """Count an answer of a person."""
        person = shown(person)
        known = person in self.people or len(self.people) < MOST_PEOPLE
        self.people[person if known else "others"] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the tally as it is stored and shown. `new`, `known`, `refused` and `reasons` are those of every import."""
        return {
            "position": self.position,
            "counts": dict(self.counts),
            "people": dict(self.people),
            "lost": dict(self.lost),
            "reasons": list(self.reasons),
            "new": self.counts["new"],
            "known": self.counts["known"],
            "refused": self.counts["refused"],
        }
