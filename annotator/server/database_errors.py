"""Turn values that Python or the database cannot take into clear refusals, for pages and the API.

Views check what they know about. What they miss (a number too large for its column, NUL in a text, half a surrogate pair,
a name that somebody else took at the same moment) ends here as a 4xx. Nothing is stored, because the transaction has
been rolled back.

A request that waited too long for a lock (`lock_waits`) ends here as a 503. Nothing of it is stored either. One that finds the
disk full, the database's or the storage's, ends as a 507.
"""

import errno
import logging
from collections.abc import Callable

from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

logger = logging.getLogger(__name__)
TAKEN = "23505"  # PostgreSQL's code for a broken unique constraint
LOCKED = "55P03"  # for a lock that was not free in time
RETRY_AFTER = "5"  # seconds
REFERENCED = "23503"  # and for a row that others refer to, or that is gone
DISK_FULL = "53100"
FULL = "The disk of the server is full. Whoever runs this installation must free some space."


class Unstorable:
    """Middleware that answers such errors with 400, 409, 503 or 507."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Return the refusal for an error of the request, a busy lock or a full disk; None for any other error."""
        if isinstance(problem, DataError | UnicodeEncodeError | OverflowError | RecursionError):
            return _refusal(
                request, 400, "unstorable", "A value in this request cannot be stored. Nothing was changed."
            )
        if isinstance(problem, IntegrityError):
            code = getattr(problem.__cause__, "sqlstate", None)
            if code == TAKEN:
                return _refusal(
                    request, 409, "taken", "Somebody else has just taken this name or id. Nothing was changed."
                )
            if code == REFERENCED:
                return _refusal(request, 409, "changed", "Something this refers to has just changed. Look again.")
        if isinstance(problem, OperationalError) and getattr(problem.__cause__, "sqlstate", None) == LOCKED:
            text = "Something else is changing this project right now. Try again in a few seconds."
            response = _refusal(request, 503, "busy", text)
            response["Retry-After"] = RETRY_AFTER
            return response
        if is_full(problem):
            logger.error("a disk is full: %s", problem)
            return _refusal(request, 507, "disk_full", FULL)
        return None


def is_full(problem: BaseException) -> bool:
    """Check whether an error says that a disk is full or a quota is used up, here or at the database."""
    if isinstance(problem, OSError):
        return problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(problem, OperationalError) and getattr(problem.__cause__, "sqlstate", None) == DISK_FULL


def _refusal(request: HttpRequest, status: int, code: str, text: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text, "code": code}, status=status)
    shown = {"reason": text, "headline": "The disk is full." if status == 507 else "Busy."}
    return render(request, "503.html" if status >= 500 else "400.html", shown, status=status)
