"""Workbooks: numbers, dates and formulas of a sheet come in as values, and hostile ones are refused."""

import io
import zipfile

import pytest

from annotator.intake.found import BadContent
from annotator.intake.tables import workbooks
from annotator.intake.tables.record import BadTable
from tests.annotator.table_files import read, records


def workbook(*sheets: str, shared: str = "") -> bytes:
    """Return an XLSX file of these sheets, each given as the XML of its rows."""
    buffer = io.BytesIO()
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
        types = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{office}.worksheet+xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        parts.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            f'ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{office}.sheet.main+xml"/>{types}</Types>',
        )
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        parts.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{relations}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1))
        parts.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{relations}"><sheets>{names}</sheets></workbook>')
        links = "".join(
            f'<Relationship Id="r{n}" Type="{relations}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        parts.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{links}</Relationships>')
        parts.writestr(
            "xl/styles.xml",
            f'<styleSheet {main}><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        for n, rows in enumerate(sheets, start=1):
            parts.writestr(
                f"xl/worksheets/sheet{n}.xml", f"{shared}<worksheet {main}><sheetData>{rows}</sheetData></worksheet>"
            )
    return buffer.getvalue()


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEAD = f"<row r='1'>{cell('A1', 'id')}{cell('B1', 'when')}</row>"


def test_a_sheet_gives_numbers_dates_in_iso_and_formulas_as_values():
    rows = HEAD + '<row r="3"><c r="A3"><f>1+2.5</f><v>3.5</v></c></row>' + f"<row r='4'>{cell('A4', '007')}</row>"
    content = workbook("", HEAD + rows.removeprefix(HEAD) + '<row r="5"><c r="A5"><v>7</v></c></row>')
    assert workbooks.sheets(io.BytesIO(content)) == ["S1", "S2"]
    assert [row.fields["id"] for row in workbooks.rows(io.BytesIO(content))] == [3.5, "007", 7]
    with pytest.raises(BadTable, match="no sheet “S3”; there are: S1, S2"):
        list(workbooks.rows(io.BytesIO(content), "S3"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 nothing", "no workbook"),
        (b"words", "no workbook"),
        (workbook(""), "empty"),
        (
            workbook("<row r='1'>" + "".join(cell(f"A{n}", "x") for n in range(1, 3)) + "</row><broken"),
            "broken|no row|empty",
        ),
    ],
    ids=["a broken archive", "words", "an empty sheet", "a broken sheet"],  # an archive holds the time it was made
)
def test_what_is_no_workbook_is_refused(content, reason):
    with pytest.raises(BadContent, match=reason):
        read("a.xlsx", content)


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 10_000)
    with pytest.raises(BadContent, match="unpacks to more than"):
        read("a.xlsx", workbook(HEAD + " " * 20_000))


def test_entities_of_a_workbook_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    content = workbook(f"<row r='1'>{cell('A1', 'id')}</row><row r='2'>{cell('A2', '&b;')}</row>", shared=bomb)
    try:
        assert "aaaa" not in str(records("a.xlsx", content))
    except BadContent:
        pass  # refused is as good
