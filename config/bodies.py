"""What a request body must be before anything reads it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from config.errors import API_PREFIX, Problem, respond
from config.middleware import GetResponse

METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
JSON = "application/json"


class BodyMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Before any view, for CSRF protection reads forms, whoever sends them, into files.
        if request.method in METHODS_WITH_BODY and is_too_large(request):
            return respond(request, Problem(413))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method in METHODS_WITH_BODY and request.path_info.startswith(API_PREFIX):
            status = refusal(request)
            return respond(request, Problem(status)) if status else None
        return None


def is_too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    # A length that is no number counts as none: then Django reads nothing.
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0
    if size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return False
    return size > settings.IMPORT_UPLOAD_MAX_SIZE or request.path != reverse(
        "catalog:import-upload"
    )


def refusal(request: HttpRequest) -> int | None:
    """The status that refuses the body, if it is to be refused."""
    if not request.META.get("CONTENT_LENGTH"):
        # Django reads as much as this header says, so a body in chunks would be an empty one.
        return 411 if "HTTP_TRANSFER_ENCODING" in request.META else None
    kind = (request.content_type or JSON).lower()
    return None if kind == JSON or kind.endswith("+json") else 415
