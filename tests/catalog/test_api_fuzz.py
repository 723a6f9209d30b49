"""Requests made from the OpenAPI document itself, good ones and spoiled ones: whatever comes, the
answer is one that the document declares, and never a 500."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.attempts import forget_person
from accounts.entities import User
from config.api import api as served
from tests.catalog.api_client import Api
from tests.catalog.openapi import findings, json_values, operations, values

DOCUMENT = json.loads(json.dumps(served.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = operations(DOCUMENT)
HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)

NO_PRODUCT = {"If-Match": '"of-nothing-1"', "If-None-Match": '"of-nothing-1"'}


def parts(operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
    return [p for p in operation.get("parameters", []) if p["in"] == place]


@st.composite
def requests(draw: st.DrawFn, operation: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """Path, query, headers and body; each value fits its schema or is anything at all."""

    def either(good: st.SearchStrategy[Any], bad: st.SearchStrategy[Any]) -> Any:
        return draw(good if draw(st.integers(0, 3)) else bad)

    path = {
        p["name"]: draw(st.just(known[p["name"]]) | st.text(min_size=1, max_size=30))
        for p in parts(operation, "path")
    }
    query = {
        p["name"]: either(values(DOCUMENT, p["schema"]), st.text(max_size=40))
        for p in parts(operation, "query")
        if draw(st.booleans())
    }
    headers = {
        p["name"].replace("-", "_"): either(st.just(known[p["name"]]), HEADER_TEXT)
        for p in parts(operation, "header")
        if draw(st.booleans())
    }
    body = None
    if "requestBody" in operation:
        good = values(DOCUMENT, operation["requestBody"]["content"]["application/json"]["schema"])
        body = either(good, json_values)
        if isinstance(body, dict) and not draw(st.integers(0, 2)):
            field = draw(st.sampled_from([*body, "extra"]))
            body[field] = draw(json_values)
    return {"path": path, "query": query, "headers": headers, "body": body}


@pytest.mark.parametrize(
    "method, path, operation", OPERATIONS, ids=[o["operationId"] for _, _, o in OPERATIONS]
)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), logged_in=st.sampled_from([True, True, True, False]))
def test_whatever_comes_is_answered_as_documented(
    alice: User, method: str, path: str, operation: Any, data: st.DataObject, logged_in: bool
) -> None:
    api = Api(alice)
    known = {
        **(product_of(api) if "/products" in path else NO_PRODUCT),
        "session_id": "a-session-of-nobody",
        "store_id": "STORE-of-nobody",
        "request_id": "ofnobodyofnobody",
        "answer_id": "ANSWER-of-nobody",
        "article_id": "ARTICLE-of-nobody",
        "person_id": "USER-of-nobody",
        "invitation_id": "INVITATION-of-nobody",
        "token_id": "a-token-of-nobody",
        "role_id": "ROLE-of-nobody",
        "Idempotency-Key": "key",
    }
    request = data.draw(requests(operation, known))
    address = path.format(**{name: quote(text, safe="") for name, text in request["path"].items()})
    body = None if request["body"] is None else json.dumps(request["body"]).encode()

    response = (api if logged_in else Api()).send(
        method.upper(), address, body, query=drop_null(request["query"]), **request["headers"]
    )

    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        # Guesses of her password must not keep her out of what comes next.
        forget_person(alice.email_key)
    declared = operation["responses"].get(str(response.status_code))
    if declared is None:
        # A slash or nothing in a path parameter is another address.
        assert response.status_code in (404, 405), (response.status_code, response.content)
        return
    for kind, content in declared.get("content", {}).items():
        assert response.headers["Content-Type"].startswith(kind)
        assert findings(DOCUMENT, content["schema"], json.loads(content_of(response))) == []


def product_of(api: Api) -> dict[str, str]:
    """One that is there, and the tag of its version."""
    existing = api.get("", {"mine": True, "limit": 1}).json()["items"]
    product_id = existing[0]["id"] if existing else api.made(sku="FUZZED")["id"]
    stored = api.get(f"/{product_id}")
    tag = stored.headers["ETag"]
    sku = stored.json()["sku"]
    return {"product_id": product_id, "sku": sku, "If-Match": tag, "If-None-Match": tag}


def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def drop_null(query: dict[str, Any]) -> dict[str, Any]:
    def text(value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        return value

    return {name: text(value) for name, value in query.items() if value is not None}
