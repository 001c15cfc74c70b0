"""Crowd answers in plain CSV files: read row by row, written completely or not at all.

An invalid row stops the reading with its number and the fault: people would believe a label computed from a file that was half
understood.
"""

import array
import csv
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from annotator.server import atomic_write
from datasets.aggregation import UNKNOWN, Answers, DuplicateAnswer

COLUMNS = ("task", "worker", "label")
LONGEST_FIELD = 1_000_000
TOLD_EVERY = 1_000_000
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class Malformed(ValueError):
    """A file is not what it should be; the message names file, row and fault. The header is row 1."""


class Names:
    """Numbers for names, in the order of their first appearance."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Return the number of a name; a new name gets a new number."""
        return self.numbers.setdefault(name, len(self.numbers))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)


def rows(path: Path, columns: tuple[str, ...], encoding: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield each row's number and its fields, in the order of `columns`. Other columns are skipped.

    Args:
        path: a CSV file with a header; UTF-8 (or UTF-16 with a byte order mark) if no encoding is given.
        columns: the names that are needed.
        encoding: a name that Python knows.

    Raises:
        Malformed: with the row's number and the fault.
    """
    csv.field_size_limit(LONGEST_FIELD)
    number = 0
    try:
        with path.open("rb") as start:
            first = start.read(4)
        named = encoding or next((name for mark, name in _MARKS.items() if first.startswith(mark)), "utf-8")
        with path.open(encoding=named, newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if not header:
                raise Malformed(f"{path}: the file is empty; its first row should be {','.join(columns)}")
            number, places = 1, _places(path, header, columns)
            needed = len(header)
            for row in reader:
                number += 1
                if not row:
                    continue  # an empty line
                if len(row) != needed:
                    raise Malformed(f"{path}: row {number:,} has {len(row)} fields, the header has {needed}")
                fields = [row[place] for place in places]
                if not all(fields):
                    missing = columns[[bool(field) for field in fields].index(False)]
                    raise Malformed(f"{path}: row {number:,} has no {missing}")
                yield number, fields
    except UnicodeDecodeError as problem:
        raise Malformed(_undecodable(path, named, problem)) from None
    except LookupError:
        raise Malformed(f"{path}: there is no encoding “{encoding}”") from None
    except csv.Error as problem:
        raise Malformed(f"{path}: row {number + 1:,} cannot be read: {_said(problem)}") from None
    except OSError as problem:
        raise Malformed(f"{path}: {problem.strerror or problem}") from None


def _places(path: Path, header: list[str], columns: tuple[str, ...]) -> list[int]:
    names = [name.strip().lower() for name in header]
    places = []
    for column in columns:
        if names.count(column) != 1:
            fault = "there is no column" if column not in names else "there is more than one column"
            found = ",".join(header)[:100]
            hint = "; fields are separated by commas" if len(header) == 1 and {";", "\t"} & set(found) else ""
            raise Malformed(f"{path}: row 1: {fault} “{column}”; the header is “{found}”{hint}")
        places.append(names.index(column))
    return places


def _said(problem: csv.Error) -> str:
    text = str(problem)
    if "unexpected end of data" in text:
        return "a quoted field begins and does not end"
    if "expected after" in text:
        return "text follows a closing quote (a quote inside a quoted field is written twice)"
    return text


def _undecodable(path: Path, named: str, problem: UnicodeDecodeError) -> str:
    where = ""
    if named.startswith("utf-8"):
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    where = f"row {number:,} "
                    break
    return f"{path}: {where}is not {named.upper()} text ({problem.reason}); name its encoding, as in --encoding latin-1"


def read_gold(path: Path, encoding: str | None = None) -> dict[str, str]:
    """Return the known label of each task. Raises Malformed, also if a task has two labels."""
    gold: dict[str, str] = {}
    for number, (task, label) in rows(path, ("task", "label"), encoding):
        if gold.setdefault(task, label) != label:
            raise Malformed(f"{path}: row {number:,}: task “{task}” has another label before")
    return gold


def read(
    path: Path, gold: dict[str, str] | None = None, encoding: str | None = None
) -> tuple[Answers, list[str], list[str]]:
    """Read answers, one row `task,worker,label` each.

    Args:
        path: the file.
        gold: known labels by task; they become `known` of the answers. Tasks without answers are skipped.
        encoding: of the file, if it is not UTF-8.

    Returns:
        The answers, the names of the tasks and of the labels, in the order of their codes.

    Raises:
        Malformed: a fault with its row, also if a worker answers a task twice, or if there is no answer.
    """
    tasks, workers, labels = Names(), Names(), Names()
    columns = [array.array("i") for _ in range(3)]
    for _, (task, worker, label) in rows(path, COLUMNS, encoding):
        columns[0].append(tasks.number(task))
        columns[1].append(workers.number(worker))
        columns[2].append(labels.number(label))
        if len(columns[0]) % TOLD_EVERY == 0:
            print(f"{len(columns[0]):,} answers read …", file=sys.stderr)
    if not len(tasks):
        raise Malformed(f"{path}: there is a header and no answer")
    for task, label in (gold or {}).items():
        if task in tasks.numbers:
            labels.number(label)
    known = None
    if gold:
        known = np.full(len(tasks), UNKNOWN)
        for task, label in gold.items():
            if task in tasks.numbers:
                known[tasks.numbers[task]] = labels.numbers[label]
    codes = [np.frombuffer(column, dtype=np.int32) for column in columns]
    try:
        answers = Answers(codes[0], codes[1], codes[2], len(tasks), len(workers), len(labels), known)
    except DuplicateAnswer:
        raise Malformed(_twice(path, codes[0], codes[1], list(tasks), list(workers), encoding)) from None
    return answers, list(tasks), list(labels)


def _twice(
    path: Path,
    tasks: np.ndarray,
    workers: np.ndarray,
    task_names: list[str],
    worker_names: list[str],
    encoding: str | None,
) -> str:
    """Return the message that names the row with the second answer to a task."""
    pairs = tasks.astype(np.int64) * len(worker_names) + workers
    order = np.argsort(pairs, kind="stable")
    again = order[1:][pairs[order][1:] == pairs[order][:-1]].min()
    number = next(number for place, (number, _) in enumerate(rows(path, COLUMNS, encoding)) if place == again)
    worker, task = worker_names[workers[again]], task_names[tasks[again]]
    return f"{path}: row {number:,}: worker “{worker}” answers task “{task}” a second time"


def write_labels(path: Path | None, labels: Iterable[tuple[str, str, float]]) -> None:
    """Write rows `task,label,p`, to a file that appears once it is complete, or to standard output."""
    if path is None:
        buffer = io.StringIO()
        _write(buffer, labels)
        sys.stdout.write(buffer.getvalue())
        return
    with atomic_write.written(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        _write(text, labels)
        text.detach()  # flushed; the file itself is closed where it was opened


def _write(file: TextIO, labels: Iterable[tuple[str, str, float]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["task", "label", "p"])
    # Names are written as they were read, even if a spreadsheet would read them as formulas: other programs join files by them.
    writer.writerows((task, label, f"{p:.6f}") for task, label, p in labels)
