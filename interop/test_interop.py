"""The libraries that our exports are made for read what the version says. `make interop` runs this."""

import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from annotator.intake import imported, pictures
from annotator.intake.imported import RawAnswer
from annotator.models import Answer
from datasets.exports import FORMATS
from datasets.exports.annotations import pseudonym
from datasets.exports.source import Source
from datasets.labels import computation
from datasets.versions import versions
from tests import make
from tests.annotator.test_item_search import text
from tests.datasets.test_export_formats import drawn, frozen, marked, picture  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
PYTHON = os.environ.get("INTEROP_PYTHON", ".venv/interop/bin/python")
TEXTS = ["=1+1", 'a, "b"\r\nc 💩', "שלום null", "NA", "", "一 é e\u0301", "9007199254740993"]


def read(reader: str, version, name: str, folder: Path):
    """Return what a library reads of an export of a version."""
    content = b"".join(FORMATS[name].write(Source(version)))
    if FORMATS[name].EXTENSION == "zip":
        zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    else:
        (folder / f"export.{FORMATS[name].EXTENSION}").write_bytes(content)
    command = [PYTHON, str(Path(__file__).with_name("readers.py")), reader, str(folder)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HF_HOME": str(folder / "cache")}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout)


def entries(version):
    """Return what the version itself says."""
    return [entry for part in versions.stream(version) for entry in part]


@pytest.fixture
def texts(project):
    found = [text(f"{number}.txt", one) for number, one in enumerate(TEXTS) if one]
    found = list({one.sha256: one for one in found}.values())
    return frozen(project, "choice", {"choices": ["x", "null", "unused"]}, found, ["x", "null"] * (len(found) // 2))


@pytest.fixture
def photos(project):
    """Pictures: one lies on its side, two have the same name in other folders, and one class is never used."""
    sideways = pictures.check_picture("side.jpg", make.png(4, (20, 10), "JPEG"))
    found = [picture(1, "a.png"), picture(2, "A.png", (9, 7)), sideways, picture(3, "c.png", (5, 5))]
    return frozen(project, "choice", {"choices": ["x", "y", "z: 'q'"]}, found, ["x", "y", "y", "x"])


@pytest.mark.parametrize(
    ("reader", "name"),
    [("pandas_csv", "csv"), ("pandas_parquet", "parquet"), ("pandas_jsonl", "jsonl"), ("openpyxl_rows", "xlsx")],
)
def test_a_table_holds_every_text_as_it_is(reader, name, texts, tmp_path):
    found = {row["sha256"]: row for row in read(reader, texts, name, tmp_path)}
    expected = {entry["sha256"]: entry for entry in entries(texts)}
    assert set(found) == set(expected)
    stored = {one.sha256: one.text for one in texts.project.items.all()}
    for sha256, row in found.items():
        said = stored[sha256]
        if name in ("csv", "xlsx") and said.startswith("="):
            said = f"'{said}"  # the receipt says so
        if name == "xlsx":
            said = said.replace("\r", "_x000D_")  # as Excel writes it; openpyxl leaves it so
        assert row["text"] == said and row["label"] == expected[sha256]["label"]
        assert float(row["probability"]) == expected[sha256]["probability"]


@pytest.mark.parametrize(("reader", "name"), [("hugging_face", "huggingface"), ("image_folder", "imagefolder")])
def test_pictures_and_labels_come_as_they_are(reader, name, photos, tmp_path):
    found = read(reader, photos, name, tmp_path)
    expected = [
        (entry["split"], entry["name"], entry["label"], [entry["width"], entry["height"]]) for entry in entries(photos)
    ]
    assert sorted((row["split"], row["name"], row["label"], row["size"]) for row in found) == sorted(expected)


def test_hugging_face_texts_are_as_they_are(texts, tmp_path):
    found = read("hugging_face", texts, "huggingface", tmp_path)
    stored = {one.sha256: one.text for one in texts.project.items.all()}
    expected = {(entry["sha256"], entry["label"], stored[entry["sha256"]]) for entry in entries(texts)}
    assert {(row["sha256"], row["label"], row["text"]) for row in found} == expected


def test_coco_against_itself_is_perfect(drawn, tmp_path):  # noqa: F811
    found = read("coco", drawn, "coco", tmp_path)
    assert [found[split]["precision"] for split in ("train", "test")] == pytest.approx([1, 1])
    assert found["test"]["boxes"] == 1, "also with a single box"
    assert found["train"]["classes"] == found["test"]["classes"] == ["cup", "rim", "unused"]
    assert found["train"]["points"] == 1


def test_web_dataset_reads_samples(photos, tmp_path):
    found = read("web_dataset", photos, "webdataset", tmp_path)
    classes = ["x", "y", "z: 'q'"]
    expected = [
        (one["split"], one["sha256"], one["label"], classes.index(one["label"]), [one["width"], one["height"]])
        for one in entries(photos)
    ]
    said = [(row["split"], row["sha256"], row["label"], row["class"], row["size"]) for row in found]
    assert sorted(said) == sorted(expected)


def test_spacy_reads_every_mark_where_it_stands(marked, tmp_path):  # noqa: F811
    found = {row["text"]: row["spans"] for row in read("spacy_docs", marked, "spacy", tmp_path)}
    stored = {one.sha256: one.text for one in marked.project.items.all()}
    assert set(found) == set(stored.values())
    for entry in entries(marked):
        whole = {(one["start"], one["end"], one["label"]) for one in entry["label"]["spans"]}
        said = {tuple(one) for one in found[stored[entry["sha256"]]]}
        # A mark that ends within a word is widened to it; the receipt names each.
        assert len(said) <= len(whole) and {one[2] for one in said} == {one[2] for one in whole}
    assert [36, 46, "place"] in found[next(one for one in found if "annotation" in one)]


def test_spacy_converts_conll(marked, tmp_path):  # noqa: F811
    found = read("spacy_convert", marked, "conll", tmp_path)
    words = [word for document in found for word in document]
    assert ["annotation", "B", "place"] in words


def test_croissant_is_valid_and_says_who_answered_what(photos, manager, tmp_path):
    late = [(item, RawAnswer("Ada", "x")) for item in photos.project.items.values_list("pk", flat=True)]
    imported.take_in(photos.project, photos.question, manager, late, "answers", "a.csv")
    computation.compute(photos.question)
    version = versions.freeze(photos.question, versions.build(photos.question), None)[0]
    found = read("croissant", version, "croissant", tmp_path)
    assert {row["name"] for row in found["splits"]} == {"train", "test"}
    assert [row["name"] for row in found["classes"]] == ["x", "y", "z: 'q'"]
    expected = [(one["sha256"], one["split"], one["label"], [one["width"], one["height"]]) for one in entries(version)]
    said = [(row["sha256"], row["split"], row["label"], row["image"]) for row in found["items"]]
    assert sorted(said) == sorted(expected)
    [ada] = set(Answer.objects.values_list("worker_id", flat=True))
    assert {(row["item"], row["value"], row["worker"]) for row in found["answers"]} == {
        (one["sha256"], "x", pseudonym(photos.project, ada)) for one in entries(version)
    }
