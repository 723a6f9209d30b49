"""What the JSON API answers to what it cannot accept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from accounts.entities import User
from storage.configuration import configuration, configure
from tests.catalog.api_client import MUG, Api, fields_of, problem


def post(alice: User, **fields: Any) -> Any:
    return Api(alice).post({**MUG, **fields})


@pytest.mark.parametrize(
    "field, value",
    [
        ("sku", 1),
        ("sku", True),
        ("sku", None),
        ("sku", ""),
        ("sku", "sp ace"),
        ("sku", "x" * 65),
        ("name", 3.5),
        ("name", []),
        ("name", " "),
        ("name", "nul\x00"),
        ("name", "x" * 256),
        ("description", {"en": "x"}),
        ("description", "x" * 5001),
        ("description", "bell\x07"),
        ("brand", 0),
        ("currency", "EURO"),
        ("currency", 978),
        ("price", 12.5),
        ("price", True),
        ("price", None),
        ("price", [1]),
        ("price", ""),
        ("price", "12,50"),
        ("price", "12.505"),
        ("price", "-1"),
        ("price", -1),
        ("price", "NaN"),
        ("price", "Infinity"),
        ("price", "1e999999999"),
        ("price", "1e-999999999"),
        ("price", 10**30),
        ("category", "Kitchen/Mugs"),
        ("category", {"0": "Kitchen"}),
        ("category", ["a"] * 6),
        ("category", ["!"]),
        ("category", ["a/b"]),
        ("image_url", "javascript:alert(1)"),
        ("image_url", "//example.com/x.png"),
        ("gtin", 4006381333931),
        ("gtin", "4006381333932"),
        ("stock", "plenty"),
        ("stock", 1),
        ("status", False),
        ("status", "gone"),
        ("price_cents", 1250),
        ("id", "aaaaaaaaaaaaaaaa"),
        ("org_id", "ORG-1"),
        ("version", 7),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(
    alice: User, field: str, value: object
) -> None:
    made = Api(alice).made(sku="OTHER")
    address, match = f"/{made['id']}", {"If_Match": made["etag"]}

    for response in (
        post(alice, **{field: value}),
        Api(alice).put(address, {**MUG, field: value}, **match),
        Api(alice).patch(address, {field: value}, **match),
    ):
        assert fields_of(problem(response, 422, "invalid")) == {field}
    assert Api(alice).get(address).json()["version"] == 1


@pytest.mark.parametrize("level", [None, 1, ["Mugs"]])
def test_a_finding_inside_a_list_names_its_place(alice: User, level: object) -> None:
    response = post(alice, category=["Kitchen", level])

    assert fields_of(problem(response, 422, "invalid")) == {"category.1"}


def test_all_findings_come_at_once_with_codes_and_words(alice: User) -> None:
    document = problem(post(alice, sku="?", name="", gtin="1", status="x"), 422, "invalid")
    assert fields_of(document) == {"sku", "name", "gtin", "status"}
    assert all(error["message"] and error["code"] for error in document["errors"])

    document = problem(Api(alice).post({"sku": 1, "colour": "red"}), 422, "invalid")
    codes = {error["field"]: error["code"] for error in document["errors"]}
    missing = dict.fromkeys(("name", "price", "currency"), "missing")
    assert codes == {**missing, "sku": "string_type", "colour": "extra_forbidden"}


def test_fractions_are_refused_with_the_reason(alice: User) -> None:
    errors = problem(post(alice, price=12.5), 422, "invalid")["errors"]

    assert errors[0]["code"] == "price_fraction"
    assert '"12.50"' in errors[0]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'sku': 1}",
        b"\xff\xfe",
        b'{"sku": NaN}',
        b'{"sku": "\\ud800"}',
        b"[" * 100_000,
        b'{"sku": "a\x00b"}',
        b"sku=MUG-1&name=Mug",
        b"{} {}",
    ],
)
def test_what_is_not_json_is_malformed(alice: User, body: bytes) -> None:
    made = Api(alice).made()

    problem(Api(alice).post(body), 400, "malformed_request")
    for method in ("PUT", "PATCH"):
        response = Api(alice).send(method, f"/{made['id']}", body, If_Match=made["etag"])
        problem(response, 400, "malformed_request")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"MUG-1"', b"1", b"true"])
def test_a_body_that_is_no_object_is_refused(alice: User, body: bytes) -> None:
    problem(Api(alice).post(body), 422, "invalid")


def test_a_huge_body_is_refused_unread(alice: User) -> None:
    body = json.dumps({**MUG, "description": "x" * 300_000}).encode()

    problem(Api(alice).post(body), 413, "too_large")


def test_the_longest_product_is_accepted(alice: User) -> None:
    longest = {
        "sku": "S" * 64,
        "name": "💙" * 255,
        "description": "💙" * 5000,
        "brand": "💙" * 99 + "x",
        "category": ["💙" * 58 + str(level) for level in range(5)],
        "image_url": "https://example.com/" + "x" * 980,
        "price": "9999999998.9999",
        "currency": "CLF",
        "status": "public",
    }

    made = Api(alice).made(**longest)

    assert {name: made[name] for name in longest} == longest
    assert Api().get(f"/{made['id']}").json()["description"] == longest["description"]


def test_messages_are_in_the_language_of_the_request(alice: User) -> None:
    responses = [
        Api(alice).post({**MUG, "name": ""}, Accept_Language=language)
        for language in ("en", "es", "es-MX,en;q=0.5")
    ]

    english, spanish, mexican = [r.json()["errors"][0]["message"] for r in responses]
    assert english == "This field is required."
    assert spanish == mexican != english


@pytest.mark.parametrize("method, path", [("PUT", ""), ("DELETE", ""), ("POST", "/brands")])
def test_other_methods_are_not_allowed(store: None, method: str, path: str) -> None:
    response = Api().send(method, path)

    problem(response, 405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_addresses_that_do_not_exist_are_not_found(store: None) -> None:
    for path in ("/api/v1/nothing", "/api/v2/products", "/a/b/c"):
        problem(Api().get(path), 404, "not_found")


def test_without_its_store_the_api_says_when_to_come_back(alice: User) -> None:
    apis = Api(alice), Api()
    working = configuration()
    configure(replace(working, endpoint="http://127.0.0.1:9", max_attempts=1))
    try:
        for api in apis:
            for path in ("", "/aaaaaaaaaaaaaaaa", "/by-sku/X"):
                response = api.get(path)
                problem(response, 503, "store_unavailable")
                assert int(response.headers["Retry-After"]) > 0
        response = apis[0].post(MUG, Idempotency_Key="k")
        problem(response, 503, "store_unavailable")
    finally:
        configure(working)
    assert Api(alice).post(MUG, Idempotency_Key="k").status_code == 201
