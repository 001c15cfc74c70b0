"""Signing in by token."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotator.api.common.fields import KnownFieldsOnly
from annotator.api.common.scoped import signed_in
from annotator.models import AccessToken, Scope
from annotator.people import sign_in, tokens


class SignInSerializer(KnownFieldsOnly):
    """A name and a password, and what the token is to be for."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    name = serializers.CharField(max_length=80, default="Signed in over the API")
    scope = serializers.ChoiceField(Scope.choices, default=Scope.MANAGE)
    days = serializers.IntegerField(min_value=1, max_value=tokens.MOST_DAYS, default=30)


class NewTokenSerializer(serializers.Serializer):
    """The token, told this once."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ObtainToken(APIView):
    """Give a token for a name and a password, under the same limits as the sign-in page."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        request=SignInSerializer,
        responses={200: NewTokenSerializer, 429: OpenApiResponse(description="Too many attempts; wait.")},
    )
    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Return a new token."""
        sent = SignInSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        asked = sent.validated_data
        try:
            user = sign_in.signed_in_with(request._request, asked["username"], asked["password"])
        except sign_in.TooManyAttempts as problem:
            return Response({"detail": problem.messages[0], "code": "too_many_attempts"}, status=429)
        if user is None:
            return Response(
                {"detail": "Unable to sign in with this name and password.", "code": "no_such_sign_in"}, 400
            )
        made, token = tokens.issue(user, asked["name"], asked["scope"], asked["days"])
        return Response({"token": token, "expires_at": made.expires_at})


class AccessTokenSerializer(serializers.ModelSerializer):
    """A token of yours; what it begins with tells it from others."""

    class Meta:
        model = AccessToken
        fields = ["id", "name", "start", "scope", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class TokenList(APIView):
    """Your tokens."""

    @extend_schema(responses=AccessTokenSerializer(many=True))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return your tokens, the newest first."""
        return Response(AccessTokenSerializer(signed_in(request).access_tokens.all(), many=True).data)


class TokenDetail(APIView):
    """One of your tokens."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: int, *args: Any, **kwargs: Any) -> Response:
        """Revoke the token. It ends at once."""
        tokens.revoke(signed_in(self.request), min(token_id, 2**63 - 1))
        return Response(status=status.HTTP_204_NO_CONTENT)
