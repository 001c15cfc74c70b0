"""How a figure is written."""

import json
from typing import Any


def figure(name: str, value: float, unit: str, reference: Any = None) -> None:
    """Print one figure as a JSON line; `reference` is what it is held against."""
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "reference": reference}), flush=True)
