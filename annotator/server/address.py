"""The address a request comes from, when there may be trusted proxies in between."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address.

    Without trusted proxies this is the peer of the connection. `X-Forwarded-For` is then ignored, because anyone can send it.
    With N trusted proxies it is the N-th entry from the right, which the outermost proxy wrote. If the header has fewer
    entries, or that entry is not an address, it is the peer.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    proxies = settings.TRUSTED_PROXIES
    if proxies <= 0:
        return peer
    entries = [entry.strip() for entry in str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    if len(entries) < proxies:
        return peer
    entry = entries[-proxies]
    if entry.startswith("["):  # [2001:db8::1]:443
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:  # 192.0.2.1:443
        entry = entry.partition(":")[0]
    try:
        return str(ip_address(entry))
    except ValueError:
        return peer


def counted_as(address: str) -> str:
    """Return what an address is counted as where there are limits per address.

    An IPv6 address is counted as its /64 network, because everyone with one address has the whole network. An IPv4 address
    written as IPv6 (`::ffff:192.0.2.1`) is counted as IPv4. What is no address is returned unchanged.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))
