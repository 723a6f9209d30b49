"""The OpenAPI document: well formed, committed, complete, and what docs/api.md describes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config.openapi import PROBLEM_TYPE
from tests.catalog.openapi import METHODS, TYPES, operations, resolve

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
SNAPSHOT = GUIDE.with_name("openapi.json")
KEYWORDS = {
    *("type", "title", "description", "default", "examples", "format", "enum", "pattern"),
    *("minLength", "maxLength", "minimum", "maximum", "items", "maxItems", "properties"),
    *("minItems", "const", "required", "additionalProperties", "anyOf", "allOf", "$ref"),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/openapi.json").json()
    return found


def test_the_committed_document_is_the_served_one(document: dict[str, Any]) -> None:
    assert json.loads(SNAPSHOT.read_text()) == document, "run `make openapi`, review the difference"


def test_the_document_has_the_parts_openapi_asks_for(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert set(document["components"]["securitySchemes"]) == {"BearerAuth"}
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_operation_is_well_formed(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert method in METHODS
        assert operation["summary"]
        assert operation["tags"]
        parameters = operation.get("parameters", [])
        in_path = {p["name"] for p in parameters if p["in"] == "path" and p["required"]}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        for parameter in parameters:
            assert parameter.keys() <= {"name", "in", "required", "schema", "description"}
        names = [(p["in"], p["name"]) for p in parameters]
        assert len(names) == len(set(names))
        assert not any("_" in name for place, name in names if place == "header")
        for requirement in operation.get("security", []):
            assert requirement.keys() <= document["components"]["securitySchemes"].keys()
        assert "requestBody" in operation or method not in ("put", "patch")
        assert "requestBody" not in operation or method in ("post", "put", "patch")


def test_every_operation_declares_its_answers(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        responses = operation["responses"]
        assert all(re.fullmatch("[1-5][0-9][0-9]", status) for status in responses)
        assert all(response["description"] for response in responses.values())
        expected = {"503"}
        if {"BearerAuth": []} in operation.get("security", []):
            expected.add("401")
        if "requestBody" in operation:
            expected |= {"400", "422"}
        if "{product_id}" in path:
            expected.add("404")
        if "{product_id}" in path and method in ("put", "patch", "delete"):
            expected |= {"403", "412", "428"}
        assert expected <= responses.keys(), (method, path)
        for status, response in responses.items():
            kinds = set(response.get("content", {}))
            assert kinds == ({PROBLEM_TYPE} if status >= "400" else kinds - {PROBLEM_TYPE})


def test_every_schema_is_well_formed(document: dict[str, Any]) -> None:
    checked = 0

    def check(schema: dict[str, Any]) -> None:
        nonlocal checked
        checked += 1
        assert schema.keys() <= KEYWORDS, schema.keys() - KEYWORDS
        assert resolve(document, schema)
        assert schema.get("type", "string") in TYPES
        assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
        if "pattern" in schema:
            re.compile(schema["pattern"])
        for inner in (
            *schema.get("properties", {}).values(),
            *schema.get("anyOf", ()),
            *schema.get("allOf", ()),
            *([schema["items"]] if "items" in schema else ()),
        ):
            check(inner)

    for name, schema in document["components"]["schemas"].items():
        assert schema["title"] == name
        check(schema)
    for _, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            check(parameter["schema"])
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for content in body.get("content", {}).values():
                check(content["schema"])
            for header in body.get("headers", {}).values():
                check(header["schema"])
    assert checked > 100


def test_the_guide_names_every_operation(document: dict[str, Any]) -> None:
    guide = GUIDE.read_text()
    for method, path, operation in operations(document):
        assert f"`{method.upper()} {path}`" in guide, operation["operationId"]


def test_the_guide_names_every_code_that_the_catalogue_and_the_people_answer() -> None:
    from accounts import errors as of_people
    from accounts.second_factor import errors as of_second_factors
    from catalog import errors as of_catalogue
    from config.errors import CODES
    from storage import domain, idempotency

    codes = {
        error.code
        for module in (of_people, of_second_factors, of_catalogue, idempotency)
        for error in vars(module).values()
        if isinstance(error, type) and issubclass(error, domain.DomainError)
    }
    named = set(re.findall(r"^\| `(\w+)` ", GUIDE.read_text(), re.MULTILINE))
    only_in_pages = {
        *("error", "unavailable", "not_the_owner", "csrf_failed", "not_confirmed"),
        "no_second_factor",
    }
    assert codes | set(CODES.values()) | {"invalid_cursor", "malformed_request"} <= (
        named | only_in_pages
    )


def test_the_documentation_page_loads_from_this_site_only() -> None:
    response = Client().get("/api/v1/docs")

    page = response.content.decode()
    assert response.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(re.match(r"[/#]|http://testserver/", address) for address in addresses)
    assert "unsafe" not in response.headers["Content-Security-Policy"]
