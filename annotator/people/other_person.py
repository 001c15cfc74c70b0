"""Checking whose page a request comes from: in a shared browser, a page may stay open after its person's session has ended.

The desk names its person with every request. If the session now belongs to somebody else, the request is refused before
anything else runs. So no answer is stored for the wrong person, and no task is handed out to another person's page.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

HEADER = "X-Marginalia-Person"
CODE = "other_person"


class OtherPerson:
    """Middleware that answers such a request with 409. A token already names its person, so it is not compared."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        claimed = request.headers.get(HEADER)
        if claimed is None or request.headers.get("Authorization", "").partition(" ")[0].lower() == "token":
            return self.get_response(request)
        user = request.user
        if not user.is_authenticated or str(user.pk) == claimed:
            return self.get_response(request)
        name = user.display_name if user.display_name == user.username else f"{user.display_name} ({user.username})"
        return JsonResponse({"detail": f"{name} is signed in in this browser now.", "code": CODE}, status=409)
