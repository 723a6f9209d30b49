"""Sending a request twice, or with others at the same moment, over the JSON API."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from accounts.entities import User
from tests.catalog.api_client import MUG, Api, fields_of, problem


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    """Results of `number` calls that start together, each in a thread of its own."""
    barrier = Barrier(number)

    def start(index: int) -> Any:
        barrier.wait()
        return act(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(start, range(number)))


def own_skus(user: User) -> list[str]:
    items = Api(user).get("", {"mine": True, "limit": 100}).json()["items"]
    return [item["sku"] for item in items]


def test_the_same_key_and_body_give_the_same_product(alice: User) -> None:
    first = Api(alice).post(MUG, Idempotency_Key="order-1")
    reordered = dict(reversed(MUG.items()))

    second = Api(alice).post(reordered, Idempotency_Key="order-1")

    assert second.status_code == 201
    assert second.json() == first.json()
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["ETag"] == first.headers["ETag"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert own_skus(alice) == ["MUG-1"]


def test_a_repetition_answers_with_the_product_as_it_is_now(alice: User) -> None:
    first = Api(alice).post(MUG, Idempotency_Key="k")
    address = f"/{first.json()['id']}"
    changed = Api(alice).patch(address, {"name": "Cup"}, If_Match=first.headers["ETag"])

    assert Api(alice).post(MUG, Idempotency_Key="k").json() == changed.json()
    Api(alice).delete(address, If_Match=changed.headers["ETag"])
    problem(Api(alice).post(MUG, Idempotency_Key="k"), 404, "product_not_found")


def test_the_same_key_with_another_body_is_a_conflict(alice: User) -> None:
    Api(alice).post(MUG, Idempotency_Key="k")

    response = Api(alice).post({**MUG, "sku": "MUG-2"}, Idempotency_Key="k")

    document = problem(response, 409, "idempotency_key_reused")
    assert "Idempotency-Key" in document["detail"]
    assert own_skus(alice) == ["MUG-1"]


def test_a_key_belongs_to_one_person(alice: User, charlie: User) -> None:
    first = Api(alice).post(MUG, Idempotency_Key="k")

    second = Api(charlie).post(MUG, Idempotency_Key="k")

    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


def test_a_key_whose_request_was_refused_can_be_used_again(alice: User) -> None:
    problem(Api(alice).post({**MUG, "price": "-1"}, Idempotency_Key="k"), 422, "invalid")

    response = Api(alice).post(MUG, Idempotency_Key="k")

    assert response.status_code == 201
    assert "Idempotent-Replayed" not in response.headers


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "ñ"])
def test_a_key_is_1_to_255_visible_characters(alice: User, key: str) -> None:
    response = Api(alice).post(MUG, Idempotency_Key=key)

    assert fields_of(problem(response, 422, "invalid")) == {"Idempotency-Key"}
    assert Api(alice).post(MUG, Idempotency_Key="!" * 255).status_code == 201


def test_sixteen_requests_at_once_with_one_key_make_one_product(alice: User) -> None:
    apis = [Api(alice) for _ in range(16)]

    responses = at_once(16, lambda index: apis[index].post(MUG, Idempotency_Key="k"))

    assert [response.status_code for response in responses] == [201] * 16
    assert len({response.json()["id"] for response in responses}) == 1
    replayed = [response.headers.get("Idempotent-Replayed") for response in responses]
    assert replayed.count(None) == 1
    assert own_skus(alice) == ["MUG-1"]


def test_sixteen_requests_at_once_for_one_sku_make_one_product(alice: User) -> None:
    apis = [Api(alice) for _ in range(16)]

    responses = at_once(16, lambda index: apis[index].post(MUG))

    assert sorted(response.status_code for response in responses) == [201] + [409] * 15
    assert {r.json()["code"] for r in responses if r.status_code == 409} == {"sku_taken"}
    assert own_skus(alice) == ["MUG-1"]


def test_of_changes_to_one_version_at_once_one_wins_and_the_others_see_it(alice: User) -> None:
    made = Api(alice).made()
    apis = [Api(alice) for _ in range(8)]

    responses = at_once(
        8,
        lambda index: apis[index].patch(
            f"/{made['id']}", {"name": f"Mug of {index}"}, If_Match=made["etag"]
        ),
    )

    assert sorted(response.status_code for response in responses) == [200] + [412] * 7
    winner = next(response for response in responses if response.status_code == 200)
    for loser in responses:
        if loser is not winner:
            assert problem(loser, 412, "product_changed")["current"] == winner.json()
    assert Api(alice).get(f"/{made['id']}").json() == winner.json()


def test_of_deletions_at_once_all_but_one_hear_that_it_is_gone(alice: User) -> None:
    made = Api(alice).made()
    apis = [Api(alice) for _ in range(6)]

    responses = at_once(
        6, lambda index: apis[index].delete(f"/{made['id']}", If_Match=made["etag"])
    )

    assert sorted(response.status_code for response in responses) == [204] + [404] * 5
