"""The OpenAPI document of the JSON API, and the page that shows it."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation

from accounts.schemas import Problem
from config.api_reference import Reference, reference_of

PROBLEM_TYPE = "application/problem+json"
ERROR_EXAMPLE = """{
  "type": "about:blank",
  "title": "Unprocessable Entity",
  "status": 422,
  "detail": "Please correct the marked fields.",
  "code": "invalid",
  "instance": "0c9a1f6be2d4470d",
  "errors": [
    {"field": "price", "message": "Enter an amount such as 12.50.", "code": "invalid"}
  ]
}"""
# What may happen to any body before an operation sees it.
BODY_REFUSALS = (411, 413, 415)


class Document(OpenAPISchema):
    """As ninja writes it, but errors are problem documents and optional credentials optional."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        super().__init__(api, path_prefix)
        self._drop_unused_schemas()

    def _drop_unused_schemas(self) -> None:
        """The models that only bundle query parameters."""
        text = orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS).decode()
        for name in list(self.schemas):
            if f'"{REF_TEMPLATE.format(model=name)}"' not in text:
                del self.schemas[name]

    def operation_parameters(self, operation: Operation) -> list[dict[str, Any]]:
        """Without the examples that ninja copies from the schema: there they are a list, here
        they would have to be an object."""
        parameters: list[dict[str, Any]] = super().operation_parameters(operation)
        for parameter in parameters:
            parameter.pop("examples", None)
        return parameters

    def methods(self, operations: list[Operation]) -> dict[str, Any]:
        described: dict[str, Any] = super().methods(operations)
        described.pop("head", None)
        return described

    def request_body(self, operation: Operation) -> dict[str, Any]:
        """One that may be left out is its object all the same, without the default around it."""
        # Of an operation without a body it is None, whatever ninja declares.
        body: dict[str, Any] = super().request_body(operation)
        for content in body["content"].values() if body else ():
            for named in content["schema"].get("allOf", ()):
                content["schema"] = named
        return body

    def responses(self, operation: Operation) -> dict[int, dict[str, Any]]:
        result: dict[int, dict[str, Any]] = super().responses(operation)
        if self.request_body(operation):
            for status in BODY_REFUSALS:
                result.setdefault(status, {"description": HTTPStatus(status).phrase})
        for status, details in result.items():
            if status >= 400:
                content: dict[str, Any] = next(iter(details.get("content", {}).values()), {})
                details["content"] = {
                    PROBLEM_TYPE: {"schema": self._problem(content.get("schema"))}
                }
        return result

    def _problem(self, own: dict[str, Any] | None) -> dict[str, Any]:
        """`own` are the members that only this operation's problem has."""
        schema = Problem.model_json_schema(ref_template=REF_TEMPLATE, mode="serialization")
        self.add_schema_definitions({**schema.pop("$defs", {}), Problem.__name__: schema})
        reference = {"$ref": REF_TEMPLATE.format(model=Problem.__name__)}
        return reference if own in (None, reference) else {"allOf": [reference, own]}

    def operation_security(self, operation: Operation) -> list[dict[str, Any]] | None:
        security = super().operation_security(operation)
        if security and len(security) < len(operation.auth_callbacks):
            security.append({})
        return security


class Documented(NinjaAPI):
    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """Where there is GET there is HEAD, which ninja leaves out."""
        for router in self._get_bound_routers():
            for view in router.path_operations.values():
                for operation in view.operations:
                    if operation.methods == ["GET"]:
                        operation.methods.append("HEAD")
        return super().urls

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        if path_prefix is None:
            path_prefix = self.get_root_path(path_params or {})
        return _document(self, path_prefix)


class DocsPage(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        base = api.get_root_path(kwargs)
        reference = _reference(api, base, request.build_absolute_uri("/").rstrip("/"))
        context = {
            "reference": reference,
            "login": reference.operation("log_in"),
            "base_url": request.build_absolute_uri(base).rstrip("/"),
            "error_example": ERROR_EXAMPLE,
            "document_url": self.get_openapi_url(api, kwargs),
        }
        return render(request, "api/docs.html", context)


@lru_cache(maxsize=8)
def _document(api: NinjaAPI, base: str) -> Document:
    """It does not change while the process runs, and takes seconds to make."""
    return Document(api, base)


@lru_cache(maxsize=8)
def _reference(api: NinjaAPI, base: str, origin: str) -> Reference:
    document = orjson.loads(orjson.dumps(_document(api, base), option=orjson.OPT_NON_STR_KEYS))
    return reference_of(document, origin)
