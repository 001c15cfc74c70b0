"""Each format says what its readers expect, for contents that trip readers up."""

import hashlib
import io
import json
import tarfile
import xml.etree.ElementTree as ElementTree
import zipfile

import pyarrow.parquet
import pytest
from python_calamine import CalamineWorkbook

from annotator.intake import content, imported, pictures
from annotator.intake.imported import RawAnswer
from annotator.models import Answer, Item, Revision
from datasets.exports import FORMATS, names
from datasets.exports.source import Options, Source
from datasets.exports.tokens import tokens
from datasets.labels import computation
from datasets.models import Label
from datasets.versions import versions
from tests import make
from tests.annotator.test_item_search import text

pytestmark = pytest.mark.django_db
BOX = {"labels": ["cup", "rim", "unused"], "shapes": ["box", "polygon", "point"]}
SHAPES = [
    {"type": "box", "label": "cup", "x": 1828, "y": 710, "width": 92, "height": 104},
    {"type": "box", "label": "rim", "x": 0, "y": 0, "width": 1920, "height": 1080},
    {"type": "polygon", "label": "cup", "points": [[10, 10], [30, 10], [30, 50.5]]},
    {"type": "point", "label": "rim", "x": 5.5, "y": 6},
]
PLACES = {"labels": ["per son", "place"], "relations": ["lives in"]}


def frozen(project, kind, config, found, values):
    """Freeze a version of contents with these labels: the last one is the test set."""
    found[-1].split = "test"
    for one in found[:-1]:
        one.split = "train"
    content.store(project, found)
    question = make.question(project, kind=kind, config=config)
    items = dict(Item.objects.filter(project=project).values_list("sha256", "pk"))
    for one, value in zip(found, values, strict=True):
        Label.objects.create(question=question, item_id=items[one.sha256], value=value, probability=0.9, answers=1)
    return versions.freeze(question, versions.build(question), None)[0]


def picture(shade, name, size=(8, 8), form="PNG"):
    return pictures.check_picture(name, make.png(shade, size, form))


def digest(content):
    return hashlib.sha256(content).hexdigest()


def exported(version, name, **options):
    """Return the files of an export, and its receipt and what it dropped."""
    content = b"".join(FORMATS[name].write(Source(version, Options(**options))))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {info.filename: archive.read(info) for info in archive.infolist()}
        assert len(files) == len(archive.infolist()), "no name twice"
    again = b"".join(FORMATS[name].write(Source(version, Options(**options))))
    assert again == content, "the same bytes each time"
    lines = [json.loads(line) for line in files.get("dropped.jsonl", b"").decode().splitlines()]
    receipt = json.loads(files["receipt.json"])
    assert sum(receipt["dropped"].values()) == len(lines)
    return files, receipt, lines


@pytest.fixture
def drawn(project):
    """Pictures with shapes, one looked at and empty; two have the same name but for its case."""
    found = [picture(1, "Img.png", (1920, 1080)), picture(2, "img.png"), picture(3, "é.v2.jpg", (20, 10), "JPEG")]
    one = [{"type": "box", "label": "cup", "x": 1, "y": 2, "width": 3, "height": 4}]
    return frozen(project, "box", BOX, found, [{"shapes": SHAPES}, {"shapes": []}, {"shapes": one}])


def test_coco_counts_from_one_and_keeps_unused_classes(drawn):
    files, receipt, lines = exported(drawn, "coco")
    train, test = (json.loads(files[f"annotations/instances_{split}.json"]) for split in ("train", "test"))
    assert receipt["items"] == 3 and lines == []
    assert [one["id"] for one in test["images"] + train["images"]] == [1, 2, 3]
    assert train["categories"] == test["categories"]
    assert [(one["id"], one["name"]) for one in train["categories"]] == [(1, "cup"), (2, "rim"), (3, "unused")]
    by_size = {one["width"]: one["id"] for one in train["images"]}
    first = [one for one in train["annotations"] if one["image_id"] == by_size[1920]]
    assert [one["bbox"] for one in first] == [[1828, 710, 92, 104], [0, 0, 1920, 1080], [10, 10, 20, 40.5]]
    assert [one["area"] for one in first] == [92 * 104, 1920 * 1080, 405] and {one["iscrowd"] for one in first} == {0}
    assert first[2]["segmentation"] == [[10, 10, 30, 10, 30, 50.5]]
    ids = [one["id"] for one in train["annotations"] + test["annotations"]]
    assert sorted(ids) == [1, 2, 3, 4]
    points = json.loads(files["annotations/keypoints_train.json"])["annotations"]
    assert [(one["id"], one["keypoints"], one["category_id"]) for one in points] == [(1, [5.5, 6, 2], 2)]
    for one, split in ((train, "train"), (test, "test")):
        for image in one["images"]:
            stored = Item.objects.get(width=image["width"], project=drawn.project)
            assert digest(files[f"{split}/{image['file_name']}"]) == stored.sha256


def test_yolo_stays_inside_the_picture_and_tells_empty_from_missing(drawn):
    files, receipt, lines = exported(drawn, "yolo")
    labels = {path: said.decode() for path, said in files.items() if path.startswith("labels/")}
    images = [path for path in files if path.startswith("images/")]
    assert {path.replace("images/", "labels/").rpartition(".")[0] + ".txt" for path in images} == set(labels)
    assert len({path.casefold() for path in images}) == 3
    boxes = [[float(one) for one in line.split()] for said in labels.values() for line in said.splitlines()]
    assert sorted(box[0] for box in boxes) == [0, 0, 0, 1] and "" in labels.values()
    for _, x, y, width, height in boxes:
        assert x - width / 2 >= 0 and x + width / 2 <= 1 and y - height / 2 >= 0 and y + height / 2 <= 1
    assert [1, 0.5, 0.5, 1, 1] in boxes and [0, 0.9760415, 0.7055555, 0.047917, 0.096297] in boxes
    assert len(lines) == receipt["dropped"]["An outline is written as the box around it."] + 1 == 2
    data = files["data.yaml"].decode()
    assert "path:" not in data and 'names:\n  0: "cup"\n  1: "rim"\n  2: "unused"\n' in data


def test_yolo_for_outlines_holds_boxes_as_four_corners(drawn):
    files, _, lines = exported(drawn, "yolo-segment")
    said = [line.split() for path, one in files.items() if "labels/" in path for line in one.decode().splitlines()]
    assert sorted(len(line) for line in said) == [7, 9, 9, 9] and len(lines) == 1
    assert [
        "1",
        *["0.000000", "0.000000", "1.000000", "0.000000", "1.000000", "1.000000", "0.000000", "1.000000"],
    ] in said


def test_voc_counts_pixels_from_one(drawn):
    files, _, _ = exported(drawn, "voc")
    found = [ElementTree.fromstring(one) for path, one in files.items() if path.endswith(".xml")]
    assert {f"JPEGImages/{one.findtext('filename')}" for one in found} == {path for path in files if "JPEG" in path}
    large = next(one for one in found if one.findtext("size/width") == "1920")
    boxes = [
        [one.findtext(f"bndbox/{side}") for side in ("xmin", "ymin", "xmax", "ymax")] for one in large.iter("object")
    ]
    assert boxes == [["1829", "711", "1920", "814"], ["1", "1", "1920", "1080"], ["11", "11", "30", "50"]]
    for one in large.iter("object"):
        assert all(one.find(name) is not None for name in ("pose", "truncated", "difficult"))
    listed = files["ImageSets/Main/train.txt"].decode().split() + files["ImageSets/Main/test.txt"].decode().split()
    assert {f"Annotations/{name}.xml" for name in listed} == {path for path in files if path.endswith(".xml")}


def test_folders_of_classes_are_the_same_in_both_splits(project):
    choices = {"choices": ["cat", "Cat", "a/b", "con", "unused"]}
    found = [picture(1, "0.png"), picture(2, "0.png"), picture(3, "x.png")]
    version = frozen(project, "choice", choices, found, ["cat", "a/b", "Cat"])
    files, _, _ = exported(version, "imagefolder")
    folders = [
        sorted(path for path in files if path.startswith(split) and path.endswith("/")) for split in ("train", "test")
    ]
    assert [path.removeprefix("train") for path in folders[0]] == [path.removeprefix("test") for path in folders[1]]
    assert len({path.casefold() for path in folders[0]}) == 5 and "train/con/" not in folders[0]
    rows = [json.loads(line) for line in files["train/metadata.jsonl"].splitlines()]
    assert all(digest(files[f"train/{row['file_name']}"]) == row["sha256"] for row in rows)
    assert {row["label"] for row in rows} == {"cat", "a/b"}
    assert files["classes.txt"].decode() == "cat\nCat\na/b\ncon\nunused\n"


def test_a_class_keeps_its_id_when_later_revisions_put_others_first(project):
    version = frozen(project, "choice", {"choices": ["b", "c"]}, [text("1", "x"), text("2", "y")], ["b", "c"])
    question = version.question
    choices = [{"value": one, "label": one, "key": ""} for one in ("a", "b", "c")]
    config = {"choices": choices}
    assert question.revisions.get().number == 1
    Revision.objects.create(question=question, number=2, text="?", config=config, created_by=question.created_by)
    question.config = config
    question.save()
    Label.objects.filter(value="c").update(value="a")
    later = versions.freeze(question, versions.build(question), None)[0]
    assert Source(version).classes == ["b", "c"] and Source(later).classes == ["b", "c", "a"]


SPANS = "AHU-G1-V-1-1-Ctrl-Md ok\n💩This is an annotation.\n北京大学在北京"


@pytest.fixture
def marked(project):
    spans = [
        (0, 12, "place"),
        (13, 20, "per son"),
        (0, 3, "place"),
        (36, 46, "place"),
        (48, 50, "place"),
        (20, 21, "place"),
    ]
    spans += [(51, 53, "per son"), (21, 24, "per son")]
    value = {"spans": [{"start": a, "end": b, "label": one} for a, b, one in spans]}
    value["relations"] = [{"from": 0, "to": 1, "label": "lives in"}]
    nothing = {"spans": [], "relations": []}
    found = [text("a.txt", SPANS), text("b.txt", "שלום עולם\r\nsecond"), text("c.txt", "!")]
    return frozen(project, "span", PLACES, found, [value, nothing, nothing])


def test_conll_begins_every_mark_with_b_and_records_what_it_cannot_say(marked):
    files, receipt, lines = exported(marked, "conll")
    sentences = [one.split("\n") for one in files["train.conll"].decode().split("\n\n") if one]
    words = [line.split(" ") for sentence in sentences for line in sentence]
    assert files["train.conll"].endswith(b"\n\n") and all(len(word) == 2 for word in words)
    tags = [tag for _, tag in words]
    assert all(
        before[2:] == tag[2:] and before != "O"
        for before, tag in zip(["O", *tags], tags, strict=False)
        if tag[0] == "I"
    )
    assert ["annotation", "B-place"] in words and ["北京", "B-place"] in words
    first = ["".join(word for word, tag in words[:13] if tag != "O")]
    assert first == ["AHU-G1-V-1-1Ctrl-Md"]
    reasons = receipt["dropped"]
    assert reasons["Relations cannot be expressed in this format."] == 1
    assert sum(count for reason, count in reasons.items() if reason.startswith("It overlaps")) == 1
    assert (
        reasons["It marks no word."] == 1
        and sum(one.startswith("It begins or ends in a space") for one in reasons) == 1
    )
    assert len(files["train.ids.txt"].splitlines()) == len(sentences)
    assert {line["name"] for line in lines} == {"a.txt"}


def test_words_end_where_marks_end_and_nothing_is_lost():
    said = "ab cd"
    assert tokens(said, [{"start": 1, "end": 4}]) == [(0, 1), (1, 2), (3, 4), (4, 5)]
    assert tokens(" ", []) == [] and tokens("", []) == []


def test_spacy_lines_hold_every_mark_on_the_edges_of_words(marked):
    files, _, lines = exported(marked, "spacy")
    rows = [json.loads(line) for line in files["train.jsonl"].splitlines()]
    row = next(one for one in rows if one["text"] == SPANS)
    starts, ends = {word[0] for word in row["tokens"]}, {word[1] for word in row["tokens"]}
    assert len(row["spans"]) == 7 and all(start in starts and end in ends for start, end, _ in row["spans"])
    assert [36, 46, "place"] in row["spans"] and len(lines) == 3


def test_webdataset_samples_lie_side_by_side(project):
    found = [picture(1, "a.b.png"), text("t.txt", "héllo"), picture(3, "c.png")]
    version = frozen(project, "choice", {"choices": ["x", "y"]}, found, ["x", "y", "y"])
    files, _, _ = exported(version, "webdataset")
    with tarfile.open(fileobj=io.BytesIO(files["train-000000.tar"])) as shard:
        members = [(one.name, shard.extractfile(one).read(), one.mtime, one.uid) for one in shard]
    keys = [name.split(".", 1)[0] for name, *_ in members]
    assert keys == sorted(keys, key=keys.index) and len(set(keys)) == 2 and len(members) == 6
    assert {(mtime, uid) for *_, mtime, uid in members} == {(0, 0)}
    contents = {name: said for name, said, *_ in members}
    for key in set(keys):
        row = json.loads(contents[f"{key}.json"])
        said = contents[f"{key}.txt" if row["modality"] == "text" else f"{key}.png"]
        assert digest(said) == row["sha256"] and contents[f"{key}.cls"].decode() == str("xy".index(row["label"]))


def test_hugging_face_files_describe_themselves(project):
    found = [picture(1, "a.png"), text("t.txt", "héllo\r\n💩"), picture(3, "c.png")]
    version = frozen(project, "choice", {"choices": ["x", "y", "z: 'q'"]}, found, ["x", "y", "y"])
    files, _, _ = exported(version, "huggingface")
    table = pyarrow.parquet.read_table(io.BytesIO(files["data/train-00000.parquet"]))
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"} and features["label"]["names"] == ["x", "y", "z: 'q'"]
    rows = table.to_pylist()
    image = next(row["image"] for row in rows if row["image"])
    assert image["bytes"] == make.png(1) and image["path"].startswith("a-")
    assert {(row["text"], row["label"]) for row in rows} == {(None, 0), ("héllo\r\n💩", 1)}
    card = files["README.md"].decode()
    assert card.startswith("---\n") and "- config_name: default\n  data_files:" in card and "- crowdsourced" in card


def test_excel_cells_come_back_and_run_nothing(project):
    long = "x" * 40_000
    found = [text(name, said) for name, said in (("=1.txt", "=1+1"), ("l.txt", long), ("c.txt", "a\r\nb 💩"))]
    version = frozen(project, "choice", {"choices": ["x", "y"]}, found, ["x", "y", "y"])
    for formulas in (False, True):
        source = Source(version, Options(formulas=formulas))
        book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(FORMATS["xlsx"].write(source))))
        head, *rows = book.get_sheet_by_name("version").to_python()
        texts = {row[head.index("text")] for row in rows}
        assert ("=1+1" if formulas else "'=1+1") in texts and "a\r\nb 💩" in texts and long[:32_767] in texts
        assert source.reasons.total() == 1 and len(book.get_sheet_by_name("dropped").to_python()) == 2


def answered(question):
    """Return two people who answered about three pictures, and the version that was frozen then."""
    people = [make.user(), make.user()]
    for person in people:
        make.member(question.project, person, "annotator")
    make.labelled_items(question, 2, 1, people)
    computation.compute(question)
    version = versions.freeze(question, versions.build(question), None)[0]
    return people, version


def test_every_answer_is_in_the_export_on_request(project):
    question = make.question(project)
    people, version = answered(question)
    before = Answer.objects.count()
    late = [(item, RawAnswer("late", "yes")) for item in project.items.values_list("pk", flat=True)]
    assert imported.take_in(project, question, project.created_by, late, "answers", "late.csv") == [None] * 3
    assert Answer.objects.count() == before + 3, "given after the freeze"
    rows = [
        json.loads(line)
        for line in b"".join(FORMATS["jsonl"].write(Source(version, Options(annotations=True)))).splitlines()
    ]
    given = [one for row in rows for one in row["annotations"]]
    assert len(given) == before == 6 and all(one["counted"] and not one["gold"] for one in given)
    names = {one["worker"] for one in given}
    assert (
        len(names) == 2
        and not names & {person.username for person in people}
        and all(len(name) == 13 for name in names)
    )
    stored = sorted(Answer.objects.filter(imported=False).values_list("value", flat=True))
    assert sorted(one["value"] for one in given) == stored
    files, _, _ = exported(version, "imagefolder", annotations=True)
    lines = [json.loads(line) for line in files["annotations.jsonl"].splitlines()]
    assert [line["annotations"] for line in lines] == [row["annotations"] for row in rows]
    assert "annotations" not in json.loads(b"".join(FORMATS["json"].write(Source(version))))[0]


REQUIRED = ("@context", "@type", "dct:conformsTo", "description", "license", "name", "url", "creator", "datePublished")


def test_croissant_states_all_that_is_required_and_who_answered_what(project):
    question = make.question(project, config={"choices": ["yes", "no", "unused"]})
    people, version = answered(question)
    files, _, lines = exported(version, "croissant")
    about = json.loads(files["croissant.json"])
    assert lines == [] and all(about[name] for name in REQUIRED)
    assert about["dct:conformsTo"][0] == "http://mlcommons.org/croissant/1.1" and about["version"] == "1.0.0"
    for one in about["distribution"]:
        assert one["sha256"] == digest(files[one["contentUrl"]])
    sets = {one["@id"]: one for one in about["recordSet"]}
    fields = [field for one in sets.values() for field in one["field"]]
    fields += [more for field in fields for more in field.get("annotation", [])]
    ids = [one["@id"] for one in (*about["distribution"], *sets.values(), *fields)]
    assert len(ids) == len(set(ids)), "an id twice"
    tables = {name: pyarrow.parquet.read_table(io.BytesIO(files[f"{name}.parquet"])) for name in ("items", "answers")}
    for name, table in tables.items():
        assert table.column_names == [one["source"]["extract"]["column"] for one in sets[name]["field"]]
    assert [one["classes/name"] for one in sets["classes"]["data"]] == ["yes", "no", "unused"]
    items = {row["sha256"]: row for row in tables["items"].to_pylist()}
    assert {row["split"] for row in items.values()} == {one["splits/name"] for one in sets["splits"]["data"]}
    for sha256, row in items.items():
        assert digest(row["image"]) == sha256
    answers = tables["answers"].to_pylist()
    given = sorted((one["item"], one["value"]) for one in answers)
    stored = Answer.objects.values_list("task__item__sha256", "value")
    assert given == sorted(stored) and len({one["worker"] for one in answers}) == 2
    value = next(one for one in sets["answers"]["field"] if one["@id"] == "answers/value")
    assert value["annotation"][0]["equivalentProperty"] == "prov:wasAttributedTo"
    said = b"".join(files.values()).decode(errors="replace")
    assert not any(person.username in said for person in people)


def test_names_of_files_unpack_everywhere():
    row = {"sha256": "ab" * 32, "modality": "picture", "mime_type": "image/jpeg"}
    given = [
        "a/../b.jpg",
        "CON.jpg",
        "é e\u0301.png",
        "." * 9,
        "x" * 400,
        "a:b*?|<>.JPG",
        "trailing. ",
        "\u202egpj.exe",
    ]
    for name in given:
        found = names.file_name(row | {"name": name})
        assert (len(found.encode()) < 140 and found.endswith("-abababababab.jpg")) or found == "abababababab.jpg"
        assert not set(found) & set('/\\:*?"<>| ') and found.count(".") == 1
