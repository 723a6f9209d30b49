"""One product over the JSON API: who may read and change it, and which version."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.entities import User
from tests.catalog.api_client import MUG, PRODUCTS, PUBLIC_MUG, Api, fields_of, problem

FULL = {
    **MUG,
    "description": "Holds coffee.\nAnd tea.",
    "brand": "Casa Azul",
    "category": ["Kitchen", "Mugs"],
    "image_url": "https://img.example.com/mug.jpg",
    "gtin": "4006381333931",
    "stock": "low_stock",
    "status": "public",
}


def test_a_created_product_is_answered_whole_and_found_at_its_location(alice: User) -> None:
    response = Api(alice).post(FULL)

    assert response.status_code == 201
    product = response.json()
    assert {name: product[name] for name in FULL} == FULL
    assert product["organisation"] == alice.org_id
    assert product["slug"] == "blue-mug"
    assert product["version"] == 1
    assert product["created_at"] == product["updated_at"] == product["published_at"]
    assert product["created_at"].endswith("Z")
    assert response.headers["Location"] == f"{PRODUCTS}/{product['id']}"
    assert "Idempotent-Replayed" not in response.headers
    found = Api().get(response.headers["Location"])
    assert found.json() == product
    assert found.headers["ETag"] == response.headers["ETag"]


def test_what_is_left_out_or_null_has_its_default(alice: User) -> None:
    empty = {"description": "", "brand": "", "category": [], "image_url": "", "gtin": ""}
    defaults = {**empty, "stock": "in_stock", "status": "draft", "published_at": None}
    api = Api(alice)

    left_out = api.made()
    null = api.made(sku="MUG-2", **dict.fromkeys([*empty, "stock", "status"]))

    assert {name: left_out[name] for name in defaults} == defaults
    assert {name: null[name] for name in defaults} == defaults


@pytest.mark.parametrize(
    "price, currency, stored",
    [("12.5", "EUR", "12.50"), (12, "EUR", "12.00"), ("0", "JPY", "0"), ("1.234", "KWD", "1.234")],
)
def test_a_price_is_text_or_a_whole_number_and_comes_back_exact(
    alice: User, price: object, currency: str, stored: str
) -> None:
    made = Api(alice).made(price=price, currency=currency, status="public")

    assert made["price"] == stored
    assert Api().get(f"/{made['id']}").json()["price"] == stored
    assert Api().get().json()["items"][0]["price"] == stored


def test_a_sku_is_unique_in_its_organisation_only(alice: User, charlie: User) -> None:
    Api(alice).made()

    document = problem(Api(alice).post({**MUG, "sku": " mug-1 "}), 409, "sku_taken")

    assert fields_of(document) == {"sku"}
    assert Api(charlie).made()["sku"] == "MUG-1"


def test_drafts_exist_for_their_organisation_only(alice: User, bob: User, charlie: User) -> None:
    draft = Api(alice).made()
    address = f"/{draft['id']}"

    assert Api(alice).get(address).status_code == 200
    assert Api(bob).get(address).status_code == 200
    problem(Api(charlie).get(address), 404, "product_not_found")
    problem(Api().get(address), 404, "product_not_found")
    problem(Api(charlie).get("/by-sku/MUG-1"), 404, "product_not_found")
    problem(Api().get("/by-sku/MUG-1", {"organisation": alice.org_id}), 404, "product_not_found")


def test_everybody_reads_what_is_public(alice: User, bob: User, charlie: User) -> None:
    address = f"/{Api(alice).made(status='public')['id']}"

    for api in (Api(), Api(alice), Api(bob), Api(charlie)):
        assert api.get(address).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", ""])
def test_credentials_that_are_wrong_are_refused_where_none_are_needed(
    alice: User, token: str
) -> None:
    address = f"/{Api(alice).made(status='public')['id']}"
    for path in ("", address, "/by-sku/MUG-1"):
        response = Api().get(path, Authorization=f"Bearer {token}")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert Api().get("", Authorization="Basic YTpi").status_code == 401


def test_a_sku_is_found_in_any_case_and_with_slashes(alice: User) -> None:
    made = Api(alice).made(sku="set/MUG_1.a", status="public")

    for sku in ("set/MUG_1.a", "SET/mug_1.A", "SET%2FMUG_1.A"):
        assert Api().get(f"/by-sku/{sku}").json()["id"] == made["id"]


def test_a_sku_of_several_organisations_means_ones_own_first(alice: User, charlie: User) -> None:
    older = Api(charlie).made(status="public")
    own = Api(alice).made()

    assert Api(alice).get("/by-sku/mug-1").json()["id"] == own["id"]
    assert Api().get("/by-sku/mug-1").json()["id"] == older["id"]
    of_charlie = Api(alice).get("/by-sku/mug-1", {"organisation": charlie.org_id})
    assert of_charlie.json()["id"] == older["id"]


@pytest.mark.parametrize("path", ["/by-sku/mug-1", "/{id}"])
def test_a_current_copy_is_not_sent_again(alice: User, path: str) -> None:
    made = Api(alice).made(status="public")
    path = path.format(**made)
    etag = made["etag"]

    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = Api().get(path, If_None_Match=known)
        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["ETag"] == etag
    assert Api().get(path, If_None_Match='"other"').status_code == 200
    Api(alice).patch(f"/{made['id']}", {"name": "Red mug"}, If_Match=etag)
    assert Api().get(path, If_None_Match=etag).status_code == 200


def test_the_head_of_an_answer_can_be_asked_for_alone(alice: User) -> None:
    made = Api(alice).made(status="public")

    response = Api().send("HEAD", f"/{made['id']}")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["ETag"] == made["etag"]
    assert Api().send("HEAD", "/nothing").status_code == 404


def test_what_a_person_may_see_is_not_kept_for_others(alice: User) -> None:
    address = f"/{Api(alice).made(status='public')['id']}"

    assert Api(alice).get(address).headers["Cache-Control"] == "private, no-cache"
    assert Api().get(address).headers["Cache-Control"] == "no-cache"


def test_replacing_says_everything_anew(alice: User) -> None:
    made = Api(alice).made(**{**FULL, "sku": "MUG-1"})

    response = Api(alice).put(f"/{made['id']}", {**MUG, "name": "Cup"}, If_Match=made["etag"])

    assert response.status_code == 200
    product = response.json()
    assert (product["name"], product["brand"], product["status"]) == ("Cup", "", "draft")
    assert product["version"] == 2
    assert response.headers["ETag"] == Api(alice).get(f"/{made['id']}").headers["ETag"]
    assert response.headers["ETag"] != made["etag"]


def test_changing_keeps_what_is_absent_and_clears_what_is_null(alice: User) -> None:
    made = Api(alice).made(**FULL)

    response = Api(alice).patch(
        f"/{made['id']}",
        {"price": "13.00", "brand": None, "category": None},
        If_Match=made["etag"],
    )

    product = response.json()
    expected = {**FULL, "price": "13.00", "brand": "", "category": []}
    assert {name: product[name] for name in FULL} == expected


def test_changing_nothing_leaves_the_version(alice: User) -> None:
    made = Api(alice).made(**FULL)

    for body in ({}, {"name": "Blue mug"}):
        response = Api(alice).patch(f"/{made['id']}", body, If_Match=made["etag"])
        assert response.status_code == 200
        assert response.headers["ETag"] == made["etag"]


def test_required_fields_cannot_be_cleared(alice: User) -> None:
    made = Api(alice).made()
    required = ("sku", "name", "price", "currency")

    response = Api(alice).patch(f"/{made['id']}", dict.fromkeys(required), If_Match=made["etag"])

    assert fields_of(problem(response, 422, "invalid")) == set(required)


def test_a_deleted_product_is_gone_and_its_sku_free(alice: User) -> None:
    made = Api(alice).made(status="public")

    response = Api(alice).delete(f"/{made['id']}", If_Match=made["etag"])

    assert (response.status_code, response.content) == (204, b"")
    problem(Api(alice).get(f"/{made['id']}"), 404, "product_not_found")
    problem(Api(alice).delete(f"/{made['id']}", If_Match=made["etag"]), 404, "product_not_found")
    assert Api().get().json()["items"] == []
    assert Api(alice).made()["id"] != made["id"]


def changes(api: Api, product: dict[str, Any], **headers: str) -> list[Any]:
    address = f"/{product['id']}"
    return [
        api.put(address, MUG, **headers),
        api.patch(address, {"name": "Cup"}, **headers),
        api.delete(address, **headers),
    ]


def test_a_change_must_name_the_version_it_saw(alice: User) -> None:
    made = Api(alice).made()

    for response in changes(Api(alice), made) + changes(Api(alice), made, If_Match="*"):
        problem(response, 428, "precondition_required")
    assert Api(alice).get(f"/{made['id']}").json()["version"] == 1


def test_a_stale_version_is_refused_with_what_is_stored_now(alice: User) -> None:
    made = Api(alice).made()
    changed = Api(alice).patch(f"/{made['id']}", {"name": "Cup"}, If_Match=made["etag"])

    for tag in (made["etag"], '"other"', "gibberish", f'"{made["id"]}-99999999999999999"'):
        for response in changes(Api(alice), made, If_Match=tag):
            document = problem(response, 412, "product_changed")
            assert document["current"] == changed.json()
            assert response.headers["ETag"] == changed.headers["ETag"]


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', "{} , W/{}"])
def test_a_version_may_come_in_a_list_or_weakened_by_a_proxy(alice: User, form: str) -> None:
    made = Api(alice).made()

    tags = form.format(made["etag"], made["etag"])

    assert Api(alice).patch(f"/{made['id']}", {}, If_Match=tags).status_code == 200


def test_other_peoples_products_cannot_be_changed(alice: User, bob: User, charlie: User) -> None:
    made = Api(alice).made(status="public")

    for response in changes(Api(charlie), made, If_Match=made["etag"]):
        problem(response, 404, "product_not_found")
    for response in changes(Api(bob), made, If_Match=made["etag"]):
        problem(response, 403, "permission_denied")
    for response in changes(Api(), made, If_Match=made["etag"]):
        problem(response, 401, "unauthenticated")
    problem(Api(bob).post(MUG), 403, "permission_denied")
    problem(Api().post(MUG), 401, "unauthenticated")
    assert Api().get(f"/{made['id']}").json()["version"] == 1


def test_a_change_to_a_taken_sku_is_a_conflict(alice: User) -> None:
    Api(alice).made()
    other = Api(alice).made(sku="MUG-2")

    for response in (
        Api(alice).put(f"/{other['id']}", MUG, If_Match=other["etag"]),
        Api(alice).patch(f"/{other['id']}", {"sku": "mug-1"}, If_Match=other["etag"]),
    ):
        assert fields_of(problem(response, 409, "sku_taken")) == {"sku"}


@pytest.mark.parametrize(
    "product_id",
    ["aaaaaaaaaaaaaaaa", "x", "sku%23{org}%23MUG-1", "%00", "a" * 3000, "..", "%F0%9F%92%A9"],
)
def test_ids_that_no_product_has_are_not_found(alice: User, product_id: str) -> None:
    Api(alice).post(PUBLIC_MUG)
    address = "/" + product_id.format(org=alice.org_id)

    problem(Api(alice).get(address), 404, "product_not_found")
    for response in changes(Api(alice), {"id": address[1:]}, If_Match='"x-1"'):
        problem(response, 404, "product_not_found")


@pytest.mark.parametrize("sku", ["NONE", "%00", "a" * 3000, "sp ace", "é", "/"])
def test_skus_that_no_product_has_are_not_found(alice: User, sku: str) -> None:
    for query in ({}, {"organisation": alice.org_id}, {"organisation": "x" * 3000}):
        problem(Api(alice).get(f"/by-sku/{sku}", query), 404, "product_not_found")
