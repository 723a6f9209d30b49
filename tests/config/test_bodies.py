"""Which bodies the JSON API refuses before it reads them."""

from __future__ import annotations

import json

import pytest
from django.test import Client

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
