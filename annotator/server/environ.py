"""The WSGI environment of a request (PEP 3333)."""

import io
import sys
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from annotator.server.requests import Request

_FORWARDED = (*tuple(f"HTTP_X_FORWARDED_{what}" for what in ("FOR", "PROTO", "HOST", "PORT")), "HTTP_FORWARDED")


def environ_of(
    request: Request, body: bytes | IO[bytes], peer: tuple[str, int], own: tuple[str, int], trusted_proxies: int
) -> dict[str, Any]:
    """Return the WSGI environment of a request.

    Headers that proxies write are left out when no proxy is trusted. A header whose name contains an underscore is left out,
    because WSGI could not tell it from the one with hyphens.
    """
    target = request.target
    if target.startswith((b"http://", b"https://")):
        _, slash, rest = target.split(b"://", 1)[1].partition(b"/")
        target = slash + rest or b"/"
    path, _, query = target.partition(b"#")[0].partition(b"?")
    size = len(body) if isinstance(body, bytes) else request.body.size
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "RAW_URI": request.target.decode("latin-1"),
        "SERVER_NAME": own[0],
        "SERVER_PORT": str(own[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "SERVER_SOFTWARE": "marginalia",
        "REMOTE_ADDR": peer[0],
        "REMOTE_PORT": str(peer[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw, value in request.headers:
        if b"_" in raw:
            continue
        text = value.decode("latin-1").strip()
        if raw == b"content-type":
            environ["CONTENT_TYPE"] = text
        elif raw not in (b"content-length", b"transfer-encoding", b"expect"):
            name = "HTTP_" + raw.decode("latin-1").upper().replace("-", "_")
            if name in environ:
                text = environ[name] + ("; " if name == "HTTP_COOKIE" else ",") + text
            environ[name] = text
    if size or request.declared is None or any(raw == b"content-length" for raw, _ in request.headers):
        environ["CONTENT_LENGTH"] = str(size)
    if not trusted_proxies:
        for name in _FORWARDED:
            environ.pop(name, None)
    return environ
