"""Opens an export with the library that it is made for, and prints what that library read as JSON.

It runs in the environment of `requirements.txt` and knows nothing of the product: `python readers.py READER FOLDER`, where the
folder holds the export, unpacked if it is an archive.
"""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def pandas_csv(folder: Path) -> Any:
    import pandas

    return pandas.read_csv(folder / "export.csv", dtype=str, keep_default_na=False).to_dict("records")


def pandas_parquet(folder: Path) -> Any:
    import pandas

    return pandas.read_parquet(folder / "export.parquet").to_dict("records")


def pandas_jsonl(folder: Path) -> Any:
    import pandas

    return pandas.read_json(folder / "export.jsonl", lines=True, dtype=False).to_dict("records")


def openpyxl_rows(folder: Path) -> Any:
    import openpyxl

    head, *rows = openpyxl.load_workbook(folder / "export.xlsx")["version"].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def hugging_face(folder: Path) -> Any:
    from datasets import load_dataset

    data = load_dataset(str(folder))
    label = data["train"].features["label"]
    return [
        {name: row[name] for name in ("name", "text", "sha256")}
        | {
            "split": split,
            "label": label.int2str(row["label"]) if hasattr(label, "int2str") else row["label"],
            "size": list(row["image"].size) if row.get("image") else None,
        }
        for split in data
        for row in data[split]
    ]


def image_folder(folder: Path) -> Any:
    from datasets import load_dataset

    data = load_dataset("imagefolder", data_dir=str(folder))
    return [
        {"split": split, "label": row["label"], "name": row["name"], "size": list(row["image"].size)}
        for split in data
        for row in data[split]
    ]


def coco(folder: Path) -> Any:
    """Evaluate the ground truth against itself: the average precision is 1 only if boxes, areas and ids are right."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    found = {}
    for split in ("train", "test"):
        truth = COCO(str(folder / f"annotations/instances_{split}.json"))
        said = [
            {"image_id": one["image_id"], "category_id": one["category_id"], "bbox": one["bbox"], "score": 1.0}
            for one in truth.dataset["annotations"]
        ]
        result = COCOeval(truth, truth.loadRes(said), "bbox")
        result.evaluate()
        result.accumulate()
        result.summarize()
        points = COCO(str(folder / f"annotations/keypoints_{split}.json"))
        found[split] = {
            "precision": float(result.stats[0]),
            "boxes": len(said),
            "classes": [one["name"] for one in truth.dataset["categories"]],
            "points": len(points.anns),
        }
    return found


def web_dataset(folder: Path) -> Any:
    import webdataset

    return [
        {"split": split, "label": one["json"]["label"], "class": one.get("cls"), "sha256": one["json"]["sha256"]}
        | {"size": list(one["png"].size) if "png" in one else list(one["jpg"].size) if "jpg" in one else None}
        for split in ("train", "test")
        for one in webdataset.WebDataset(
            sorted(str(path) for path in folder.glob(f"{split}-*.tar")), shardshuffle=False, empty_check=False
        ).decode("pil")
    ]


def spacy_docs(folder: Path) -> Any:
    """Make the DocBin with the program in the archive, and read it."""
    import spacy
    from spacy.tokens import DocBin

    subprocess.run([sys.executable, "make_docbin.py"], cwd=folder, check=True, stdout=sys.stderr)
    vocab = spacy.blank("xx").vocab
    return [
        {
            "split": split,
            "text": doc.text,
            "spans": sorted([span.start_char, span.end_char, span.label_] for span in doc.spans["sc"]),
        }
        for split in ("train", "test")
        for doc in DocBin().from_disk(folder / f"{split}.spacy").get_docs(vocab)
    ]


def spacy_convert(folder: Path) -> Any:
    """Convert CoNLL lines with spaCy's own command, and return the words and tags of each document."""
    import spacy
    from spacy.tokens import DocBin

    found = []
    for split in ("train", "test"):
        command = [sys.executable, "-m", "spacy", "convert", "-c", "conll", "-n", "1", f"{split}.conll", "."]
        subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
        docs = DocBin().from_disk(folder / f"{split}.spacy").get_docs(spacy.blank("xx").vocab)
        found += [[[token.text, token.ent_iob_, token.ent_type_] for token in doc] for doc in docs]
    return found


def croissant(folder: Path) -> Any:
    import mlcroissant

    data = mlcroissant.Dataset(str(folder / "croissant.json"))

    def said(value: Any) -> Any:
        if hasattr(value, "size") and hasattr(value, "mode"):
            return list(value.size)
        return value.decode() if isinstance(value, bytes) else str(value) if hasattr(value, "isoformat") else value

    return {
        name: [{key.partition("/")[2]: said(value) for key, value in row.items()} for row in data.records(name)]
        for name in ("splits", "classes", "items", "answers")
    }


READERS = {
    one.__name__: one
    for one in (
        *(pandas_csv, pandas_parquet, pandas_jsonl, openpyxl_rows, hugging_face, image_folder, coco, web_dataset),
        *(spacy_docs, spacy_convert, croissant),
    )
}

if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        read = READERS[sys.argv[1]](Path(sys.argv[2]))
    print(json.dumps(read, default=str))
