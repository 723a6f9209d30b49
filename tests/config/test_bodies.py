"""Which bodies the JSON API refuses before it reads them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

ADDRESS = "/api/probe/things"
BODY = '{"name": "Mug", "price": "12.50"}'


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/json; charset=utf-8", "application/merge-patch+json", ""],
)
def test_json_is_read(probes: Client, kind: str) -> None:
    assert probes.generic("POST", ADDRESS, BODY, kind).status_code == 200


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
)
def test_another_content_type_is_a_415(probes: Client, kind: str) -> None:
    answer = probes.generic("POST", ADDRESS, BODY, kind)
    assert answer.status_code == 415
    assert answer["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.content)
    assert problem["code"] == "unsupported_media_type"
    assert "application/json" in problem["detail"]


def test_a_body_in_chunks_is_a_411_and_not_an_empty_body(probes: Client) -> None:
    answer = probes.generic(
        "POST", ADDRESS, content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )
    assert answer.status_code == 411
    problem = json.loads(answer.content)
    assert problem["code"] == "length_required"
    assert "Content-Length" in problem["detail"]


def test_no_body_at_all_says_what_is_missing(probes: Client) -> None:
    answer = probes.post(ADDRESS, content_type="application/json")
    assert answer.status_code == 422


def test_pages_take_forms(probes: Client) -> None:
    assert probes.post("/probe/form/", {"name": "Mug"}).status_code == 200


FORM = "multipart/form-data; boundary=x"


class Unread(io.BytesIO):
    """A body that must not be read: it is larger than anybody may send."""

    def read(self, *_args: object) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("/accounts/login/", 40_000_000),
        ("/accounts/login/", 300_000),
        ("/staff/products/import/", 12_000_000),
        ("/nowhere/", 40_000_000),
        (ADDRESS, 300_000),
    ],
)
def test_a_body_that_is_too_large_is_refused_unread(
    settings: Settings, address: str, size: int
) -> None:
    settings.ROOT_URLCONF = "tests.config.urls"
    browser = Client(enforce_csrf_checks=True)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    environ: dict[str, Any] = {"CONTENT_LENGTH": str(size), "wsgi.input": Unread()}
    answer = browser.generic("POST", address, b"", FORM, **environ)
    assert answer.status_code == 413
    if address == ADDRESS:
        assert json.loads(answer.content)["code"] == "too_large"
    else:
        assert "That is too large" in answer.content.decode()


def test_a_length_on_a_get_is_no_body(probes: Client) -> None:
    assert probes.get("/probe/address/", CONTENT_LENGTH="40000000").status_code == 200
