"""The application's addresses plus some that fail in every way there is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from pydantic import BaseModel

from config import errors
from config.api import OrjsonParser, OrjsonRenderer
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as real
from storage import domain, meter
from storage.errors import InvalidCursor, StoreBusy, StoreUnavailable

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FAILURES: dict[str, Exception] = {
    "domain": domain.DomainError("Not like this."),
    "invalid": domain.Invalid("Look below.", fields={"name": ["Name it.", "And well."]}),
    "unauthenticated": domain.Unauthenticated(),
    "forbidden": domain.Forbidden(),
    "not-found": domain.NotFound("No such thing.", code="thing_not_found"),
    "conflict": domain.Conflict(),
    "precondition-failed": domain.PreconditionFailed(),
    "precondition-required": domain.PreconditionRequired(),
    "too-many": domain.TooMany(30),
    "store": StoreUnavailable("timeout"),
    "busy": StoreBusy("transaction"),
    "cursor": InvalidCursor("forged"),
    "http404": Http404("x"),
    "denied": PermissionDenied("x"),
    "bug": RuntimeError("secret detail"),
}

probe = NinjaAPI(urls_namespace="probe", renderer=OrjsonRenderer(), parser=OrjsonParser())
errors.register(probe)


class Thing(BaseModel):
    name: str
    price: Decimal


@probe.get("/fail/{name}")
def api_fail(request: HttpRequest, name: str) -> Any:
    raise FAILURES[name]


@probe.post("/things")
def api_thing(request: HttpRequest, thing: Thing) -> Any:
    return thing


@probe.get("/numbers")
def api_numbers(request: HttpRequest, limit: int) -> Any:
    return {"limit": limit}


def fail(request: HttpRequest, name: str) -> HttpResponse:
    if name == "suspicious":
        raise SuspiciousOperation("x")
    raise FAILURES[name]


@require_GET
def address(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.client_address} {request.is_secure()}")  # type: ignore[attr-defined]


def reads(request: HttpRequest, word: str) -> HttpResponse:
    meter.record("GetItem", "products", 0.5, 1.0)
    meter.record("Query", "products", 1.5, 1.0)
    return HttpResponse("read")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def rows() -> Iterator[str]:
        for _ in range(3):
            meter.record("Query", "products", 2.0, 1.0)
            yield "row\n"

    return StreamingHttpResponse(rows())


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse("posted")


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [
    path("probe/fail/<str:name>/", fail),
    path("probe/address/", address, name="probe-address"),
    path("probe/reads/<str:word>/", reads, name="probe-reads"),
    path("probe/stream/", stream),
    path("probe/form/", form),
    path("probe/page/", page),
    path("api/probe/", probe.urls),
    *real,
]
