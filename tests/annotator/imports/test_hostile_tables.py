"""Hostile tables: each is refused or reported with a reason, memory stays small, and no process and no file is left behind."""

import gzip
import io
import json
import threading
import time
import zipfile
from pathlib import Path

import psutil
import pyarrow
import pyarrow.parquet
import pytest

from annotator.intake.found import BadContent, Rejected
from annotator.intake.imports import stream
from annotator.intake.tables.source import TableReading
from tests.stand import command_of, memory_of

MB = 1024**2
USES = {"id": "external_id", "text": "text"}


class Watched:
    """The most memory that a child process takes while something is read."""

    def __enter__(self):
        self.most, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *problem):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(0.02):
            for child in psutil.Process().children(recursive=True):
                self.most = max(self.most, memory_of(child))


def rows(tmp_path, name: str, content: bytes, uses=USES, reading: TableReading | None = None):
    """Return what becomes of the rows of a file, reading it as an import does."""
    path = tmp_path / name
    path.write_bytes(content)
    with path.open("rb") as file, Watched() as watched:
        try:
            preview = stream.preview(name, file, reading or TableReading())
            with stream.parts(name, file, TableReading(**preview["reading"]), uses) as parts:
                found = [one for part in parts for one in part.found]
        finally:
            assert watched.most < 600 * MB
    assert not [child for child in psutil.Process().children() if "imports.reader" in command_of(child)]
    return found


def test_a_line_of_a_hundred_million_characters_is_reported(tmp_path):
    found = rows(tmp_path, "a.csv", b"id,text\n1," + b"x" * 100_000_000 + b"\n2,two\n")
    assert isinstance(found[0], Rejected) and "characters" in found[0].reason and len(found[0].raw) < 1000
    assert found[1].content == b"two"


def test_a_json_line_of_a_hundred_million_characters_is_reported(tmp_path):
    found = rows(tmp_path, "a.jsonl", b'{"id": 1, "text": "' + b"x" * 100_000_000 + b'"}\n{"id": 2, "text": "two"}\n')
    assert isinstance(found[0], Rejected) and found[1].content == b"two"


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_deep_nesting_is_refused(tmp_path, ending):
    deep = "[" * 50_000 + "]" * 50_000
    content = f'[{{"id": 1, "text": "a", "x": {deep}}}]' if ending == "json" else f'{{"id": 1, "text": {deep}}}\n'
    try:
        found = rows(tmp_path, f"a.{ending}", content.encode())
        assert all(isinstance(one, Rejected) for one in found)
    except BadContent as problem:
        assert "JSON" in str(problem) or "memory" in str(problem)


def test_a_gzip_bomb_stops(tmp_path):
    with pytest.raises(BadContent, match="unpacks to more than"):
        rows(tmp_path, "a.csv.gz", gzip.compress(b"id,text\n" + b"1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 3_000_000))


@pytest.mark.slow
def test_a_workbook_bomb_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 60_000_000)
    with pytest.raises(BadContent, match=r"unpacks to more than|no workbook"):
        rows(tmp_path, "a.xlsx", buffer.getvalue())


@pytest.mark.slow
def test_a_parquet_file_of_one_giant_row_group_is_refused(tmp_path):
    buffer = io.BytesIO()
    giant = pyarrow.table({"id": ["1"] * 400, "text": ["x" * MB] * 400})
    pyarrow.parquet.write_table(giant, buffer, compression="zstd", use_dictionary=False)
    with pytest.raises(BadContent, match=r"row group|memory"):
        rows(tmp_path, "a.parquet", buffer.getvalue())


@pytest.mark.slow
def test_a_dictionary_that_unpacks_to_gigabytes_is_refused(tmp_path):
    """One text of a megabyte, named a hundred thousand times: the file and its row group are small."""
    buffer = io.BytesIO()
    texts = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 3000, pyarrow.int32()), ["x" * 900_000])
    table = pyarrow.table({"id": [str(n) for n in range(3000)], "text": texts})
    pyarrow.parquet.write_table(table, buffer, compression="zstd", use_dictionary=["text"])
    assert len(buffer.getvalue()) < MB
    try:
        found = rows(tmp_path, "a.parquet", buffer.getvalue())
        assert len(found) == 3000
    except BadContent as problem:
        assert "memory" in str(problem)


def test_nul_and_half_characters_are_reported_row_by_row(tmp_path):
    lines = [{"id": "1", "text": "a\x00b"}, {"id": "2", "text": "\ud800"}, {"id": "3", "text": "fine", "note": "\x00"}]
    content = "".join(json.dumps(line) + "\n" for line in [*lines, {"id": "4", "text": "good"}])
    found = rows(tmp_path, "a.jsonl", content.encode())
    assert [type(one).__name__ for one in found] == ["Rejected", "Rejected", "Rejected", "FoundContent"]


def test_a_reader_that_is_stopped_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n" + b"".join(b"%d,words\n" % n for n in range(300_000)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    with path.open("rb") as file, stream.parts("a.csv", file, TableReading("utf-8", ","), USES) as parts:
        next(parts)
    deadline = time.monotonic() + 10
    while psutil.Process().children() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not [child for child in psutil.Process().children() if "imports.reader" in command_of(child)]
