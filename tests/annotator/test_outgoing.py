"""Requests to other systems go to public addresses only, whatever a name resolves to."""

import socket

import pytest
from django.core.exceptions import ValidationError

from annotator.hooks import outgoing, subscriptions
from annotator.hooks.outgoing import Forbidden
from annotator.models import Webhook
from tests.standins.receiver import receiver

pytestmark = pytest.mark.django_db
PRIVATE = [
    "http://127.0.0.1/", "http://localhost/", "http://10.0.0.7/", "http://192.168.1.1:8000/", "http://172.16.3.4/",
    "http://169.254.169.254/latest/meta-data/", "http://0.0.0.0/", "http://100.64.0.1/", "http://[::1]/",
    "http://[fe80::1]/", "http://[fd00::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
    "http://127.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://localhost.localdomain/",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_address_is_never_reached(url, settings, monkeypatch):
    settings.OUTGOING_ALLOW = []
    monkeypatch.setattr(socket, "create_connection", lambda *arguments, **named: pytest.fail("it connected"))
    with pytest.raises((outgoing.Forbidden, outgoing.Unreachable)):
        outgoing.post(url, b"{}", {})


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "example.org", "http://", "http://a:b@example.org/", "http://x:99999/", "",
     "http://exa mple.org/", "gopher://127.0.0.1:6379/_x", "http://example.org/\r\nX: y", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url, project, manager):
    with pytest.raises(ValidationError):
        subscriptions.add(project, manager, url, ["worker.joined"])
    assert not Webhook.objects.exists()


def test_a_name_that_answers_first_public_then_private_reaches_nothing_private(settings, monkeypatch):
    """DNS rebinding: what was checked is what is connected to."""
    settings.OUTGOING_ALLOW = []
    asked, connected = [], []
    with receiver() as inside:
        answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])

        def resolve(host, port, *arguments, **named):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

        def connect(address, *arguments, **named):
            connected.append(address[0])
            raise OSError("no network")

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        with pytest.raises(outgoing.Unreachable):
            outgoing.post(f"http://rebind.example:{inside.port}/", b"{}", {})
        assert (asked, connected, inside.heard) == (["rebind.example"], ["93.184.216.34"], [])


def test_a_name_with_one_private_address_among_public_ones_is_refused(settings, monkeypatch):
    settings.OUTGOING_ALLOW = []
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **named: found)
    monkeypatch.setattr(socket, "create_connection", lambda *arguments, **named: pytest.fail("it connected"))
    with pytest.raises(outgoing.Forbidden, match=r"10\.0\.0\.1"):
        outgoing.post("http://two.example/", b"{}", {})


@pytest.mark.parametrize(
    "address",
    [
        "[fec0::1]",
        "192.0.0.192",
        "192.0.0.8",
        "192.88.99.1",
        "[3fff::1]",
        "[3fff:fff::1]",
        "[5f00::1]",
        "[64:ff9b:1::1]",
        "100.64.0.1",
        "198.18.0.1",
        "203.0.113.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:192.0.0.192]",
        "[2002:c000:00c0::]",
        "169.254.169.254",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::7f00:1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(address):
    with pytest.raises(Forbidden):
        outgoing.check_url(f"http://{address}/")


@pytest.mark.parametrize("address", ["8.8.8.8", "[2606:4700::1111]", "193.0.14.129"])
def test_public_addresses_are_taken(address):
    outgoing.check_url(f"http://{address}/")
