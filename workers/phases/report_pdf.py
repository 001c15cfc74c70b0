"""A weekly report as a PDF of one or more pages, with its curve."""

import io
from pathlib import Path
from typing import Any

from fpdf import FPDF

from workers.phases import report_text
from workers.phases.models import Report

FONTS = Path(__file__).parent / "fonts"
INK, SOFT, RULE, MONEY = (29, 28, 26), (101, 98, 91), (230, 226, 217), (138, 86, 5)
# The curve is drawn for the style sheet; here its classes get print colours.
STYLE = "".join(
    f".f-{name}{{fill:{colour}}}.s-{name}{{stroke:{colour}}}"
    for name, colour in {
        "ink": "#1d1c1a",
        "soft": "#65625b",
        "rule": "#e6e2d9",
        "wash": "#f3f0e9",
        "accent": "#0d6b62",
        "money": "#8a5605",
        "sheet": "#ffffff",
    }.items()
)


class _Page(FPDF):
    """An A4 page in the style of the web pages: the text on the left, with generous space."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title_text = title
        self.add_font("text", "", FONTS / "DejaVuSans.ttf")
        self.add_font("text", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, 20)
        self.set_title(title)
        self.set_lang("en")
        self.add_page()

    def footer(self) -> None:
        """Write the page's number."""
        self.set_y(-14)
        self.set_font("text", "", 8)
        self.set_text_color(*SOFT)
        self.cell(0, 6, f"{self.title_text}, page {self.page_no()} of {{nb}}")

    def say(
        self, text: str, size: float, bold: bool = False, colour: tuple[int, int, int] = INK, after: float = 2
    ) -> None:
        """Write a paragraph."""
        self.set_font("text", "B" if bold else "", size)
        self.set_text_color(*colour)
        self.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT", align="L")
        self.ln(after)


def draw(report: Report) -> bytes:
    """Return a report as a PDF."""
    content: dict[str, Any] = report.content
    page = _Page(f"{content['name']}, week of {report.week:%-d %B %Y}")
    page.say(page.title_text, 9, colour=SOFT, after=5)
    page.say(content["headline"], 18, bold=True, after=2)
    page.say(content["lead"], 10.5, colour=SOFT, after=5)
    if report.curve:
        page.image(io.BytesIO(picture(report.curve)), w=page.epw)
        page.ln(5)
    for name, value in report_text.facts(content):
        _row(page, name, value, "$" in value or content["currency"] in value)
    page.ln(4)
    for one in content["questions"]:
        page.say(f"{one['text']}  {one['done']:,} of {one['items']:,} items done, {one['answers']:,} answers", 10)
    for gate in content["gates"]:
        page.say(f"Gate of {gate['phase']}: {gate['decision']}. {gate['reason']}", 10)
    if content["risks"]:
        page.ln(3)
        page.say("Needs attention", 10, bold=True, colour=SOFT)
        for risk in content["risks"]:
            page.say(f"·  {risk}", 10)
    return bytes(page.output())


def _row(page: _Page, name: str, value: str, money: bool) -> None:
    page.set_draw_color(*RULE)
    page.line(page.l_margin, page.get_y(), page.l_margin + page.epw, page.get_y())
    page.set_font("text", "", 10)
    page.set_text_color(*SOFT)
    page.cell(page.epw / 2, 8, name)
    page.set_text_color(*(MONEY if money else INK))
    page.cell(page.epw / 2, 8, value, align="R", new_x="LMARGIN", new_y="NEXT")


def picture(svg: str) -> bytes:
    """Return a curve's SVG as a PNG picture in print colours."""
    import vl_convert

    head = svg.index(">", svg.index("<svg")) + 1
    return bytes(vl_convert.svg_to_png(f"{svg[:head]}<style>{STYLE}</style>{svg[head:]}", scale=2.5))
