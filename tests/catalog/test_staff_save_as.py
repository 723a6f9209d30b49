"""Publishing, archiving and taking back from the form saves what was typed as well."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from catalog import services
from catalog.entities import Product, Status
from tests.catalog.pages import text_of
from tests.catalog.staff import page_of, shown, stored

if TYPE_CHECKING:
    from accounts.entities import User

LogIn = Callable[["User"], Client]


@pytest.mark.parametrize("status", Status)
def test_the_typed_price_and_the_new_state_are_saved_together(
    alice: User, mug: Product, log_in: LogIn, status: Status
) -> None:
    client = log_in(alice)
    form = {**shown(client.get(page_of(mug))), "price": "99.99", "save_as": status}
    assert client.post(page_of(mug), form).status_code == 302
    data = stored(alice, mug).data
    assert (data.price, data.status) == (Decimal("99.99"), status)


def test_a_refused_form_is_not_published(alice: User, mug: Product, log_in: LogIn) -> None:
    client = log_in(alice)
    form = {**shown(client.get(page_of(mug))), "price": "free", "save_as": "archived"}
    response = client.post(page_of(mug), form)
    assert response.status_code == 422
    assert stored(alice, mug) == mug
    assert shown(response)["price"] == "free"


def test_an_unknown_state_is_passed_over(alice: User, mug: Product, log_in: LogIn) -> None:
    client = log_in(alice)
    form = {**shown(client.get(page_of(mug))), "name": "Red mug", "save_as": "burnt"}
    assert client.post(page_of(mug), form).status_code == 302
    assert stored(alice, mug).data.status is mug.data.status
    assert stored(alice, mug).data.name == "Red mug"


def test_a_lost_race_publishes_nothing(alice: User, mug: Product, log_in: LogIn) -> None:
    client = log_in(alice)
    form = {**shown(client.get(page_of(mug))), "name": "Mine", "save_as": "archived"}
    services.change_product(
        actor=alice.actor, product_id=mug.id, raw={"name": "Theirs"}, version=mug.version
    )
    response = client.post(page_of(mug), form)
    assert response.status_code == 409
    assert "Theirs" in text_of(response)
    assert stored(alice, mug).data.status is mug.data.status
