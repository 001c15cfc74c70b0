"""Every refusal in one form: `{"detail": text, "code": word}`, or a list of reasons a field."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from rest_framework.exceptions import ValidationError as ApiValidationError
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.views import exception_handler

from annotator.refusal import Refused


def unknown_address(request: HttpRequest, *args: object, **kwargs: object) -> JsonResponse:
    """Answer an address of the API that does not exist, in the form of every refusal."""
    return JsonResponse({"detail": "There is nothing at this address.", "code": "unknown_address"}, status=404)


def handler(problem: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an error that the code below raised, or None if it is not a refusal."""
    if isinstance(problem, Refused):
        return Response({"detail": problem.reason, "code": problem.code}, status=problem.status)
    if isinstance(problem, ValidationError):
        problem = ApiValidationError(as_serializer_error(problem))
    return exception_handler(problem, context)
