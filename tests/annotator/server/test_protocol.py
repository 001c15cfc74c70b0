"""The web server by itself, with a small application in place of Django: HTTP/1.1, limits and deadlines."""

import asyncio
import http.client
import os
import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest

from annotator.people import body_gate
from annotator.server import limits
from annotator.server.spool import Pool, ResponseSpool, SpoolFull
from annotator.server.worker import Server

BIG = 8 * 1024**2


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain"), ("X-Length", environ.get("CONTENT_LENGTH", "none"))])
        return [body]
    if path == "/big":
        start_response("200 OK", [])
        return (bytes([number % 256]) * 65536 for number in range(BIG // 65536))
    if path == "/cut":
        start_response("200 OK", [])
        return cut()
    if path == "/wrong":
        raise RuntimeError("wrong")
    if path == "/wait":
        time.sleep(0.7)
    if path == "/sign-in/":
        time.sleep(0.3)
    if path == "/none":
        start_response("204 No Content", [])
        return []
    text = repr({key: environ.get(key) for key in ("QUERY_STRING", "PATH_INFO", "HTTP_X_ONE", "HTTP_X_FORWARDED_FOR")})
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def cut():
    yield b"x" * 400_000
    raise RuntimeError("cut")


@contextmanager
def serving(tmp_path, **changed):
    """Run the server in a thread of this process."""
    values = {"connections": 500, "connections_per_address": 400, "spool_bytes": 64 * 1024**2, "trusted_proxies": 0}
    settings = limits.Settings(**values | {"spool_folder": tmp_path / "spool"} | changed)
    listener = socket.create_server(("127.0.0.1", 0), backlog=500)
    listener.setblocking(False)
    stop, made = threading.Event(), []
    own = listener.getsockname()

    async def main():
        server = Server(application, own, settings)
        made.append(server)
        await server.serve([listener], lambda: not stop.is_set(), lambda: None)

    thread = threading.Thread(target=asyncio.run, args=[main()])
    thread.start()
    try:
        while not made:
            time.sleep(0.01)
        server = made[0]
        server.port = own[1]
        server.stop_now = stop.set
        server.thread = thread
        yield server
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    assert server.pool.on_disk == 0 and server.pool.in_memory == 0 and not server.connections


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: 20 * 1024**2)
    with serving(tmp_path) as found:
        yield found


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def everything(sock) -> bytes:
    received = b""
    while data := sock.recv(65536):
        received += data
    return received


def ask(server, data: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the server closes."""
    with closing(connect(server)) as sock:
        sock.sendall(data)
        return everything(sock)


def test_requests_on_one_connection_and_one_after_the_other(server):
    one = b"GET /%41?x=1 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX_One: 2\r\nX-One: 3\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    said = ask(server, one + one + last)
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert said.count(b"'PATH_INFO': '/A', 'HTTP_X_ONE': '1,3', 'HTTP_X_FORWARDED_FOR': None") == 2
    assert said.rstrip().endswith(b"'PATH_INFO': '/last', 'HTTP_X_ONE': None, 'HTTP_X_FORWARDED_FOR': None}")


def test_a_trusted_proxy_is_heard(tmp_path):
    with serving(tmp_path, trusted_proxies=1) as server:
        said = ask(server, b"GET / HTTP/1.0\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
    assert b"'HTTP_X_FORWARDED_FOR': '6.6.6.6'" in said


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 5_000_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_arrives_as_it_was_sent(server, size, chunked):
    body = os.urandom(size)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        for _ in range(2):
            sent = (body[place : place + 50_000] for place in range(0, size, 50_000)) if chunked else body
            connection.request(
                "POST",
                "/echo",
                sent,
                encode_chunked=chunked,
                headers={"Transfer-Encoding": "chunked"} if chunked else {},
            )
            response = connection.getresponse()
            assert response.status == 200 and response.headers["X-Length"] == str(size)
            assert response.read() == body


def test_head_and_no_content_have_no_body(server):
    said = ask(server, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    head, none, rest = said.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and none.startswith(b"HTTP/1.1 204") and rest == b""


def test_an_old_client_gets_a_close(server):
    said = ask(server, b"GET /big HTTP/1.0\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert len(body) == BIG and b"Connection: close" in head and b"chunked" not in head


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 90_000, 431),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET /wrong HTTP/1.0\r\n\r\n", 500),
    ],
)  # fmt: skip
def test_what_is_not_in_order_is_refused(server, request_bytes, status):
    said = ask(server, request_bytes)
    assert said.startswith(b"HTTP/1.1 %d " % status) and said.count(b"HTTP/1.1 ") == 1


def test_an_answer_that_breaks_off_does_not_look_whole(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    with closing(connection), pytest.raises((http.client.IncompleteRead, ConnectionError)):
        connection.request("GET", "/cut")
        connection.getresponse().read()


def test_a_large_body_waits_for_leave(server, monkeypatch):
    """`Expect: 100-continue` is answered after the gate, with 100 or with the refusal."""
    head = (
        b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
    )
    with closing(connect(server)) as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"x" * 100_000)
        assert everything(sock).endswith(b"x" * 100_000)
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: body_gate.Rejection(403, b"No.\n"))
    said = ask(server, head)
    assert said.startswith(b"HTTP/1.1 403 ") and said.endswith(b"No.\n")


@pytest.mark.parametrize("size", ["declared", "chunked", "framing"])
def test_a_body_over_its_limit_is_refused_while_it_comes(server, monkeypatch, size):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: 100_000)
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\n"
    if size == "declared":
        data = head + b"Content-Length: 100001\r\n\r\n"
    elif size == "chunked":
        data = head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 30
    else:  # little content in much framing
        data = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"11000\r\n" + b"x" * 0x11000 + b"\r\n"
        data += (b"1;" + b"e" * 4000 + b"\r\nx\r\n") * 200
    assert ask(server, data).startswith(b"HTTP/1.1 413 ")


def test_a_refused_body_is_read_away_so_that_the_answer_arrives(server, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: body_gate.Rejection(401, b"Sign in.\n"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        connection.request("POST", "/echo", b"x" * 30_000_000)
        response = connection.getresponse()
        assert (response.status, response.read()) == (401, b"Sign in.\n")
    assert server.pool.on_disk == 0


def test_a_full_spool_refuses(tmp_path, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: 20 * 1024**2)
    with serving(tmp_path, spool_bytes=1024**2) as server:
        said = ask(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 503 ")
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        said = ask(server, b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 60)
        assert said.startswith(b"HTTP/1.1 503 ")


def test_slow_readers_take_no_thread(server):
    """More readers than threads, each asking for more than the kernel holds and reading nothing."""
    readers = [connect(server) for _ in range(limits.THREADS + 2)]
    for number, sock in enumerate(readers):
        if number:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # the first one will read
        sock.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"200 OK" in ask(server, b"GET / HTTP/1.0\r\n\r\n")
    said = everything(readers[0])
    for sock in readers:
        sock.close()
    assert said.endswith(b"0\r\n\r\n") and len(said) > BIG


DEADLINES = {
    "nothing": (b"", "FIRST_BYTE_SECONDS", b""),
    "head": (b"GET / HTTP/1.1\r\nHost:", "HEAD_SECONDS", b"HTTP/1.1 408 "),
    "idle body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", "BODY_IDLE_SECONDS", b"HTTP/1.1 408 "),
    "slow body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", "BODY_GRACE_SECONDS", b"HTTP/1.1 408 "),
    "idle": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "KEEP_ALIVE_SECONDS", b"HTTP/1.1 200 "),
    "reading": (b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n", "WRITE_IDLE_SECONDS", None),
}


@pytest.mark.parametrize("what", DEADLINES)
def test_each_wait_for_a_client_has_an_end(server, monkeypatch, what):
    data, limit, said = DEADLINES[what]
    monkeypatch.setattr(limits, "LINGER_IDLE_SECONDS", 0.1)
    monkeypatch.setattr(limits, limit, 0.3)
    with closing(connect(server)) as sock:
        if said is None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(data)
        if said is None:
            deadline = time.monotonic() + 10
            while not server.connections and time.monotonic() < deadline:
                time.sleep(0.05)
            while server.connections and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not server.connections
        else:
            assert everything(sock).startswith(said)


def test_the_connection_missed_least_makes_room(tmp_path):
    with serving(tmp_path, connections_per_address=10) as server:
        kept = connect(server)
        kept.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert kept.recv(4000).startswith(b"HTTP/1.1 200")
        silent = [connect(server) for _ in range(30)]
        for _ in range(5):
            kept.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert kept.recv(4000).startswith(b"HTTP/1.1 200")
            assert b"200 OK" in ask(server, b"GET / HTTP/1.0\r\n\r\n")
        assert len(server.connections) <= 10
        for sock in [kept, *silent]:
            sock.close()


def test_more_requests_than_can_wait_are_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "WAITING_REQUESTS", 4)
    with serving(tmp_path) as server:
        socks = [connect(server) for _ in range(6)]
        for sock in socks:
            sock.sendall(b"GET /wait HTTP/1.0\r\n\r\n")
        said = [everything(sock)[:12] for sock in socks]
        for sock in socks:
            sock.close()
    assert sorted(said) == [b"HTTP/1.1 200"] * 4 + [b"HTTP/1.1 503"] * 2


def test_stopping_lets_the_present_request_end(tmp_path):
    with serving(tmp_path) as server, closing(connect(server)) as sock, closing(connect(server)) as idle:
        sock.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.2)
        server.stop_now()
        assert everything(sock).startswith(b"HTTP/1.1 200")
        assert everything(idle) == b""
        server.thread.join(5)


def test_a_response_waits_in_memory_then_on_disk_within_limits(tmp_path):
    pool = Pool(tmp_path / "spool", disk_bytes=3 * 1024**2, memory_bytes=2 * 1024**2)
    spool, parts = ResponseSpool(pool, lambda: None), [os.urandom(300_000) for _ in range(12)]
    for part in parts[:10]:
        spool.write(part)
    assert 0 < pool.in_memory <= ResponseSpool.OWN_MEMORY and pool.on_disk > 0
    with pytest.raises(SpoolFull):
        for part in parts:
            spool.write(part)
    received = b""
    while (piece := spool.next_piece()) != b"":
        received += piece if piece is not None else spool.read_disk()
    assert received.startswith(b"".join(parts[:10]))
    spool.close()
    assert (pool.in_memory, pool.on_disk) == (0, 0)
    with pytest.raises(BrokenPipeError):
        spool.write(b"x")


def test_requests_that_hash_passwords_make_only_each_other_wait(tmp_path):
    """Thirty at once would take every thread for many seconds."""
    with serving(tmp_path) as server:
        hashing = [connect(server) for _ in range(12)]
        for sock in hashing:
            sock.sendall(b"POST /sign-in/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        time.sleep(0.05)
        began = time.monotonic()
        for _ in range(5):
            assert b"200 OK" in ask(server, b"GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        others = time.monotonic() - began
        for sock in hashing:
            with closing(sock):
                assert b"200 OK" in everything(sock)
        assert others < (time.monotonic() - began) / 2
