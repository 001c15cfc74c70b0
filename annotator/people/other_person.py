"""Whose page a request comes from: in a browser that several people share, a page may outlive its person's session.

The desk says with every request who it belongs to. Where the session is somebody else's by now, the request is refused before
anything looks at it: nobody's answer is stored as another's, and no task is handed out to a page that is not theirs.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

HEADER = "X-Marginalia-Person"
CODE = "other_person"


class OtherPerson:
    """Middleware that answers such a request with 409. A token names its person itself, so it is not compared."""

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
