"""Signing in by token."""

from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle

from annotator import signin


class TokenThrottle(AnonRateThrottle):
    """A limit of its own for asking tokens."""

    scope = "token"


class ObtainToken(ObtainAuthToken):
    """Give a token for a name and a password, under the same limits as the sign-in page."""

    throttle_classes = [TokenThrottle]

    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return `{"token": ...}`."""
        username = str(request.data.get("username", ""))
        signin.check_attempts(request._request, username)
        response_or_error = None
        try:
            response_or_error = super().post(request, *args, **kwargs)
        finally:
            if response_or_error is None:
                signin.count_failure(request._request, username)
        return response_or_error
