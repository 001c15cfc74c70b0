"""Exports hold everything that a person needs, whatever the items hold, and are what the version says."""

import csv
import io
import json

import pyarrow.parquet
import pytest

from annotator.intake import content, pictures
from annotator.models import Item
from annotator.refusal import Refused
from datasets.exports import FORMATS, rows
from datasets.exports.download import download
from datasets.exports.formats import parquet
from datasets.exports.rows import COLUMNS
from datasets.exports.source import Source
from datasets.models import Label
from datasets.versions import versions
from tests import make
from tests.annotator.test_item_search import text

pytestmark = pytest.mark.django_db
TEXTS = [
    "plain",
    'with, comma; and "quotes"',
    "two\r\nlines\rand\nmore",
    "💩 emoji",
    "שלום עולם",
    "é",
    "e\u0301",
    "null",
    "NA",
    "None",
    "9007199254740993",
    "007",
    " spaces ",
    "=1+1",
    "-5",
    "\ttab",
]
LABELS = [
    "yes",
    "no",
    "null",
    "NA",
    "=cmd()",
    "1",
    "ü",
    "a\nb",
    3,
    2.5,
    True,
    ["a", "b"],
    {"x": [1, 2.25]},
    ["a", None],
    "yes",
    "no",
]


@pytest.fixture
def version(question):
    project = question.project
    found = [
        text(
            f"{number}.txt",
            words,
            external_id=f"=id {number}",
            group="g" if number < 4 else "",
            path=f"a/{number}.txt",
            fields={"n": number, "share": number + 0.5, "nested": {"é": [None, True]}} if number % 2 else {},
            split="train" if number < 12 else "test",
        )
        for number, words in enumerate(TEXTS)
    ]
    picture = pictures.check_picture("=photo.png", make.png(5, (6, 4)))
    picture.split = "train"
    content.store(project, [*found, picture])
    for number, item in enumerate(project.items.order_by("pk")):
        label = LABELS[number] if number < len(LABELS) else "yes"
        Label.objects.create(
            question=question, item=item, value=label, probability=0.123456, answers=2, decided=number == 1
        )
    return versions.freeze(question, versions.build(question), question.created_by)[0]


def written(version, name: str) -> bytes:
    return b"".join(FORMATS[name].write(Source(version)))


@pytest.fixture
def expected(version):
    """What the version says, with the contents of the items."""
    texts = dict(Item.objects.exclude(text="").values_list("sha256", "text"))
    return [
        {
            **{name: entry[name] for name in COLUMNS if name not in ("id", "text")},
            "id": entry["external_id"],
            "text": texts.get(entry["sha256"]),
        }
        for entry in versions.manifest(version)["items"]
    ]


def test_json_and_json_lines_are_the_version(version, expected):
    assert json.loads(written(version, "json")) == expected
    assert [json.loads(line) for line in written(version, "jsonl").decode().split("\n")[:-1]] == expected
    assert {row["text"] for row in expected} == {*TEXTS, None}
    assert sum(row["decided"] for row in expected) == 1


def test_a_file_name_that_is_a_formula_is_text_in_the_spreadsheet(version):
    text = written(version, "csv").decode()
    assert ",'=photo.png," in text and ",'=cmd()," in text and ",-5," in text and "'=id 3" in text


def test_csv_comes_back_through_a_reader_and_runs_nothing(version, expected):
    found = list(csv.DictReader(io.StringIO(written(version, "csv").decode(), newline="")))
    for row, said in zip(found, expected, strict=True):
        for name in COLUMNS:
            value = said[name]
            if isinstance(value, dict | list | bool):
                assert json.loads(row[name]) == value
            elif isinstance(value, str):
                assert row[name] in (value, f"'{value}")
                assert row[name][:1] not in "=+@\t\r" or not row[name]
            else:
                assert row[name] == ("" if value is None else str(value))
    texts = {row["text"] for row in found}
    assert set(TEXTS) - texts == {"=1+1", "\ttab"}, "only what a spreadsheet would run is changed"


def test_parquet_has_types_and_every_text_as_it_is(version, expected):
    table = pyarrow.parquet.read_table(io.BytesIO(written(version, "parquet")))
    found = table.to_pylist()
    for row, said in zip(found, expected, strict=True):
        for name in COLUMNS:
            value = said[name]
            if name in ("label", "fields") and not isinstance(value, str | None):
                assert json.loads(row[name]) == value
            else:
                assert row[name] == value
    kinds = {name: str(table.schema.field(name).type) for name in ("probability", "decided", "width", "text")}
    assert kinds == {"probability": "double", "decided": "bool", "width": "int32", "text": "string"}
    assert table.column_names == list(COLUMNS)


def test_row_groups_stay_small(version, monkeypatch):
    monkeypatch.setattr(rows, "PART", 3)
    monkeypatch.setattr(parquet, "GROUP", 100)
    file = pyarrow.parquet.ParquetFile(io.BytesIO(written(version, "parquet")))
    assert file.num_row_groups > 3 and file.metadata.num_rows == 17


def test_few_long_texts_are_kept_at_a_time(version, expected, monkeypatch):
    """Rows are counted by their size, too: a thousand texts of 20 MB do not fit into memory."""
    held = []
    monkeypatch.setattr(rows, "BYTES", 30)
    limited = rows.limited
    monkeypatch.setattr(rows, "limited", lambda *given: (held.append(len(some)) or some for some in limited(*given)))
    assert json.loads(written(version, "json")) == expected
    assert sum(held) == len(expected) and len(held) >= 5


def test_a_version_is_read_in_parts(version, expected, monkeypatch):
    monkeypatch.setattr(versions, "PART", 4)
    assert json.loads(written(version, "json")) == expected


def test_a_damaged_version_is_refused_before_anything_is_sent(version):
    from tests.datasets.test_verifying import change

    change("datasets_manifest", "frozen_items", "frozen_items[2:]", f"version_id = {version.pk}")
    with pytest.raises(Refused, match="is damaged"):
        download(version, "csv", version.question.created_by)


FITTING = [
    "csv",
    "xlsx",
    "json",
    "jsonl",
    "parquet",
    "huggingface",
    "imagefolder",
    "spacy",
    "webdataset",
    "label-studio",
    "croissant",
]


@pytest.mark.parametrize("name", FITTING)
def test_every_format_is_downloaded_from_the_page_and_by_the_api(version, manager, client, api, name):
    client.force_login(manager)
    base = f"/projects/{version.project_id}/"
    page = client.get(f"{base}versions/?question={version.question_id}").content.decode()
    assert f"{base}versions/{version.pk}/export/" in page and f'<option value="{name}">' in page
    response = client.get(f"{base}versions/{version.pk}/export/?as={name}")
    assert response.status_code == 200 and f".{FORMATS[name].EXTENSION}" in response["Content-Disposition"]
    sent = b"".join(response.streaming_content)
    by_api = api(manager).get(f"/api/v1{base}questions/{version.question_id}/versions/1/export/?as={name}")
    assert b"".join(by_api.streaming_content) == sent == written(version, name)


@pytest.mark.parametrize("name", sorted(set(FORMATS) - set(FITTING)))
def test_a_format_that_does_not_fit_the_question_is_refused_with_the_reason(version, manager, client, api, name):
    client.force_login(manager)
    base = f"/projects/{version.project_id}/"
    page = client.get(f"{base}versions/?question={version.question_id}").content.decode()
    assert f'<option value="{name}">' not in page and f"<li>{FORMATS[name].TITLE}: It holds" in page
    assert client.get(f"{base}versions/{version.pk}/export/?as={name}").status_code == 400
    by_api = api(manager).get(f"/api/v1{base}questions/{version.question_id}/versions/1/export/?as={name}")
    assert by_api.status_code == 400 and "does not fit" in by_api.json()["detail"]
