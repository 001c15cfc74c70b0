"""The proxy of the compose file (deploy/nginx.conf) before a running product."""

import hashlib
import http.client
import http.cookiejar
import re
import socket
import urllib.parse
import urllib.request

import pytest

from benchmarks.trust import slow_connections
from tests import hostile
from tests.annotator.server.test_stand import MB, open_upload, spooled, status
from tests.line import Line
from tests.load import send_file
from tests.stand import Stand, command_of, parent_of
from tests.standins.nginx import nginx

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """A stand that believes one proxy; `front` is asked like it, through nginx."""
    folder = tmp_path_factory.mktemp("proxy")
    made = Stand(folder / "home", "--no-sample", MARGINALIA_TRUSTED_PROXIES="1").start()
    try:
        made.line = Line(made)
        with nginx(folder / "nginx", made.port) as port:
            made.front = Stand(made.home)
            made.front.port, made.front.url, made.nginx = port, f"http://127.0.0.1:{port}", folder / "nginx"
            yield made
    finally:
        made.stop()


def sign_in(front, name, password, **headers):
    """Sign in as a browser does, by the form with its token; return the page one comes to."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = opener.open(f"{front.url}/sign-in/", timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
    form = urllib.parse.urlencode({"username": name, "password": password, "csrfmiddlewaretoken": token}).encode()
    request = urllib.request.Request(f"{front.url}/sign-in/", form, {"Origin": front.url, **headers})
    with opener.open(request, timeout=30) as response:
        return response, response.read().decode(), opener


def test_people_sign_in_and_their_address_is_what_nginx_saw(stand):
    word = stand.password("ann", "--create")
    response, page, opener = sign_in(stand.front, "ann", word, **{"X-Forwarded-For": "6.6.6.6"})
    assert response.status == 200 and "sign-in" not in response.url and "ann" in page
    assert opener.open(f"{stand.front.url}/account/", timeout=30).status == 200
    assert stand.rows("SELECT DISTINCT address FROM annotator_signin") == [("127.0.0.1",)]


def test_the_address_is_the_clients_and_not_the_proxys(stand):
    """A client at another address of this machine: what counts is who came to nginx, whatever they say of themselves."""
    word = stand.password("ben", "--create")
    body = f'{{"username": "ben", "password": "{word}"}}'
    for sent in ({}, {"X-Forwarded-For": "6.6.6.6, 7.7.7.7"}):
        connection = http.client.HTTPConnection("127.0.0.1", stand.front.port, 30, source_address=("127.0.0.9", 0))
        connection.request(
            "POST", "/api/v1/token/", body.replace(word, "wrong"), {"Content-Type": "application/json"} | sent
        )
        assert connection.getresponse().status == 400
        connection.close()
    counted = dict(stand.rows("SELECT key, count FROM annotator_signinattempts"))

    def failures(address):
        return counted.get(hashlib.sha256(f"address|{address}".encode()).hexdigest(), 0)

    assert [failures(one) for one in ("127.0.0.9", "6.6.6.6", "7.7.7.7")] == [2, 0, 0]


def test_static_files_come_through_with_their_headers(stand):
    _, page = stand.front.get("/sign-in/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert any(name.endswith(".css") for name in files) and any(name.endswith(".js") for name in files)
    for name in files:
        with urllib.request.urlopen(stand.front.url + name, timeout=30) as response:
            content = response.read()
            assert response.status == 200 and len(content) == int(response.headers.get("Content-Length", len(content)))
            assert "immutable" in response.headers["Cache-Control"]
        direct = urllib.request.urlopen(stand.url + name, timeout=30)
        assert direct.read() == content and direct.headers["Content-Type"] == response.headers["Content-Type"]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("path", "code"), [("/sign-in/", 413), ("{base}items/", 401)])
def test_a_strangers_body_is_refused_before_it_is_sent(stand, path, code, chunked):
    """nginx stores nothing of it and passes the refusal on; a chunked body is judged once it is more than anybody may send."""
    with open_upload(stand.front, path.format(base=stand.line.base), chunked=chunked) as sock:
        if chunked:
            sock.sendall(b"20000\r\n" + b"x" * 0x20000 + b"\r\n")
        assert status(sock) == code
    assert spooled(stand) == [] and [one for one in (stand.nginx / "body").rglob("*") if one.is_file()] == []


def test_a_client_that_goes_on_sending_sees_the_refusal(stand):
    """Not the 502 of a proxy whose connection was closed under it."""
    with open_upload(stand.front, "/sign-in/", size=50 * MB) as sock:
        sock.settimeout(20)
        try:
            for _ in range(50):
                sock.sendall(b"x" * MB)
        except OSError:  # it has answered and takes no more
            pass
        assert status(sock) == 413


def test_an_upload_over_every_limit_is_refused_by_nginx_itself(stand):
    with open_upload(stand.front, f"{stand.line.base}items/", stand.line.token, size=5 * 1024 * MB) as sock:
        assert status(sock) == 413
    assert spooled(stand) == []


@pytest.fixture(scope="module")
def large(stand):
    """A sound of 40 MB, brought in through the proxy: its content, and where it is."""
    content = hostile.sound(40 * MB)
    code, said = send_file(stand.front, stand.line.base, stand.line.token, "files", "long.wav", content)
    assert code == 201, said
    [item] = [one for one in stand.line.get(f"{stand.line.base}items/")["results"] if one["name"] == "long.wav"]
    return content, urllib.parse.urlsplit(item["content"]).path


def test_a_large_item_comes_in_and_out_whole(stand, large):
    content, path = large
    request = urllib.request.Request(stand.front.url + path, headers={"Authorization": f"Token {stand.line.token}"})
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.headers["Content-Type"] == "audio/wav" and response.read() == content


def test_clients_that_read_nothing_hold_up_nobody(stand, large):
    """More of them than there are threads."""
    head = f"GET {large[1]} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {stand.line.token}\r\n\r\n".encode()
    opened = [socket.create_connection(("127.0.0.1", stand.front.port)) for _ in range(12)]
    for sock in opened:
        sock.sendall(head)
    for sock in opened:
        assert sock.recv(12) == b"HTTP/1.1 200"
    for _ in range(10):
        assert stand.front.get("/sign-in/")[0] == 200
    for sock in opened:
        sock.close()


def test_slow_connections_through_the_proxy_delay_nobody(stand):
    opened = slow_connections(stand.front.port)
    uploads = [open_upload(stand.front, f"{stand.line.base}items/", stand.line.token, 20 * MB) for _ in range(8)]
    for sock in uploads:
        sock.sendall(b"x" * MB)
    for _ in range(30):
        assert stand.front.get("/sign-in/")[0] == 200
        assert stand.front.post(f"{stand.line.question}tasks/next/", {"count": 1}, stand.line.token)[0] == 200
    for sock in opened + uploads:
        sock.close()
    stand.wait_until(lambda: spooled(stand) == [], 20, "the spool is not emptied")


def test_health_checks_pass_by_any_host_name(stand):
    request = urllib.request.Request(f"{stand.front.url}/healthz", headers={"Host": "10.1.2.3"})
    assert urllib.request.urlopen(request, timeout=10).status == 200


def test_a_killed_web_process_is_no_502(stand):
    """A request over a connection that nginx had kept open to it goes to another process."""
    for _ in range(20):
        assert stand.front.get("/sign-in/")[0] == 200
    web = [one for one in stand.processes() if "gunicorn" in command_of(one)]
    next(one for one in web if any(parent_of(one) == other.pid for other in web)).kill()
    assert {stand.front.get("/sign-in/")[0] for _ in range(30)} == {200}


def test_nginx_had_nothing_to_complain_of(stand):
    """Runs last. What it reports as errors is the bodies over its limit, and the process that was killed."""
    expected = ("client intended to send too large body", "Connection reset by peer", "prematurely closed connection")
    lines = (stand.nginx / "error.log").read_text().splitlines()
    assert [line for line in lines if re.search(r"\[(error|crit|alert|emerg)\]", line)
            and not any(one in line for one in expected)] == []  # fmt: skip
