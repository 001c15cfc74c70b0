"""What a cell says of where its row's item belongs: its split, its priority, its external id and its group."""

from typing import Any

from annotator.items.limits import MOST_GROUP, MOST_PRIORITY

SPLITS = {
    **dict.fromkeys(("train", "training", "dev", "development", "validation", "valid", "val"), "train"),
    **dict.fromkeys(("test", "testing", "holdout", "eval", "evaluation"), "test"),
}


def split_named(value: Any) -> str:
    """Return the split that a cell names, "" for an empty one. Raises ValueError with the reason."""
    name = "" if value is None else str(value).strip()
    if name and name.lower() not in SPLITS:
        raise ValueError(f"“{name[:40]}” is no split; write train or test")
    return SPLITS[name.lower()] if name else ""


def priority_of(value: Any) -> int:
    """Return the priority that a cell gives, 0 for an empty one. Raises ValueError with the reason."""
    try:
        priority = round(float(value)) if value not in (None, "") else 0
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"the priority “{str(value)[:40]}” is no number") from None
    if abs(priority) > MOST_PRIORITY:
        raise ValueError(f"the priority is beyond {MOST_PRIORITY:,}")
    return priority


def name_of(value: Any, what: str) -> str:
    """Return an external id or a group as it is written. Raises ValueError with the reason."""
    text = "" if value is None else (value if isinstance(value, str) else _written(value)).strip()
    if len(text) > MOST_GROUP or "\x00" in text:
        raise ValueError(f"the {what} has more than {MOST_GROUP} characters, or holds NUL")
    return text


def _written(value: Any) -> str:
    if isinstance(value, (bool, list, dict)):
        raise ValueError("a list is no name")
    return str(value)
