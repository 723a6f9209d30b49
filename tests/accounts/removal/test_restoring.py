"""What is restored is what was deleted, to the last entry of the catalogue."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.entities import Role, User
from accounts.models import AuthUser
from accounts.removal import runner, services
from accounts.removal.errors import BeingDestroyed, InvalidRestoreLink, NotDeleted
from accounts.removal.links import issue_restore_link
from accounts.removal.runner import Outcome
from catalog import services as catalogue
from catalog.entities import Status
from storage.audit import history
from tests.accounts.actions import change, log_in, stored
from tests.accounts.crowd import member, write
from tests.accounts.removal.shops import (
    anything,
    delete,
    everything,
    furnish,
    restore,
    server,
    settle,
)
from tests.catalog.seeding import seed

PRODUCTS = 300
PUBLIC_PAGES = ("/", "/b/", "/c/kitchen/", "/search/?q=mug", "/sitemap-0.xml", "/api/v1/products")


def token_of(text: str) -> str:
    found = re.search(r"/accounts/restore/([^/]+)/", text)
    assert found
    return found[1]


def test_a_shop_with_three_hundred_products_comes_back_as_it_was(alice: User, bob: User) -> None:
    furnish(alice)
    seed(PRODUCTS, actor=alice.actor, make=anything)
    browser = Client()
    browser.force_login(AuthUser.of(alice))
    before, pages = everything(), [Client().get(page).content for page in PUBLIC_PAGES]
    assert sum(b"Mug" in page for page in pages) >= 4

    delete(alice)
    gone = everything()
    assert gone.keys() <= before.keys()
    facets = {key[1] for key in gone if key[0] == "product-listing" and "card" in gone[key]}
    assert all(facet.startswith(f"org#{alice.org_id}#") for facet in facets)
    products = [item for key, item in gone.items() if key[0] == "products" and "sku" in item]
    assert len(products) == PRODUCTS
    assert all(("withheld" in item) == (item["status"] == "public") for item in products)
    for page in PUBLIC_PAGES:
        assert b"Mug" not in Client().get(page).content

    restore(alice)
    assert everything() == before
    assert [Client().get(page).content for page in PUBLIC_PAGES] == pages
    assert browser.get("/staff/products/").status_code == 200
    assert log_in("bob@example.com").user_id == bob.user_id


def test_who_was_deleted_before_stays_deleted(alice: User, bob: User) -> None:
    gone = replace(stored(bob), deleted_at=bob.created_at)
    change(gone)
    before = everything()
    delete(alice)
    assert stored(bob).removed_with == ""
    restore(alice)
    assert everything() == before


def test_every_owner_gets_a_link_that_brings_everything_back(alice: User, bob: User) -> None:
    change(replace(stored(bob), roles=(Role.OWNER,), language="es"))
    write([replace(member(alice.org_id, 7, deleted=True), roles=(Role.OWNER,))])
    before = everything()
    delete(alice)
    assert {message.to[0] for message in mail.outbox} == {"alice@example.com", "bob@example.com"}
    (to_alice,) = (message for message in mail.outbox if message.to == ["alice@example.com"])
    (to_bob,) = (message for message in mail.outbox if message.to == ["bob@example.com"])
    assert to_alice.subject == "“Alice's Shop” is deleted"
    assert "“Alice's Shop” was deleted by an administrator of this server." in to_alice.body
    assert to_bob.subject == "«Alice's Shop» está eliminada"
    token = token_of(str(to_bob.body))
    assert services.restore_with_link(token=token).user.name == "Bob"
    assert runner.work_on(alice.org_id) is Outcome.DONE
    assert everything() == before
    newest = history(f"organisation#{alice.org_id}").items[0]
    assert (newest.action, newest.actor_name) == ("accounts.restore_organisation", "Bob")
    with pytest.raises(InvalidRestoreLink):
        services.restore_with_link(token=token)


def test_a_link_is_for_one_deletion_and_a_time(alice: User, settings: Any) -> None:
    earlier = replace(delete(alice), deleted_at=alice.created_at.replace(year=2020))
    token = issue_restore_link(earlier, alice).token
    settings.RESTORE_LINK_SECONDS = 10**9
    of_another_time = issue_restore_link(earlier, alice).token
    for wrong in (token, of_another_time, token[:-1], "x" * 600):
        with pytest.raises(InvalidRestoreLink):
            services.restore_with_link(token=wrong)


def test_who_is_no_owner_any_more_restores_nothing(alice: User, bob: User) -> None:
    organisation = delete(alice)
    with pytest.raises(InvalidRestoreLink):
        services.restore_with_link(token=issue_restore_link(organisation, bob).token)
    change(replace(stored(alice), deactivated_at=alice.created_at))
    with pytest.raises(InvalidRestoreLink):
        services.restore_with_link(token=issue_restore_link(organisation, alice).token)


def test_mail_that_cannot_be_sent_stops_nothing(alice: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.accounts.removal.no_mail.NoMail"
    delete(alice)
    assert stored(alice).deleted_at is not None


def test_only_what_is_deleted_is_restored_and_nothing_that_is_being_destroyed(alice: User) -> None:
    with pytest.raises(NotDeleted):
        services.restore_organisation(actor=server(alice.org_id))
    delete(alice)
    services.destroy_organisation(actor=server(alice.org_id), name="Alice's Shop")
    for refused in (services.restore_organisation, services.delete_organisation):
        with pytest.raises(BeingDestroyed):
            refused(actor=server(alice.org_id))
    (message,) = mail.outbox
    way_back = f"/accounts/restore/{token_of(str(message.body))}/"
    assert Client().get(way_back).status_code == 404
    assert Client().post(way_back).status_code == 404


def test_what_was_under_way_when_it_was_deleted_is_withheld_a_little_later(
    alice: User, settings: Any
) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 3600
    services.delete_organisation(actor=server(alice.org_id))
    assert runner.work_on(alice.org_id) is Outcome.WAITING
    raw = {"sku": "LATE", "name": "Late mug", "price": "1", "currency": "EUR", "status": "public"}
    late = catalogue.create_product(actor=alice.actor, raw=raw).product
    assert b"Late mug" in Client().get("/").content
    settle(alice.org_id)
    assert runner.work_on(alice.org_id) is Outcome.DONE
    assert b"Late mug" not in Client().get("/").content
    assert Client().get(f"/products/{late.id}/late-mug/").status_code == 404
    restore(alice)
    assert Client().get(f"/products/{late.id}/late-mug/").status_code == 200
    assert late.data.status is Status.PUBLIC
