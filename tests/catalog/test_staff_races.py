"""Two people at the same product: nobody loses what they typed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.test import Client
from django.urls import reverse

from catalog import services
from catalog.entities import Product, Status
from tests.catalog.pages import text_of
from tests.catalog.staff import page_of, shown, stored

if TYPE_CHECKING:
    from accounts.entities import User

LogIn = Callable[["User"], Client]


def test_lost_race_shows_both_versions_and_proposes_the_merged_one(
    alice: User, mug: Product, log_in: LogIn
) -> None:
    staff = log_in(alice)
    sent = shown(staff.get(page_of(mug)))
    services.change_product(
        actor=alice.actor,
        product_id=mug.id,
        raw={"price": "13", "name": "Sea-blue mug", "description": "Two\nlines"},
        version=mug.version,
    )
    page = staff.post(page_of(mug), {**sent, "name": "Sky-blue mug", "brand": "Nimbus"})
    text = html.unescape(text_of(page))
    assert page.status_code == 409
    assert stored(alice, mug).data.name == "Sea-blue mug"

    sides = re.findall(r'type="radio" name="(\w+)" value="([^"]*)"( checked)?', text)
    assert [(name, value) for name, value, _ in sides if name != "description"] == [
        ("name", "Sky-blue mug"),
        ("name", "Sea-blue mug"),
        ("price", "12.50"),
        ("price", "13.00"),
        ("brand", "Nimbus"),
        ("brand", "Marlowick"),
    ]
    proposed = {name: value for name, value, checked in sides if checked}
    assert proposed == {
        "name": "Sky-blue mug",
        "price": "13.00",
        "description": "Two\nlines",
        "brand": "Nimbus",
    }
    assert text.count("both of you changed this") == 1

    hidden = dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', text))
    merged = {**hidden, **proposed}
    assert staff.post(page_of(mug), merged).status_code == 302
    after = stored(alice, mug).data
    assert after == replace(
        mug.data,
        name="Sky-blue mug",
        brand="Nimbus",
        price=Decimal(13),
        description="Two\nlines",
    )


def test_choice_of_a_lost_race_can_be_edited_before_it_is_saved(
    alice: User, mug: Product, log_in: LogIn
) -> None:
    staff = log_in(alice)
    sent = shown(staff.get(page_of(mug)))
    page = staff.post(page_of(mug), {**sent, "name": "Reviewed", "review": "1"})
    assert page.status_code == 200
    assert shown(page)["name"] == "Reviewed"
    assert stored(alice, mug).data.name == "Blue mug"


def test_second_lost_race_is_told_as_well(alice: User, mug: Product, log_in: LogIn) -> None:
    staff = log_in(alice)
    sent = shown(staff.get(page_of(mug)))
    for name in ("First", "Second"):
        current = stored(alice, mug)
        services.change_product(
            actor=alice.actor, product_id=mug.id, raw={"name": name}, version=current.version
        )
        page = staff.post(page_of(mug), {**sent, "brand": "Mine"})
        assert page.status_code == 409
        assert name in text_of(page)


def test_saving_what_somebody_deleted_keeps_what_was_typed(
    alice: User, mug: Product, log_in: LogIn
) -> None:
    staff = log_in(alice)
    sent = {**shown(staff.get(page_of(mug))), "name": "Typed for an hour"}
    services.delete_product(actor=alice.actor, product_id=mug.id, version=mug.version)
    page = staff.post(page_of(mug), sent)
    assert page.status_code == 404
    assert "Typed for an hour" in text_of(page)
    assert f'action="{reverse("catalog:product-create")}"' in text_of(page)


def test_state_is_not_changed_over_somebody_elses_change(
    alice: User, mug: Product, log_in: LogIn
) -> None:
    services.change_product(
        actor=alice.actor, product_id=mug.id, raw={"name": "New"}, version=mug.version
    )
    page = log_in(alice).post(
        page_of(mug, "product-status"), {"status": "public", "version": mug.version}, follow=True
    )
    assert "changed this product meanwhile" in text_of(page)
    assert stored(alice, mug).data.status is Status.DRAFT


def test_deletion_of_another_version_asks_again(alice: User, mug: Product, log_in: LogIn) -> None:
    page = log_in(alice).post(page_of(mug, "product-delete"), {"version": 99}, follow=True)
    assert "Delete “Blue mug”?" in text_of(page)
    assert stored(alice, mug)
