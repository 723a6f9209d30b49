"""Alice owns the shop, Bob may look, Charlie belongs elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from catalog.entities import Product
from tests.catalog.staff import TYPED, page_of, stored

if TYPE_CHECKING:
    from accounts.entities import User

LogIn = Callable[["User"], Client]


CHANGES: tuple[tuple[str, str], ...] = (
    ("get", "product-edit"),
    ("post", "product-edit"),
    ("post", "product-status"),
    ("post", "product-duplicate"),
    ("get", "product-delete"),
    ("post", "product-delete"),
)


@pytest.mark.parametrize(("method", "name"), CHANGES)
def test_viewers_may_not_change_and_others_find_nothing(
    alice: User, bob: User, charlie: User, mug: Product, log_in: LogIn, method: str, name: str
) -> None:
    data = {**TYPED, "status": "public", "version": mug.version}
    send = {
        user.name: getattr(log_in(user), method)(page_of(mug, name), data)
        for user in (bob, charlie)
    }
    assert send["Bob"].status_code == 403
    assert send["Charlie"].status_code == 404
    assert stored(alice, mug) == mug
    assert getattr(log_in(alice), method)(page_of(mug, name), data).status_code in (200, 302)


def test_viewers_may_not_create_or_change_several(
    alice: User, bob: User, mug: Product, log_in: LogIn
) -> None:
    client = log_in(bob)
    assert client.get(reverse("catalog:product-create")).status_code == 403
    assert client.post(reverse("catalog:product-create"), TYPED).status_code == 403
    ticked = {"product": [mug.id], "status": "public"}
    assert client.post(reverse("catalog:products-status"), ticked).status_code == 403
    assert stored(alice, mug) == mug


def test_history_is_for_the_organisation_only(
    bob: User, charlie: User, mug: Product, log_in: LogIn
) -> None:
    assert log_in(bob).get(page_of(mug, "product-history")).status_code == 200
    assert log_in(charlie).get(page_of(mug, "product-history")).status_code == 404


@pytest.mark.parametrize("name", ["product-status", "product-duplicate"])
def test_changes_are_not_made_by_following_a_link(
    alice: User, mug: Product, log_in: LogIn, name: str
) -> None:
    assert log_in(alice).get(page_of(mug, name)).status_code == 405


def test_changes_need_the_token_of_the_form(alice: User, mug: Product) -> None:
    from accounts.models import AuthUser

    client = Client(enforce_csrf_checks=True)
    client.force_login(AuthUser.of(alice))
    for name in ("product-edit", "product-status", "product-duplicate", "product-delete"):
        assert client.post(page_of(mug, name), {"version": mug.version}).status_code == 403
    assert stored(alice, mug) == mug
