"""Which questions a format fits: what several formats share. Each returns why it does not fit, or an empty text if it does."""

from typing import Any

_SHAPES = {"box": "boxes", "polygon": "outlines", "point": "points"}


def every_question(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Fit every question."""
    return ""


def boxes_or_outlines(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Fit questions that ask for boxes or outlines."""
    return _shapes(kind, config, "box", "polygon")


def any_shapes(kind: str, config: dict[str, Any], modalities: set[str]) -> str:
    """Fit questions that ask for boxes, outlines or points."""
    return _shapes(kind, config, *_SHAPES)


def _shapes(kind: str, config: dict[str, Any], *held: str) -> str:
    if kind != "box":
        return "It holds shapes on pictures."
    return "" if set(held) & set(config["shapes"]) else f"It holds {' and '.join(_SHAPES[one] for one in held)}."
