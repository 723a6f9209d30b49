"""Stores as programs see them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.entities import User
from storage.meter import measure
from tests.accounts.actions import stored
from tests.accounts.stores.shops import HOURS, bind, chain, make
from tests.catalog.api_client import Api, fields_of, problem

STORES = "/api/v1/organisation/stores"
SHOP = {
    "name": "High Street",
    "number": "42",
    "time_zone": "Europe/Madrid",
    "address": {"lines": ["Plaza Mayor 1"], "city": "Madrid", "country": "ES"},
    "opening_hours": {
        "monday": ["09:00-13:00", "16:00-20:00"],
        "exceptions": [{"date": "2026-12-24"}],
    },
}


def path_of(body: dict[str, Any], action: str = "") -> str:
    return f"{STORES}/{body['id']}{action}"


def opened(user: User, **changes: Any) -> dict[str, Any]:
    response = Api(user).post({**SHOP, **changes}, STORES)
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def test_a_store_is_opened_and_read(alice: User, bob: User) -> None:
    response = Api(alice).post(SHOP, STORES)
    body = response.json()
    assert (response.status_code, response.headers["Location"]) == (201, path_of(body))
    assert response.headers["ETag"] == f'"{body["id"]}-1"'
    assert body["address"] == {**SHOP["address"], "region": "", "postal_code": ""}  # type: ignore[dict-item]
    assert body["opening_hours"]["monday"] == ["09:00-13:00", "16:00-20:00"]
    assert body["opening_hours"]["exceptions"] == [{"date": "2026-12-24", "times": []}]
    assert (body["active"], body["deleted_at"], body["version"]) == (True, None, 1)
    assert Api(bob).get(path_of(body)).json() == body
    etag = response.headers["ETag"]
    assert Api(bob).get(path_of(body), If_None_Match=etag).status_code == 304


def test_repeating_a_request_under_its_key_opens_one_store(alice: User) -> None:
    first = Api(alice).post(SHOP, STORES, Idempotency_Key="c0ffee")
    again = Api(alice).post(SHOP, STORES, Idempotency_Key="c0ffee")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = Api(alice).post({**SHOP, "number": "43"}, STORES, Idempotency_Key="c0ffee")
    problem(other, 409, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"time_zone": "Middle/Earth"}, "time_zone"),
        ({"address": {"country": "XX"}}, "country"),
        ({"address": {"street": "x"}}, "address.street"),
        ({"opening_hours": {"monday": ["9-13"]}}, "opening_hours.monday.0"),
        ({"opening_hours": {"monday": ["25:00-26:00"]}}, "opening_hours"),
        ({"opening_hours": {"monday": ["09:00-13:00", "12:00-14:00"]}}, "opening_hours"),
        ({"opening_hours": {"exceptions": [{"date": "Xmas"}]}}, "opening_hours.exceptions.0.date"),
        ({"opening_hours": {"exceptions": [{"date": "2026-12-24"}] * 2}}, "opening_hours"),
        ({"founded": 1999}, "founded"),
    ],
)
def test_what_is_wrong_is_said_by_field(alice: User, changes: dict[str, Any], field: str) -> None:
    response = Api(alice).post({**SHOP, **changes}, STORES)
    assert response.status_code == 422
    assert field in fields_of(response.json())


def test_a_number_is_used_once(alice: User) -> None:
    opened(alice)
    document = problem(Api(alice).post({**SHOP, "name": "B"}, STORES), 409, "store_number_taken")
    assert fields_of(document) == {"number"}


def test_a_change_names_the_version_that_was_seen(alice: User) -> None:
    body = opened(alice)
    api, path = Api(alice), path_of(body)
    problem(api.patch(path, {"name": "X"}), 428, "precondition_required")
    changed = api.patch(
        path,
        {"name": "Low Street", "address": None, "opening_hours": None},
        If_Match=f'"{body["id"]}-1"',
    )
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["number"]) == ("Low Street", "42")
    assert (changed.json()["address"]["city"], changed.json()["opening_hours"]) == ("", None)
    stale = api.patch(path, {"name": "Mine"}, If_Match=f'"{body["id"]}-1"')
    document = problem(stale, 412, "store_changed")
    assert document["current"] == changed.json()
    assert stale.headers["ETag"] == changed.headers["ETag"]


def test_a_deleted_store_can_be_restored(alice: User) -> None:
    body = opened(alice)
    api, path = Api(alice), path_of(body)
    assert api.delete(path, If_Match=f'"{body["id"]}-1"').status_code == 204
    assert api.get(STORES).json()["items"] == []
    assert len(api.get(STORES, {"state": "deleted"}).json()["items"]) == 1
    problem(api.patch(path, {"name": "X"}, If_Match=f'"{body["id"]}-2"'), 409, "store_deleted")
    restored = api.post(None, path_of(body, "/restore"))
    assert (restored.status_code, restored.json()["deleted_at"]) == (200, None)
    assert api.post(None, path_of(body, "/restore")).json() == restored.json()


def test_who_may_not_is_told_and_what_belongs_to_others_is_not_found(
    alice: User, bob: User, charlie: User
) -> None:
    own, body = make(alice, "Own"), opened(alice)
    path, etag = path_of(body), f'"{body["id"]}-1"'
    viewer = Api(bob)
    problem(viewer.post(SHOP, STORES), 403, "permission_denied")
    problem(viewer.patch(path, {"name": "X"}, If_Match=etag), 403, "permission_denied")
    problem(viewer.delete(path, If_Match=etag), 403, "permission_denied")
    problem(viewer.post(None, path_of(body, "/restore")), 403, "permission_denied")
    bind(stored(bob), own)
    for api in (Api(charlie), viewer):
        problem(api.get(path), 404, "store_not_found")
        problem(api.patch(path, {"name": "X"}, If_Match=etag), 404, "store_not_found")
        problem(api.delete(path, If_Match=etag), 404, "store_not_found")
    assert [item["name"] for item in viewer.get(STORES).json()["items"]] == ["Own"]
    problem(Api().get(STORES), 401, "unauthenticated")


def test_lists_turn_pages_of_one_query_each(alice: User) -> None:
    chain(alice.org_id, 25)
    api, cursor = Api(alice), None
    names: list[str] = []
    while cursor or not names:
        query = {"limit": 10, **({"cursor": cursor} if cursor else {})}
        with measure() as meter:
            page = api.get(STORES, query).json()
        assert [call.operation for call in meter.calls] == ["BatchGetItem", "Query"]
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert names == [f"Store {number:04}" for number in range(25)]
    problem(api.get(STORES, {"cursor": "x"}), 400, "invalid_cursor")


def test_hours_come_back_as_they_are_stored(alice: User) -> None:
    store = make(alice, opening_hours=HOURS)
    shown = Api(alice).get(f"{STORES}/{store.store_id}").json()["opening_hours"]
    assert shown == {**HOURS.to_json(), "exceptions": []}
