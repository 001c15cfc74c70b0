"""The product for servers that are not ours: the gate is asked before Django, where our own worker asks it itself."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from annotator.wsgi import application as product


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Refuse a large body by its headers, as far as the server calls us before it has read the body."""
    from annotator.people import body_gate
    from annotator.server.limits import SMALL_BODY

    declared = int(environ.get("CONTENT_LENGTH") or 0)
    if declared > SMALL_BODY:
        refused = body_gate.decide(environ, declared)
        if not isinstance(refused, int):
            headers = [("Content-Length", str(len(refused.body))), ("Connection", "close")]
            kept = [one for one in refused.headers if one[0].lower() not in ("content-length", "connection")]
            start_response(f"{refused.status} {HTTPStatus(refused.status).phrase}", [*kept, *headers])
            return [refused.body]
    return product(environ, start_response)
