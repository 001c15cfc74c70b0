"""The process that reads files. `sandbox` starts it, and it limits itself before it opens anything.

It has no database and no secrets. A request is one line of JSON on standard input. Its content is in a file that both
processes have open, and the results go into a second such file. Each answer on standard output is one line of JSON.
"""

import contextlib
import json
import os
import resource
import select
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

from annotator.intake import files
from annotator.intake.found import BadContent, Rejected

SAY_SECONDS = 0.25  # seconds between progress messages; the caller allows many seconds per part
MOST_MEMORY = 1536 * 1024**2  # a picture of 100 million pixels takes 400 MB, and as much again while it is decoded


def main(given: int, found: int) -> None:
    """Serve requests until standard input ends. When the calling process dies, exit at once, even in the middle of a file."""
    with contextlib.suppress(ValueError, OSError):  # macOS has the limit but refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # work that people wait for on the same machine comes first
    threading.Thread(target=end_with_asker, daemon=True).start()
    for line in sys.stdin.buffer:
        _say(_read(json.loads(line), given, found))


def end_with_asker() -> None:
    """Exit at once when the other end of standard input is closed, because nobody needs the result any more."""
    waiting = select.poll()
    waiting.register(sys.stdin.fileno(), 0)  # wait only for the hang-up, which is always reported
    waiting.poll()
    os._exit(0)


def _read(asked: dict[str, Any], given: int, found: int) -> dict[str, Any]:
    written, said = 0, time.monotonic()
    try:
        _allow(asked["seconds"])
        content = os.pread(given, asked["size"], 0)
        for part in files.parts(asked["name"], content, asked["direct"]):
            if isinstance(part, Rejected):
                written += _write(found, json.dumps({"rejected": asdict(part)}).encode() + b"\n", written)
                continue
            fields = asdict(part)
            body, fields["original"] = fields.pop("content"), bool(fields["original"])  # the caller has the original
            fields["size"] = -1 if body is content or body == content else len(body)  # -1: same as the input
            head = json.dumps(fields).encode() + b"\n"
            for piece in (head, b"" if fields["size"] < 0 else body):
                written += _write(found, piece, written)
            if written > asked["most_bytes"]:
                return {
                    "bad": f"{part.name}: up to here the file unpacks to more than {asked['most_bytes'] // 2**20} MB."
                }
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                _say({"part": written})
            _allow(asked["seconds"])
    except BadContent as problem:
        return {"bad": str(problem)}
    except (MemoryError, RecursionError):
        return {
            "bad": f"{asked['name']}: it takes more than {MOST_MEMORY // 2**20} MB of memory to read.",
            "costly": True,
        }
    except Exception as error:
        return {"bad": f"{asked['name']}: it cannot be read ({type(error).__name__})."}
    return {"done": written}


def _allow(seconds: int) -> None:
    """Allow the process this many more seconds of CPU time. After that the system ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _write(file: int, content: bytes, offset: int) -> int:
    view, done = memoryview(content), 0
    while done < len(view):
        done += os.pwrite(file, view[done:], offset + done)
    return done


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
