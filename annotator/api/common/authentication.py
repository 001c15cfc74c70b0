"""Who a request comes from: a token of ours, and what its scope allows."""

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from annotator.models import AccessToken, Scope, User
from annotator.people import tokens

if TYPE_CHECKING:
    from rest_framework.views import APIView

ANSWERING = frozenset({"answer", "review", "comment"})  # permissions that a token for answering covers


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token <token>`."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the person and the token. Raises AuthenticationFailed where the token is not valid (any more)."""
        word, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if word.lower() != "token":
            return None
        found = tokens.find(token.strip())
        if found is None:
            raise AuthenticationFailed("This token is not valid: it was mistyped, revoked, or has expired.")
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """Return what a response 401 asks for."""
        return "Token"


class TokenScope(BasePermission):
    """Check that the token's scope covers the request. A session may do everything that its person may."""

    message = "This token may not do that; make one with a wider scope."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Check whether the scope covers the request."""
        if not isinstance(request.auth, AccessToken) or request.method in SAFE_METHODS:
            return True
        if request.auth.scope == Scope.MANAGE:
            return True
        asked = getattr(view, "permissions", {}).get(request.method or "")
        return request.auth.scope == Scope.ANSWER and asked in ANSWERING


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes the token."""

    target_class = TokenAuthentication
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the definition."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Token, a space, and the token",
        }
