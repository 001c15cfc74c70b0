"""The client's address: what a stranger sends is not believed."""

import pytest
from django.test import RequestFactory

from annotator.server.address import client_address, counted_as


@pytest.mark.parametrize(
    ("proxies", "sent", "address"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (0, None, "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "6.6.6.6, unknown", "10.0.0.1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "203.0.113.7:5000", "203.0.113.7"),
        (1, "", "10.0.0.1"),
    ],
)  # fmt: skip
def test_only_what_our_own_proxies_wrote_counts(settings, proxies, sent, address):
    settings.TRUSTED_PROXIES = proxies
    extra = {} if sent is None else {"HTTP_X_FORWARDED_FOR": sent}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", **extra)) == address


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_address_is_counted_as_its_network(address, counted):
    assert counted_as(address) == counted
