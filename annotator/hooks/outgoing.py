"""Requests to other people's addresses. Nothing inside our own network is ever reached, whatever a name resolves to.

The IP address is checked before connecting, and exactly that address is used, so a second DNS answer changes nothing.
A POST follows no redirect. Operators can allow networks of their own with MARGINALIA_OUTGOING_ALLOW.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings

CONNECT_SECONDS, WHOLE_SECONDS, GET_SECONDS = 5.0, 10.0, 60.0
MOST_READ = 1000
MOST_REDIRECTS = 6  # requests for one address
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAFE = "/?=&%:@!$'()*+,;~#[]-._"  # what a path and a query may hold as it is
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(ValueError):
    """The address must not be reached. The message says why."""


class Unreachable(Exception):
    """The address could not be reached, or did not answer in time."""


@dataclass(frozen=True)
class Reply:
    """A reply: its status and the beginning of its text."""

    status: int
    text: str


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL we may send to. Raises Forbidden if it is malformed or names a private address directly."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise Forbidden(f"This is no address: {problem}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Forbidden("The address must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise Forbidden("The address must not hold a name or password.")
    if port == 0 or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise Forbidden("This is no address.")
    try:
        named = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts
    _check_address(named)
    return parts


# Addresses that some version of Python treats as public but that are not: site-local and documentation addresses, relays,
# and the special block in which clouds keep their metadata.
NEVER = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
]


def _check_address(address: Address) -> None:
    if not _allowed(address):
        raise Forbidden(f"{address} is an address inside a private network; only public ones are reached.")


def _allowed(address: Address) -> bool:
    for network in settings.OUTGOING_ALLOW:
        if address.version == network.version and address in network:
            return True
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _allowed(inner)
    if any(address.version == network.version and address in network for network in NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host name. Raises Forbidden if any of them is private, because such a name is suspicious."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unreachable(f"{host} is not found: {problem}") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        _check_address(ipaddress.ip_address(address.partition("%")[0]))
    return addresses


def post(url: str, body: bytes, headers: dict[str, str]) -> Reply:
    """Send a POST and return the reply. Raises Forbidden or Unreachable."""
    status, content, _ = _request("POST", url, body, headers, MOST_READ, WHOLE_SECONDS)
    return Reply(status, content.decode(errors="replace"))


def get(url: str, most: int) -> bytes:
    """Return what stands at an address, at most `most` bytes. Each redirect is checked like the address itself.

    Raises Forbidden when an address must not be reached or the content is too large, and Unreachable when the server cannot be
    reached, refuses, or takes more than a minute.
    """
    for _ in range(MOST_REDIRECTS):
        status, content, location = _request("GET", url, None, {"Accept": "*/*"}, most + 1, GET_SECONDS)
        if status in REDIRECTS and location:
            url = urljoin(url, location)
            continue
        if status != 200:
            if status in (429, 500, 502, 503, 504):
                raise Unreachable(f"The server answered {status}.")
            raise Forbidden(f"The server answered {status}.")
        if len(content) > most:
            raise Forbidden(f"It has more than {most // 2**20} MB.")
        return content
    raise Forbidden("It redirects too often.")


def _request(
    method: str, url: str, body: bytes | None, headers: dict[str, str], most: int, seconds: float
) -> tuple[int, bytes, str]:
    """Send a request; return the status, at most so many bytes of the reply, and where it redirects to."""
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    timer = None
    try:
        connection.sock = _connect(_resolve(host, port), port)
        timer = threading.Timer(seconds, _break, [connection.sock])
        timer.daemon = True
        timer.start()
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
        connection.request(method, path, body, headers | {"Host": parts.netloc, "Connection": "close"})
        response = connection.getresponse()
        content = response.read(most)
        if response.length and len(content) < most:
            raise Unreachable("The connection broke off.")
        return response.status, content, response.headers.get("Location", "")
    except (OSError, http.client.HTTPException, UnicodeError) as problem:
        raise Unreachable(f"{type(problem).__name__}: {problem}"[:200]) from None
    finally:
        if timer:
            timer.cancel()
        connection.close()


def _connect(addresses: list[str], port: int) -> socket.socket:
    problem: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as found:
            problem = found
    raise Unreachable(f"no connection: {problem}")


def _break(sock: socket.socket) -> None:
    """Close a connection whose other side is too slow."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
