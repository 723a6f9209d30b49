"""What a request body of the JSON API must be before anything reads it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from config.errors import API_PREFIX, Problem, respond
from config.middleware import GetResponse

METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
JSON = "application/json"


class BodyMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method in METHODS_WITH_BODY and request.path_info.startswith(API_PREFIX):
            status = refusal(request)
            return respond(request, Problem(status)) if status else None
        return None


def refusal(request: HttpRequest) -> int | None:
    """The status that refuses the body, if it is to be refused."""
    if not request.META.get("CONTENT_LENGTH"):
        # Django reads as much as this header says, so a body in chunks would be an empty one.
        return 411 if "HTTP_TRANSFER_ENCODING" in request.META else None
    kind = (request.content_type or JSON).lower()
    return None if kind == JSON or kind.endswith("+json") else 415
