"""The gate: decides from a request's head whether its body is accepted, before any of it is stored.

A body of up to 64 kB needs no permission. A larger one is accepted only from a person who may do what the address does,
and only up to the limit of that address. A page raises its limit with `takes_body`, an API view with `body_bytes`.
"""

import io
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import Http404
from django.shortcuts import resolve_url
from django.urls import resolve
from django.utils.module_loading import import_string
from rest_framework.views import exception_handler

from annotator.people import permissions
from annotator.server.limits import API_BODY, MB, PAGE_BODY, SMALL_BODY

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rejection:
    """The response that is sent instead of reading the body."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)


def takes_body(most: int) -> Callable[[View], View]:
    """Return a decorator that lets a page accept a body of up to `most` bytes from those who may use the page."""

    def mark(view: View) -> View:
        view.body_bytes = most  # type: ignore[attr-defined]
        return view

    return mark


def decide(environ: dict[str, Any], declared: int | None) -> "int | Rejection":
    """Return how many bytes the body may have, or the rejection."""
    close_old_connections()
    try:
        return _decide(environ, declared)
    except Exception:
        log.exception("the gate failed for %s", environ.get("PATH_INFO"))
        return Rejection(503, b"Something went wrong on our side. Please try again.\n")
    finally:
        close_old_connections()


def _decide(environ: dict[str, Any], declared: int | None) -> "int | Rejection":
    environ = environ | {"wsgi.input": io.BytesIO(), "CONTENT_LENGTH": "0"}
    request = WSGIRequest(environ)
    request.session = _session(request)
    try:
        match = resolve(request.path_info)
    except Http404:
        return _too_large(request, SMALL_BODY)
    request.resolver_match = match
    view_class = getattr(match.func, "cls", None) or getattr(match.func, "view_class", None)
    api = view_class is not None and hasattr(view_class, "initialize_request")
    most = _most(match.func, view_class, request, api)
    if most <= SMALL_BODY or (declared or 0) > most:
        return _too_large(request, most)
    refused = _api(view_class, request, match.kwargs) if api else _page(match.func, request, match.kwargs)
    return refused or most


def _most(view: Any, view_class: Any, request: WSGIRequest, api: bool) -> int:
    if request.method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        return SMALL_BODY
    declared = getattr(view_class, "body_bytes", None) if view_class else getattr(view, "body_bytes", None)
    if isinstance(declared, Mapping):
        declared = declared.get(request.method)
    return int(declared or (API_BODY if api else PAGE_BODY))


def _session(request: WSGIRequest) -> SessionBase:
    from django.conf import settings

    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    return store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))


def _page(view: Any, request: WSGIRequest, arguments: dict[str, Any]) -> Rejection | None:
    request.user = get_user(request)
    if not request.user.is_authenticated:
        if hasattr(view, "permission"):  # a project's page, which redirects people to the sign-in page
            target = f"{resolve_url('sign-in')}?next={request.get_full_path()}"
            return Rejection(302, b"", [("Location", target)])
        return _too_large(request, SMALL_BODY)
    try:
        if permission := getattr(view, "permission", None):
            permissions.member(request.user, arguments["project_id"], permission)
    except Http404 as problem:
        return Rejection(404, f"{problem}\n".encode())
    except PermissionDenied as problem:
        return Rejection(403, f"{problem}\n".encode())
    return None


def _api(view_class: Any, request: WSGIRequest, arguments: dict[str, Any]) -> Rejection | None:
    """Let the view itself check who the person is and what they may do."""
    request.user = get_user(request)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # the view checks, with the body
    view = view_class()
    view.setup(request, **arguments)
    view.check_throttles = lambda request: None  # the view itself counts throttles
    asked = view.initialize_request(request, **arguments)
    view.request = asked
    try:
        view.initial(asked, **arguments)
    except Exception as problem:
        view.headers = view.default_response_headers
        if hasattr(problem, "status_code") and problem.status_code in (401, 403) and not asked.authenticators:
            return _too_large(request, SMALL_BODY)
        header = view.get_authenticate_header(asked) if getattr(problem, "status_code", 0) in (401, 403) else None
        if header and getattr(problem, "default_code", "") in ("not_authenticated", "authentication_failed"):
            problem.status_code, problem.auth_header = 401, header  # type: ignore[attr-defined]
        response = exception_handler(problem, {"view": view, "request": asked})
        if response is None:
            raise
        headers = [("Content-Type", "application/json"), *response.headers.items()]
        return Rejection(response.status_code, json.dumps(response.data, default=str).encode(), headers)
    return None if asked.user.is_authenticated else _too_large(request, SMALL_BODY)


def _too_large(request: WSGIRequest, most: int) -> Rejection:
    size = f"{most // MB} MB" if most >= MB else f"{most // 1024} kB"
    text = f"The request is too large: at most {size} are taken here."
    if request.path.startswith("/api/"):
        content = json.dumps({"detail": text, "code": "too_large"}).encode()
        return Rejection(413, content, [("Content-Type", "application/json")])
    return Rejection(413, f"{text}\n".encode())
