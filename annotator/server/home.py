"""The state folder (`MARGINALIA_HOME`, or else `var/`) and the secrets created at the first start."""

import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


def home() -> Path:
    """Return the folder that holds everything this installation stores."""
    return Path(os.environ.get("MARGINALIA_HOME") or ROOT / "var").resolve()


def secret(name: str) -> str:
    """Return the secret of that name, from the environment (`MARGINALIA_<NAME>`) or else created once and kept in a file.

    The file has mode 0600. It is created by a hard link, so two processes that start together agree on one value.
    """
    given = os.environ.get(f"MARGINALIA_{name.upper()}")
    if given:
        return given
    folder = home() / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        # Written under another name and then linked, so that a reader never sees half a secret.
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
    """Take a lock that lasts as long as the returned file or the process. Return None if another process has it."""
    home().mkdir(parents=True, exist_ok=True)
    file = (home() / f"{name}.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def note(name: str) -> dict[str, Any]:
    """Return a small JSON file of the state folder, or an empty dict if it does not exist."""
    path = home() / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write_note(name: str, content: dict[str, Any]) -> None:
    """Write a small JSON file of the state folder, completely or not at all, readable only by its owner."""
    path = home() / f"{name}.json"
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    draft.replace(path)
