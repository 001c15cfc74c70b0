"""The picture of a learning curve, drawn by Altair as SVG in the page's own colours.

Altair writes the placeholder colours below. They are replaced by classes of the style sheet, so the same picture works
in light mode, in dark mode and in print.
"""

import math
import re
from typing import Any

from annotator.money import money_text
from workers.training.curve import limits
from workers.training.models import Curve

# placeholder colour -> the style sheet's variable
COLOURS = {
    "#010101": "--ink",
    "#020202": "--soft",
    "#030303": "--rule",
    "#040404": "--wash",
    "#050505": "--accent",
    "#060606": "--money",
    "#070707": "--sheet",
}
INK, SOFT, RULE, WASH, ACCENT, MONEY, SHEET = COLOURS


def draw(
    points: list[dict[str, Any]], outlook: dict[str, Any], goal: float | None, currency: str, *, narrow: bool
) -> str:
    """Return the curve as an SVG document: measured points, fitted line, forecast with its band, regions, goal.

    Args:
        points: `{"size", "error", "version"}` by size.
        outlook: what `outlook.look_ahead` returned.
        goal: the target error, from 0 to 1.
        currency: the project's currency, for the second row of the x axis.
        narrow: whether the picture is for a phone.
    """
    import altair as alt
    import vl_convert

    width, height = (300, 240) if narrow else (690, 290)
    sizes = [point["size"] for point in points] + [row["size"] for row in outlook.get("line", [])]
    low, high = min(sizes) * 0.75, max(sizes) * 1.15
    if small := outlook.get("small_data_until"):  # keep the small-data region visible; one label is always too few
        low = min(low, max(small, 1.0) * 0.4)
    errors = (
        [point["error"] for point in points]
        + [row["low"] for row in outlook.get("line", [])]
        + ([goal] if goal else [])
    )
    bottom, top = max(0.001, min(error for error in errors if error > 0) * 0.8) if any(errors) else 0.001, 1.0
    x = alt.X("size:Q", scale=alt.Scale(type="log", domain=[low, high], nice=False), title=None, axis=None)
    y_scale = alt.Scale(type="log", domain=[bottom, top], nice=False, clamp=True)
    axis = alt.Axis(
        values=_error_ticks(bottom),
        labelExpr="format(datum.value * 100, '~g') + ' %'",
        grid=True,
        domain=False,
        ticks=False,
        labelPadding=8,
    )
    y = alt.Y("error:Q", scale=y_scale, title=None, axis=axis)
    layers = [
        *_regions(alt, outlook, low, high, bottom, top, narrow),
        *_axis(alt, x, low, high, bottom, height, outlook, currency, narrow),
        *_goal(alt, goal, y, low, x),
        *_forecast(alt, points, outlook, x, y, alt.Y("low:Q", scale=y_scale, title=None, axis=axis), bottom),
        *_points(alt, points, x, y, y_scale, bottom),
        *_last(alt, points, outlook, x, y),
    ]
    spec = (
        alt.layer(*layers)
        .properties(
            width=width,
            height=height,
            background="transparent",
            padding={"left": 5, "right": 24, "top": 5, "bottom": 8},
        )
        .configure_view(stroke=None, fill=None, clip=False)
        .configure_axis(
            gridColor=RULE,
            labelColor=SOFT,
            labelFontSize=12,
            labelFont="Inter, system-ui, sans-serif",
        )
        .configure_text(font="Inter, system-ui, sans-serif", fontSize=12)
    )
    svg = vl_convert.vegalite_to_svg(
        spec.to_json(), vl_version="6.4" if "6.4" in vl_convert.get_vegalite_versions() else None
    )
    return _page_colours(svg, _alternative(points, outlook))


def _error_ticks(bottom: float) -> list[float]:
    ticks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0]
    return [tick for tick in ticks if tick >= bottom]


def _size_ticks(low: float, high: float, most: int) -> list[int]:
    ticks = [factor * 10**power for power in range(7) for factor in (1, 2, 5)]
    inside = [tick for tick in ticks if low <= tick <= high]
    while len(inside) > most:
        inside = inside[::2]
    return inside


def _regions(
    alt: Any, outlook: dict[str, Any], low: float, high: float, bottom: float, top: float, narrow: bool
) -> list[Any]:
    if "line" not in outlook:
        return []
    until = outlook["small_data_until"]
    small = min(max(high if until is None else until, 1.0, low), high)
    floor = min(max(outlook["floor_from"] or high, small), high)
    shaded = [{"from": low, "to": small}, {"from": floor, "to": high}]
    shaded = [area | {"bottom": bottom, "top": top} for area in shaded if area["to"] > area["from"] * 1.02]
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    layers = []
    if shaded:
        layers.append(
            alt.Chart(alt.Data(values=shaded))
            .mark_rect(fill=WASH, opacity=1)
            .encode(x=alt.X("from:Q", scale=scale, axis=None), x2="to:Q", y=alt.value(0), y2=alt.value("height"))
        )
    if not narrow:
        for name in _region_names(outlook, low, small, floor, high):
            layers.append(
                alt.Chart(alt.Data(values=[name]))
                .mark_text(color=SOFT, align=name["align"], baseline="bottom")
                .encode(x=alt.X("size:Q", scale=scale, axis=None), y=alt.value(-8), text="text:N")
            )
    return layers


def _region_names(outlook: dict[str, Any], low: float, small: float, floor: float, high: float) -> list[dict[str, Any]]:
    """Return the names of the three regions with their positions. A region beyond the picture says where it begins."""
    halving = outlook["halving"] * 100
    start = outlook["floor_from"]
    names = [{"size": low, "text": "small data", "align": "left"}]
    beyond = start is None or start >= high
    if floor > small * 3:
        # In the middle of its region, or further left if the name of the next region needs the space.
        place = small**0.72 * high**0.28 if beyond else (small * floor) ** 0.5
        names.append({"size": place, "text": f"power law: each doubling cuts {halving:.0f}%", "align": "center"})
    if (known := limits.floor(outlook)) != "known":
        text = "no irreducible error in sight" if known == "none" else "irreducible error not known yet"
        names.append({"size": high, "text": text, "align": "right"})
    else:
        text = f"irreducible error {outlook['c_low'] * 100:.1f} to {outlook['c_high'] * 100:.1f}%"
        text += f", from {_rounded(start)} labels →" if beyond and start is not None else ""
        names.append({"size": high, "text": text, "align": "right"})
    return names


def _rounded(count: float) -> str:
    digits = max(0, int(math.log10(max(count, 1))) - 1)
    return f"{round(count, -digits):,.0f}" if count < 1e7 else "millions of"


def _axis(
    alt: Any,
    x: Any,
    low: float,
    high: float,
    bottom: float,
    height: int,
    outlook: dict[str, Any],
    currency: str,
    narrow: bool,
) -> list[Any]:
    price = float(outlook["label_price"])
    ticks = [
        {
            "size": tick,
            "labels": f"{tick:,}",
            "money": money_text(tick * price, currency),
        }
        for tick in _size_ticks(low, high, 4 if narrow else 7)
    ]
    base = alt.Chart(alt.Data(values=ticks)).encode(x=x)
    layers = [
        base.mark_text(color=SOFT, baseline="top").encode(y=alt.value(height + 10), text="labels:N"),
        alt.Chart(alt.Data(values=[{}]))
        .mark_text(color=SOFT, align="right", baseline="bottom")
        .encode(
            x=alt.value("width"),
            y=alt.value(height + 62),
            text=alt.value("training labels, and what they cost" if price else "training labels"),
        ),
        alt.Chart(alt.Data(values=[{}]))
        .mark_text(color=SOFT, align="left", baseline="bottom")
        .encode(x=alt.value(-38), y=alt.value(-28), text=alt.value("error on the test set")),
    ]
    if price:
        layers.append(base.mark_text(color=MONEY, baseline="top").encode(y=alt.value(height + 26), text="money:N"))
    return layers


def _goal(alt: Any, goal: float | None, y: Any, low: float, x: Any) -> list[Any]:
    if not goal:
        return []
    data = alt.Chart(alt.Data(values=[{"error": goal, "size": low, "text": f"goal {goal * 100:g}%"}]))
    return [
        data.mark_rule(color=MONEY, strokeDash=[2, 4], strokeWidth=1.5).encode(y=y),
        data.mark_text(color=MONEY, align="left", dx=6, dy=-8).encode(x=x, y=y, text="text:N"),
    ]


def _forecast(
    alt: Any, points: list[dict[str, Any]], outlook: dict[str, Any], x: Any, y: Any, y_low: Any, bottom: float
) -> list[Any]:
    if "line" not in outlook:
        return []
    last = present(points)["size"]
    line = [row | {"low": max(row["low"], bottom)} for row in outlook["line"]]
    fitted = [row for row in line if row["size"] <= last]
    ahead = [fitted[-1]] + [row for row in line if row["size"] > last] if fitted else line
    return [
        alt.Chart(alt.Data(values=ahead))
        .mark_area(fill=ACCENT, fillOpacity=0.14, stroke=None)
        .encode(x=x, y=y_low, y2="high:Q"),
        alt.Chart(alt.Data(values=fitted)).mark_line(stroke=ACCENT, strokeWidth=2.2).encode(x=x, y=y),
        alt.Chart(alt.Data(values=ahead)).mark_line(stroke=ACCENT, strokeWidth=2.2, strokeDash=[5, 5]).encode(x=x, y=y),
    ]


def _points(alt: Any, points: list[dict[str, Any]], x: Any, y: Any, y_scale: Any, bottom: float) -> list[Any]:
    """Return the measured points, each with the range of its seeds: whole versions large, nested sizes small."""
    ranges = [
        {"size": point["size"], "from": max(point["low"], bottom), "to": max(point["high"], bottom)}
        for point in points
        if point.get("high", 0) > point.get("low", 0)
    ]
    layers = []
    if ranges:
        spread = alt.Chart(alt.Data(values=ranges)).mark_rule(stroke=ACCENT, strokeWidth=1.2, opacity=0.5)
        layers.append(spread.encode(x=x, y=alt.Y("from:Q", scale=y_scale, title=None), y2="to:Q"))
    for whole, size in ((False, 26), (True, 74)):
        if some := [point for point in points if point.get("whole", True) is whole]:
            dots = alt.Chart(alt.Data(values=some))
            marks = dots.mark_point(filled=True, fill=SHEET, stroke=ACCENT, strokeWidth=2, size=size, opacity=1)
            layers.append(marks.encode(x=x, y=y))
    return layers


def present(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the point of the newest version with all its items, or of the newest version if no point is whole."""
    whole = [point for point in points if point.get("whole", True)]
    return max(whole or points, key=lambda point: (point["version"], point["size"]))


def present_of(curve: Curve | None) -> dict[str, Any] | None:
    """Return `present` of a stored curve, or None if there is no curve or it has no point."""
    return present(curve.points) if curve and curve.points else None


def _last(alt: Any, points: list[dict[str, Any]], outlook: dict[str, Any], x: Any, y: Any) -> list[Any]:
    last = present(points)
    text = last | {"text": f"version {last['version']}: {last['error'] * 100:.1f}%"}
    # On the side of the point that is away from the line.
    below = last["error"] < outlook.get("next", {}).get("now", 0.0)
    place = {"align": "right", "dx": -10, "dy": 14} if below else {"align": "left", "dx": 8, "dy": -14}
    return [alt.Chart(alt.Data(values=[text])).mark_text(color=INK, **place).encode(x=x, y=y, text="text:N")]


def _alternative(points: list[dict[str, Any]], outlook: dict[str, Any]) -> str:
    first, last = points[0], present(points)
    text = (
        f"Learning curve: the error falls from {first['error'] * 100:.1f}% at {first['size']:,} training labels "
        f"to {last['error'] * 100:.1f}% at {last['size']:,}"
    )
    if ahead := outlook.get("next"):
        text += (
            f"; forecast {ahead['error'] * 100:.1f}% at {ahead['size']:,}, "
            f"between {ahead['low'] * 100:.1f} and {ahead['high'] * 100:.1f}%"
        )
    return text + "."


def _page_colours(svg: str, alternative: str) -> str:
    for placeholder, variable in COLOURS.items():
        name = variable.removeprefix("--")
        svg = svg.replace(f'fill="{placeholder}"', f'class="f-{name}"').replace(
            f'stroke="{placeholder}"', f'class="s-{name}"'
        )
    # An element may have got two classes, but SVG reads only one attribute of a name.
    svg = re.sub(r'class="([^"]+)"((?:(?!class=)[^<>])*?) class="([^"]+)"', r'class="\1 \3"\2', svg)
    svg = re.sub(r'class="([^"]+)"((?:(?!class=)[^<>])*?) class="([^"]+)"', r'class="\1 \3"\2', svg)
    svg = re.sub(r' (?:style|role|aria-[a-z]+)="[^"]*"', "", svg)
    svg = re.sub(r"<style>.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", svg, count=1)
    alternative = alternative.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{alternative}" ', 1)
