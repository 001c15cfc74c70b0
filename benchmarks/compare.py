"""How long it takes to compare two answers that hold as much as may be sent."""

import math
import time
from typing import Any

from annotator import kinds
from annotator.kinds.box import geometry
from benchmarks.figure import figure


def spans(count: int, length: int, shift: int = 0) -> dict[str, Any]:
    """Return an answer whose spans cover a text, each as long as the text allows."""
    each = length // count
    return {
        "spans": [
            {"start": n * each + shift, "end": min(length, (n + 1) * each + shift), "label": "x"} for n in range(count)
        ]
    }


def nested(count: int, length: int, shift: int = 0) -> dict[str, Any]:
    """Return an answer whose spans all lie on each other."""
    return {"spans": [{"start": n + shift, "end": length - n, "label": "x"} for n in range(count)]}


def boxes(count: int, shift: float) -> dict[str, Any]:
    """Return boxes that all lie on each other."""
    one = {"type": "box", "label": "x", "width": 5000, "height": 5000}
    return {"shapes": [one | {"x": n + shift, "y": n / 2} for n in range(count)]}


def star(corners: int) -> list[list[float]]:
    """Return an outline whose sides are long, and of which no two cross."""
    turn = [2 * math.pi * n / corners for n in range(corners)]
    return [
        [5000 + (4000 if n % 2 else 200) * math.cos(angle), 5000 + (4000 if n % 2 else 200) * math.sin(angle)]
        for n, angle in enumerate(turn)
    ]


def _milliseconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def measure() -> None:
    """Print the figures."""

    def alike(name: str, one: Any, other: Any) -> float:
        return _milliseconds(lambda: kinds.get(name).similarity({}, one, other))

    alike("span", spans(10, 100), spans(10, 100, 1))
    few = max(alike("span", make(300, 10**5), make(300, 10**5, 7)) for make in (spans, nested))
    many = max(alike("span", make(5000, 10**6), make(5000, 10**6, 7)) for make in (spans, nested))
    figure("trust.compare_300_spans_ms", few, "ms", 50)
    figure("trust.compare_5000_spans_ms", many, "ms", 1000)
    figure("trust.compare_2000_boxes_ms", alike("box", boxes(2000, 0), boxes(2000, 0.3)), "ms", 1000)
    long = "ab" * 50_000, "ba" * 49_000 + "c" * 2000
    figure("trust.compare_100000_characters_ms", alike("text", *long), "ms", 1000)
    outline = star(300)
    check = _milliseconds(lambda: [geometry.crosses_itself(outline) for _ in range(100)])
    figure("trust.check_100_polygons_ms", check, "ms", 1000)
    config = {"choices": [{"value": "0"}, *({"value": str(n), "under": str((n - 1) // 2)} for n in range(1, 5000))]}
    figure("trust.check_5000_choices_ms", _milliseconds(lambda: kinds.get("choice").check_config(config)), "ms", 1000)


def run() -> None:
    """Measure and print."""
    measure()


if __name__ == "__main__":
    run()
