"""Limits and deadlines of the web server: no client takes all of its memory, disk, threads, connections or time."""

import os
import socket
import time
from contextlib import closing

import pytest

from annotator.people import body_gate
from annotator.server import limits
from annotator.server.spool import Pool, ResponseSpool, SpoolFull
from tests.annotator.server.serving import BIG, ask, connect, everything, serving


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: 20 * 1024**2)
    with serving(tmp_path) as found:
        yield found


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
