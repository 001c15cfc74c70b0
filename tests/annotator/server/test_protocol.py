"""HTTP/1.1 by the web server itself: requests, bodies and what is refused."""

import http.client
import os
from contextlib import closing

import pytest

from annotator.people import body_gate
from tests.annotator.server.serving import BIG, ask, connect, everything, serving


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: 20 * 1024**2)
    with serving(tmp_path) as found:
        yield found


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


def test_a_refused_body_is_read_away_so_that_the_answer_arrives(server, monkeypatch):
    monkeypatch.setattr(body_gate, "decide", lambda environ, declared: body_gate.Rejection(401, b"Sign in.\n"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with closing(connection):
        connection.request("POST", "/echo", b"x" * 30_000_000)
        response = connection.getresponse()
        assert (response.status, response.read()) == (401, b"Sign in.\n")
    assert server.pool.on_disk == 0
