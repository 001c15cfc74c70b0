"""Headers of every response: what a page may load and run, and how long the server took."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Django's admin and the API's pages contain small inline styles and scripts.
RELAXED_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "script-src 'self'", "script-src 'self' 'unsafe-inline'"
)
# Content that people upload is shown, never run.
CONTENT_POLICY = "default-src 'none'; style-src 'none'; sandbox"

Responder = Callable[[HttpRequest], HttpResponse]


class SecurityHeaders:
    """Set the Content-Security-Policy, unless the view has set a stricter one."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request and add the policies."""
        response = self.get_response(request)
        relaxed = request.path.startswith(("/admin/", "/api/docs/"))
        response.headers.setdefault("Content-Security-Policy", RELAXED_POLICY if relaxed else POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class ServerTiming:
    """Report in `Server-Timing` how many milliseconds the server took.

    A response that was delayed to a fixed step reports that step (see `annotator.api.fast_path`).
    """

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request and add the time it took."""
        started = time.perf_counter()
        response = self.get_response(request)
        response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
        return response
