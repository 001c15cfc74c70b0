"""The process that reads files: started by `sandbox`, limited by itself before it opens anything.

It knows no database and no secrets. A request is one line of JSON on the standard input, and the content is in a file that both
processes have open. What is found goes into a second such file. Each answer on the standard output is one line of JSON.
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
from annotator.intake.found import BadContent

SAY_SECONDS = 0.25  # between two words on how far it is: whoever asks gives a part many seconds
MOST_MEMORY = 1536 * 1024**2  # a picture of 100 million pixels takes 400 MB, and as much again while it is decoded


def main(given: int, found: int) -> None:
    """Serve requests until the standard input ends, as it does when whoever asks dies: then at once, also amid a file."""
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit and refuses to set it
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # what people wait for on the same machine comes first
    threading.Thread(target=_end_with_asker, daemon=True).start()
    for line in sys.stdin.buffer:
        _say(_read(json.loads(line), given, found))


def _end_with_asker() -> None:
    """End at once when the other side of the standard input is closed: nobody wants any more what is being read."""
    waiting = select.poll()
    waiting.register(sys.stdin.fileno(), 0)  # nothing is waited for but the end, which is always told
    waiting.poll()
    os._exit(0)


def _read(asked: dict[str, Any], given: int, found: int) -> dict[str, Any]:
    written, said = 0, time.monotonic()
    try:
        _allow(asked["seconds"])
        content = os.pread(given, asked["size"], 0)
        for part in files.parts(asked["name"], content, asked["direct"]):
            fields = asdict(part)
            body = fields.pop("content")
            fields["size"] = -1 if body is content or body == content else len(body)  # -1: the content as it was given
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
    """Let the process use so many seconds more of a core; past them the system ends it."""
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
