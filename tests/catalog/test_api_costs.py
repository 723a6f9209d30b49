"""What the JSON API asks of DynamoDB: the calls and the capacity of each operation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.entities import User
from catalog.tables import ListingItem, raw_entries
from storage.meter import Meter, measure
from tests.catalog.api_client import MUG, Api
from tests.catalog.products import product, put_raw

KITCHEN: dict[str, Any] = {"category": ("Kitchen", "Mugs"), "brand": "Casa Azul"}


def spent(act: Callable[[], Any], status: int = 200) -> Meter:
    with measure() as meter:
        response = act()
    assert response.status_code == status, response.content
    return meter


def operations(meter: Meter) -> list[str]:
    return [call.operation for call in meter.calls]


@pytest.mark.parametrize("size", [30, 1000])
def test_a_public_list_is_one_query_whatever_the_size(alice: User, size: int) -> None:
    Api(alice).made(**{**KITCHEN, "category": ["Kitchen", "Mugs"]}, status="public")
    put_raw(
        ListingItem,
        (
            entry
            for number in range(size)
            for entry in raw_entries(product(number, **KITCHEN)).values()
        ),
    )
    for query in ({}, {"category": "kitchen/mugs"}, {"brand": "casa-azul"}):
        for sort in ("name", "price", "-price", "newest"):
            meter = spent(partial(Api().get, "", {**query, "sort": sort}))
            assert operations(meter) == ["Query"]
            assert meter.capacity <= 3
    for query in ({"q": "product 000007"}, {"brand": "casa-azul", "category": "kitchen"}):
        meter = spent(partial(Api().get, "", query))
        assert 1 <= len(meter.calls) <= 3
        assert set(operations(meter)) == {"Query"}


def test_a_person_is_one_read_more(alice: User) -> None:
    api = Api(alice)
    api.made(status="public")

    assert operations(spent(lambda: api.get())) == ["BatchGetItem", "Query"]
    own = operations(spent(lambda: api.get("", {"mine": True})))
    assert own[0] == "BatchGetItem"
    assert set(own[1:]) == {"Query"}
    assert len(own) <= 7


def test_reading_a_product_is_one_read(alice: User) -> None:
    made = Api(alice).made(status="public")
    address = f"/{made['id']}"

    meter = spent(lambda: Api().get(address))
    assert operations(meter) == ["GetItem"]
    assert meter.capacity <= 0.5
    assert operations(spent(lambda: Api().get(address, If_None_Match=made["etag"]), 304)) == [
        "GetItem"
    ]
    own = operations(spent(lambda: Api(alice).get(address)))
    assert own == ["BatchGetItem", "GetItem"]
    assert operations(spent(lambda: Api().get("/by-sku/MUG-1"))) == ["Query"]
    organisation = {"organisation": alice.org_id}
    assert operations(spent(lambda: Api().get("/by-sku/MUG-1", organisation))) == ["GetItem"] * 2
    assert operations(spent(lambda: Api().get("/brands"))) == ["Query"]
    assert operations(spent(lambda: Api().get("/categories"))) == ["Query"]


@pytest.mark.parametrize("path", ["/x", "/sku%23ORG%23MUG-1", "/by-sku/sp%20ace"])
def test_what_cannot_be_there_is_not_looked_for(store: None, path: str) -> None:
    assert spent(lambda: Api().get(path), 404).calls == []


def test_a_write_is_one_transaction(alice: User) -> None:
    api = Api(alice)

    create = spent(lambda: api.post(MUG), 201)
    assert operations(create) == ["BatchGetItem", "TransactWriteItems"]
    made = api.made(sku="MUG-2")
    address = f"/{made['id']}"
    change = spent(lambda: api.patch(address, {"name": "Cup"}, If_Match=made["etag"]))
    assert operations(change) == ["BatchGetItem", "GetItem", "TransactWriteItems"]
    etag = api.get(address).headers["ETag"]
    nothing = spent(lambda: api.patch(address, {}, If_Match=etag))
    assert operations(nothing) == ["BatchGetItem", "GetItem"]
    delete = spent(lambda: api.delete(address, If_Match=etag), 204)
    assert operations(delete) == ["BatchGetItem", "GetItem", "TransactWriteItems"]
    for meter in (create, change, delete):
        assert meter.capacity <= 60


def test_repeating_with_a_key_writes_nothing(alice: User) -> None:
    api = Api(alice)
    first = spent(lambda: api.post(MUG, Idempotency_Key="k"), 201)
    again = spent(lambda: api.post(MUG, Idempotency_Key="k"), 201)

    assert operations(first) == ["BatchGetItem", "GetItem", "TransactWriteItems"]
    assert operations(again) == ["BatchGetItem", "GetItem", "GetItem"]


def test_without_credentials_a_write_costs_nothing(store: None) -> None:
    assert spent(lambda: Api().post(MUG), 401).calls == []
