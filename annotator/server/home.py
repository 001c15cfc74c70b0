"""Where the state lives (`MARGINALIA_HOME`, else `var/`) and the secrets made at the first start."""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Return the folder of everything this installation remembers."""
    return Path(os.environ.get("MARGINALIA_HOME") or ROOT / "var").resolve()


def secret(name: str) -> str:
    """Return the secret of that name: from the environment (`MARGINALIA_<NAME>`), else made once and kept.

    The file is created with `O_EXCL` and mode 0600, so two processes that start together agree on one value.
    """
    given = os.environ.get(f"MARGINALIA_{name.upper()}")
    if given:
        return given
    folder = home() / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        # Written whole under another name and then linked: a reader never sees half a secret.
        draft = folder / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def lock(name: str) -> IO[str] | None:
    """Take a lock that lasts as long as the process (or the file returned); None where another process has it."""
    home().mkdir(parents=True, exist_ok=True)
    file = (home() / f"{name}.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def note(name: str) -> dict[str, Any]:
    """Return a small JSON file of the state folder, or an empty dict where there is none."""
    path = home() / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write_note(name: str, content: dict[str, Any]) -> None:
    """Write a small JSON file of the state folder, whole or not at all, readable by its owner alone."""
    path = home() / f"{name}.json"
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    draft.replace(path)
