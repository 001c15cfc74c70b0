"""Limits on what one connection, one address and one process may use. Every limit of the web server is here."""

import os
from dataclasses import dataclass
from pathlib import Path

from annotator.server.home import home

KB, MB = 1024, 1024**2

# A request's head.
HEAD_BYTES = 32 * KB
HEADER_COUNT = 100
FIRST_BYTE_SECONDS = 15.0  # from the connection to the first byte of a request
HEAD_SECONDS = 15.0  # from the first byte to the end of the headers
KEEP_ALIVE_SECONDS = 30.0

# A request's body. Bodies up to SMALL_BODY are accepted from anybody; larger ones must pass `annotator.people.body_gate`.
SMALL_BODY = 64 * KB
PAGE_BODY = 1 * MB  # a form without files
API_BODY = 6 * MB  # JSON, as much as Django parses
BODY_IDLE_SECONDS = 30.0  # without a byte
BODY_GRACE_SECONDS = 30.0  # before the average rate is checked
BODY_BYTES_A_SECOND = 500.0

# A response.
WRITE_IDLE_SECONDS = 60.0  # while the client takes nothing
LINGER_SECONDS, LINGER_IDLE_SECONDS = 30.0, 5.0  # how long the rest of a refused body is read and discarded

# A process.
THREADS = 4
# Hashing a password keeps a core busy for a while. Requests that do it have their own thread, so they delay only each other.
HASHING_PATHS = (
    "/sign-in/",
    "/api/v1/token/",
    "/account/",
    "/new-password/",
    "/join/",
    "/api/v1/join/",
    "/admin/login/",
)
HASHING_THREADS, HASHING_WAITING = 1, 64
LOCK_SECONDS = 10.0  # that a request waits for a lock of the database; then it gets 503
WAITING_REQUESTS = 256  # complete requests that wait for a thread; more get 503
PIPELINED = 16
MEMORY_BYTES = 64 * MB  # bodies and responses in memory; the rest goes to disk
FREE_DISK_BYTES = 256 * MB  # kept free on the spool's disk
STOP_SECONDS = 10.0  # for open requests after SIGTERM


def _number(name: str, otherwise: int) -> int:
    return int(os.environ.get(name) or otherwise)


@dataclass(frozen=True)
class Settings:
    """What an operator may change (docs/operator.md)."""

    connections: int
    connections_per_address: int
    spool_bytes: int
    spool_folder: Path
    trusted_proxies: int


def settings() -> Settings:
    """Return the settings from the environment."""
    return Settings(
        connections=_number("MARGINALIA_MAX_CONNECTIONS", 4000),
        connections_per_address=_number("MARGINALIA_MAX_CONNECTIONS_PER_ADDRESS", 1000),
        spool_bytes=_number("MARGINALIA_SPOOL_MB", 8192) * MB,
        spool_folder=Path(os.environ.get("MARGINALIA_SPOOL") or home() / "spool"),
        trusted_proxies=trusted_proxies(),
    )


def trusted_proxies() -> int:
    """Return how many trusted proxies are in front of the web server (`MARGINALIA_TRUSTED_PROXIES`)."""
    return max(0, _number("MARGINALIA_TRUSTED_PROXIES", 0))
