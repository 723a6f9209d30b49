"""An organisation with everything that one can have, and what is stored of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from accounts.entities import Actor, Organisation, User
from accounts.permissions import CustomRole
from accounts.removal import runner, services
from accounts.removal.items import document_of
from accounts.removal.repository import find_job
from accounts.removal.runner import Outcome
from accounts.tables import INVITATION, STORE, TOKEN, AccountItem, SessionItem, role_item
from catalog.entities import ProductData, Status
from catalog.money import in_currency
from catalog.tables import ListingItem, ProductItem
from storage.scanning import scan_pages
from storage.table import Table
from storage.transactions import Transaction
from tests.catalog.seeding import sample

# What may differ after coming back: that something was written at all.
WRITTEN = {"version", "updatedAt", "updated_at"}
_UUID = "00000000-0000-4000-8000-00000000000{}"


def server(org_id: str) -> Actor:
    return Actor.system(org_id=org_id)


def delete(user: User) -> Organisation:
    """With all that is to be done right away."""
    organisation = services.delete_organisation(actor=server(user.org_id))
    assert runner.work_on(user.org_id) is Outcome.DONE
    return organisation


def restore(user: User) -> None:
    services.restore_organisation(actor=server(user.org_id))
    assert runner.work_on(user.org_id) is Outcome.DONE


def settle(org_id: str) -> None:
    """As if the time had passed in which something from before can be under way."""
    job = find_job(org_id)
    assert job is not None
    document = document_of(replace(job, settled_at=job.begun_at))
    AccountItem.amend(org_id, job.id, actions=[AccountItem.job.set(document)])


def furnish(owner: User) -> None:
    """A role, a deleted role, a store, a token and an invitation, with the markers of some."""
    transaction = Transaction()
    role = CustomRole(
        owner.org_id,
        "ROLE-" + _UUID.format(1),
        "Cashier",
        frozenset({"catalog.view_product"}),
        owner.created_at,
        owner.created_at,
    )
    gone = replace(role, role_id="ROLE-" + _UUID.format(2), deleted_at=owner.created_at)
    transaction.put(role_item(role))
    transaction.put(role_item(gone))
    for kind in (STORE, TOKEN, INVITATION):
        key = f"{kind}-{_UUID.format(3)}"
        transaction.put(
            AccountItem(owner.org_id, key, item_type=kind, id=key, org_id=owner.org_id, name="X")
        )
    transaction.put(AccountItem(owner.org_id, "STORE#17", org_id=owner.org_id))
    transaction.commit()


def priced(number: int) -> ProductData:
    """As `sample`, with the price as rules leave it."""
    data = sample(number)
    return replace(data, price=in_currency(data.price, data.currency))


def anything(number: int) -> ProductData:
    """A third public, the rest drafts and archived."""
    return replace(priced(number), status=tuple(Status)[number % 3])


def everything() -> dict[tuple[str, ...], dict[str, Any]]:
    """Whatever is stored of all organisations: people, products and lists, as it is stored."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for table in (AccountItem, SessionItem, ProductItem, ListingItem):
        for key, item in _items(table).items():
            found[(table.logical_name(), *key)] = item
    return found


def _items(table: type[Table]) -> dict[tuple[str, ...], dict[str, Any]]:
    names = [schema["AttributeName"] for schema in table._get_schema()["key_schema"]]
    return {
        tuple(item[name]["S"] for name in names): {
            name: _comparable(value) for name, value in item.items() if name not in WRITTEN
        }
        for page in scan_pages(table.physical_name())
        for item in page.items
    }


def _comparable(value: dict[str, Any]) -> Any:
    """Sets have no order."""
    ((kind, content),) = value.items()
    return sorted(content) if kind == "SS" else content
