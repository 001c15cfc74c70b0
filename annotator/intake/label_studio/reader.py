"""The process that reads an export. `stream` starts it; it limits itself before it opens anything, and knows no database.

Standard input holds one line: what is wanted. Answers are lines of JSON on standard output.
"""

import contextlib
import json
import os
import resource
import sys
import threading
from collections import Counter
from typing import Any

from annotator.intake.found import BadContent
from annotator.intake.label_studio import annotations, recognition
from annotator.intake.label_studio.export import ExportedTask, tasks
from annotator.intake.label_studio.offsets import Places
from annotator.intake.reader import end_with_asker
from annotator.intake.tables import encodings

MOST_MEMORY = 1024 * 1024**2
MOST_SECONDS = 600
A_PART, A_PART_ANNOTATIONS = 200, 5_000


def main(file: int) -> None:
    """Answer one request about an open file."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    os.nice(5)
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_asker, daemon=True).start()
    try:
        with os.fdopen(file, "rb") as opened:
            text, _ = encodings.decode(opened.read())
        if asked["summary"] is None:
            _say({"summary": recognition.recognised(tasks(text))})
        else:
            _parts(text, asked)
    except (BadContent, encodings.BadEncoding) as problem:
        _say({"bad": f"{problem}."})
    except (MemoryError, RecursionError):
        _say({"bad": "it takes too much memory to read."})


def _parts(text: str, asked: dict[str, Any]) -> None:
    summary, start = asked["summary"], asked["start"]
    questions = {one["name"]: one for one in summary["questions"]}
    part: list[dict[str, Any]] = []
    size = done = 0
    for done, one in enumerate(tasks(text), start=1):
        if done <= start:
            continue
        made = {"rejected": one} if isinstance(one, str) else exported(one, summary["shown"], questions)
        part.append(made)
        size += 1 + len(made.get("annotations", []))
        if len(part) >= A_PART or size >= A_PART_ANNOTATIONS:
            _say({"part": part, "done": done})
            part, size = [], 0
    _say({"part": part, "done": done})


def exported(task: ExportedTask, shown: dict[str, Any], questions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a task with what it shows, its other fields, and the values of its annotations and predictions."""
    keys = shown["keys"]
    said = [task.data.get(key) for key in keys]
    where = f"Task {task.id or task.number}"
    if not keys or not all(isinstance(one, str) and one.strip() for one in said):
        return {"rejected": f"{where}: its data has nothing to show" + (f" in “{keys[0][:60]}”." if keys else ".")}
    fields = {key: value for key, value in task.data.items() if key not in keys and value is not None}
    try:
        document = json.dumps(fields, ensure_ascii=False, allow_nan=False)
        document.encode()
    except (ValueError, RecursionError):
        return {"rejected": f"{where}: its data holds half a character or a number that is not finite."}
    if "\\u0000" in document:
        return {"rejected": f"{where}: its data holds a NUL character."}
    places = Places(str(said[0])) if shown["modality"] == "text" else None
    lost = Counter[str]()
    made, cancelled = annotations.made_of(task, questions, places, lost)
    return {
        "id": task.id,
        "where": where,
        "shown": said,
        "fields": fields,
        "annotations": made,
        "predictions": annotations.predicted(task, questions, places, lost),
        "cancelled": cancelled,
        "lost": lost,
    }


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
