"""The JSON API as programs use it: one `Api` for each person."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from accounts.entities import User
from accounts.tokens import issue_token

PRODUCTS = "/api/v1/products"
MUG = {"sku": "MUG-1", "name": "Blue mug", "price": "12.50", "currency": "EUR"}
PUBLIC_MUG = {**MUG, "status": "public"}


class Api:
    """Sends and expects JSON; an unforeseen error is a 500 here, as it is for a program."""

    def __init__(self, user: User | None = None, *, token: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.token = issue_token(user).text if user else token

    def get(self, path: str = "", query: Any = None, **headers: str) -> Any:
        return self.send("GET", path, query=query, **headers)

    def post(self, body: Any, path: str = "", **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def send(
        self, method: str, path: str, body: Any = None, *, query: Any = None, **headers: str
    ) -> Any:
        """`path` goes on after /api/v1/products unless it begins with /api; bytes are sent as
        they are; header names have `_` for `-`."""
        path = path if path.startswith("/api") else PRODUCTS + path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token and "Authorization" not in named:
            named["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return self.client.generic(
            method,
            path,
            data or b"",
            content_type="application/json",
            headers=named,
            query_params=query,
        )

    def made(self, **fields: Any) -> dict[str, Any]:
        """A new product as the API answers it, with its ETag under `etag`."""
        response = self.post({**MUG, **fields})
        assert response.status_code == 201, response.content
        product: dict[str, Any] = response.json()
        return {**product, "etag": response.headers["ETag"]}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Asserts a problem document of this kind and returns it."""
    assert response.status_code == status, (response.status_code, response.content)
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == status
    assert document["code"] == code, document
    assert document["detail"]
    assert document["instance"]
    return document


def fields_of(document: dict[str, Any]) -> set[str]:
    return {error["field"] for error in document.get("errors", ())}
