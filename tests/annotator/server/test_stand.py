"""What `make run` starts, under slow connections, refused uploads and a killed web process."""

import http.client
import socket
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.trust import slow_connections
from tests.line import Line
from tests.stand import command_of

MB = 1024**2


@pytest.fixture(scope="module", autouse=True)
def _line(bare):
    bare.line = Line(bare)


def spooled(stand) -> list[str]:
    """Return the files of the spool that web processes hold open: they have no names."""
    found = []
    for process in stand.processes():
        if "gunicorn" in command_of(process):
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                try:
                    target = str(link.readlink())
                except OSError:
                    continue
                if str(stand.home / "spool") in target:
                    found.append(target)
    return found


def open_upload(stand, path, token="", size=300 * MB, chunked=False) -> socket.socket:
    """Send the head of an upload."""
    sock = socket.create_connection(("127.0.0.1", stand.port), timeout=20)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    who = f"Authorization: Token {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}Content-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    sock.sendall(head.encode())
    return sock


def status(sock) -> int:
    return int(sock.recv(4000).split(b" ")[1])


@pytest.mark.parametrize(
    ("path", "code"),
    [("/sign-in/", 413), ("/api/v1/token/", 413), ("/nowhere/", 413), ("{page}items/add/", 302), ("{base}items/", 401),
     ("{base}questions/", 413), ("/", 413)],
)  # fmt: skip
@pytest.mark.parametrize("chunked", [False, True])
def test_a_stranger_stores_nothing(bare, path, code, chunked):
    base = bare.line.base
    path = path.format(page=base.removeprefix("/api/v1"), base=base)
    with open_upload(bare, path, chunked=chunked) as sock:
        if chunked:
            sock.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
            code = 401 if path.startswith(base) else code
        assert status(sock) == code
    assert spooled(bare) == []


def test_people_without_the_permission_store_nothing(bare):
    [(_, stranger), (name, token)] = bare.people(2)
    bare.line.post(f"{bare.line.base}members/", username=name, role="annotator")
    path = f"{bare.line.base}items/"
    for who, code in ((stranger, 404), (token, 403), ("0" * 40, 401)):
        with open_upload(bare, path, who) as sock:
            assert status(sock) == code
    with open_upload(bare, path, bare.line.token, size=5 * 1024 * MB) as sock:
        assert status(sock) == 413
    assert spooled(bare) == []


def test_slow_connections_and_slow_uploads_delay_nobody(bare):
    """Each kind of slow connection, more than there are threads, and eight uploads that somebody may make."""
    opened = slow_connections(bare.port)
    uploads = [open_upload(bare, f"{bare.line.base}items/", bare.line.token, 20 * MB) for _ in range(8)]
    for sock in uploads:
        sock.sendall(b"x" * MB)
    bare.wait_until(lambda: len(spooled(bare)) == 8, 20, "the uploads are not spooled")
    for _ in range(30):
        assert bare.get("/sign-in/")[0] == 200
        assert bare.post(f"{bare.line.question}tasks/next/", {"count": 1}, bare.line.token)[0] == 200
    for sock in opened + uploads:
        sock.close()
    bare.wait_until(lambda: spooled(bare) == [], 10, "the spool is not emptied")


def test_a_killed_web_process_is_replaced(bare):
    web = [one for one in bare.processes() if "gunicorn" in command_of(one)]
    child = next(one for one in web if any(one.ppid() == other.pid for other in web))
    psutil.Process(child.pid).kill()
    deadline = time.monotonic() + 20
    good = 0
    while time.monotonic() < deadline and good < 10:
        try:
            good = good + 1 if bare.get("/sign-in/")[0] == 200 else 0
        except (OSError, http.client.HTTPException):
            good = 0
    assert good == 10


def test_a_running_installation_is_ready(bare):
    bare.wait_until(lambda: bare.get("/readyz") == (200, {"status": "ok"}), 30, "it does not get ready")
