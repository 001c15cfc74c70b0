"""The process that reads a table of any size and makes items of its rows. `stream` starts it.

It has no database and no secrets, and limits its own memory and time. It gets a request on standard input, reads the file
that it inherited, and writes one line of JSON after the other: what it recognised, or the rows in parts and then the end.
"""

import contextlib
import itertools
import json
import os
import resource
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from annotator.intake import mapping, rows
from annotator.intake.found import Found, Rejected
from annotator.intake.reader import end_with_asker
from annotator.intake.tables.record import BadTable
from annotator.intake.tables.source import Table, TableReading

MOST_MEMORY = 512 * 1024**2  # bytes of data
PART_ROWS, PART_BYTES = 2000, 2 * 1024**2
FIRST_ROWS = 200  # the first part is smaller, so that the first items can be answered early
SAMPLE = 200
CORE_SECONDS = 20  # for a part


def main(file: int) -> None:
    """Answer one request. When the calling process dies, exit at once."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_asker, daemon=True).start()
    _allow()
    try:
        for said in _answers(os.fdopen(file, "rb"), asked):
            sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False, default=str).encode(errors="replace") + b"\n")
            sys.stdout.buffer.flush()
            _allow()
    except BadTable as problem:
        _end({"bad": f"{problem}."})
    except (MemoryError, RecursionError):
        _end({"bad": f"It takes more than {MOST_MEMORY // 2**20} MB of memory to read."})
    except Exception as error:
        _end({"bad": f"It cannot be read ({type(error).__name__})."})


def _end(said: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    sys.stdout.buffer.flush()


def _allow() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + CORE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _answers(file: Any, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    size = max(1, os.fstat(file.fileno()).st_size)
    table = Table(asked["name"], file, TableReading(**asked["reading"]))
    if asked["uses"] is None:
        yield _preview(table)
        return
    if asked["lines"] is not None:
        yield from _as_written(table, set(asked["lines"]))
        return
    start = asked["start"]
    found = rows.items(asked["name"], table.rows(start), asked["uses"])
    done, most = start, FIRST_ROWS
    while part := _part(found, most):
        done += len(part)
        most = PART_ROWS
        yield {"part": part, "done": done, "share": round(min(1.0, file.tell() / size), 4)}
    yield {"end": done}


def _part(found: Iterator[Found], most: int) -> list[list[Any]]:
    """Return the next rows in the form of `stream.as_found`, at most so many rows and bytes."""
    part: list[list[Any]] = []
    size = 0
    for one in itertools.islice(found, most):
        if isinstance(one, Rejected):
            part.append([one.line, one.reason, one.raw])
            size += len(one.raw)
        else:
            answer = one.answer and [one.answer.worker, one.answer.label, one.answer.time]
            placed = [one.external_id, one.group, one.split, one.priority, one.tags, answer]
            text = one.content.decode()
            made = [one.name, text, one.modality, one.mime_type, one.length, one.excerpt[:200], one.fields]
            part.append([one.line, made, placed if any(placed) else None])
            size += len(text)
        if size > PART_BYTES:
            break
    return part


def _as_written(table: Table, wanted: set[int]) -> Iterator[dict[str, Any]]:
    """Yield these rows as they are written in the file."""
    for row in table.rows():
        if row.number in wanted:
            yield {"line": row.number, "raw": row.raw or json.dumps(row.fields, ensure_ascii=False, default=str)}


def _preview(table: Table) -> dict[str, Any]:
    keys = table.keys()
    if keys and not table.reading.key:  # whoever looks at the preview can choose another list
        table.reading = replace(table.reading, key=keys[0])
    first = list(itertools.islice(table.rows(), SAMPLE))
    good = [row.fields for row in first if not row.problem]
    columns = mapping.recognised(good)
    return {
        "reading": table.reading.as_dict(),
        "sheets": table.sheets,
        "keys": keys,
        "rows": table.count(),
        "columns": [column.as_dict() for column in columns],
        "guess": mapping.guess(columns),
        "sampled": len(first),
        "problems": [[row.number, row.problem, row.raw[:200].replace("\x00", "␀")] for row in first if row.problem][
            :10
        ],
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
