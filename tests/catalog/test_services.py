from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accounts.entities import ANONYMOUS, Actor, Role
from accounts.permissions import Grants
from catalog import selectors, services
from catalog.entities import Product, Status
from catalog.errors import ProductChanged, ProductNotFound, SkuTaken
from catalog.search import Criteria
from catalog.tables import ListingItem, ProductItem
from storage.client import call
from storage.domain import Forbidden, Invalid
from storage.idempotency import IdempotencyKey, KeyReused
from storage.meter import Meter, measure

ALICE = Actor("USER-alice", "ORG-1", "Alice", Grants((Role.OWNER,)))
STEVE = Actor("USER-steve", "ORG-1", "Steve", Grants((Role.STAFF,)))
BOB = Actor("USER-bob", "ORG-1", "Bob", Grants((Role.VIEWER,)))
CHARLIE = Actor("USER-charlie", "ORG-2", "Charlie", Grants((Role.OWNER,)))

RAW: dict[str, Any] = {
    "sku": "MUG-1",
    "name": "Blue mug",
    "price": "12.50",
    "currency": "EUR",
    "brand": "Acme",
    "category": "Kitchen/Mugs",
    "status": "public",
}

pytestmark = pytest.mark.usefixtures("store")


def make(actor: Actor = ALICE, **raw: Any) -> Product:
    return services.create_product(actor=actor, raw={**RAW, **raw}).product


def stored_items(table: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = call("Scan", {"TableName": table.physical_name()})["Items"]
    return items


def entries() -> list[dict[str, Any]]:
    return [item for item in stored_items(ListingItem) if "card" in item]


def names(**criteria: Any) -> list[str]:
    return [card.name for card in selectors.list_public_products(Criteria(**criteria)).cards]


def test_a_created_product_is_found_in_every_way() -> None:
    mug = make()
    assert selectors.find_product(mug.id) == mug
    assert selectors.find_product_by_sku("MUG-1") == mug
    assert names() == names(category=("kitchen",)) == names(category=("kitchen", "mugs"))
    assert names(brand="acme") == names(text="blu") == names(text="mug acme") == ["Blue mug"]


def operations(meter: Meter) -> list[str]:
    return [call.operation for call in meter.calls]


def test_creating_costs_a_transaction_and_a_look_at_the_navigation() -> None:
    make()
    with measure() as meter:
        make(sku="MUG-2")
    assert operations(meter) == ["TransactWriteItems", "BatchGetItem"]


def test_a_change_that_moves_nothing_leaves_the_navigation_alone() -> None:
    mug = make()
    with measure() as meter:
        services.change_product(actor=ALICE, product_id=mug.id, raw={"price": "9"}, version=1)
    assert operations(meter) == ["GetItem", "TransactWriteItems"]


def test_a_foreign_key_of_the_table_is_no_product() -> None:
    make()
    outcome = services.set_status_of_products(
        actor=ALICE, product_ids=["", "sku#ORG-1#MUG-1"], status=Status.DRAFT
    )
    assert outcome == services.Outcome(changed=0, unchanged=0, failed=2)


def test_drafts_of_others_do_not_hide_a_public_sku() -> None:
    for number in range(60):
        make(Actor("USER-x", f"ORG-x{number}", "X", Grants((Role.OWNER,))), status="draft")
    mug = make(CHARLIE)
    assert selectors.find_product_by_sku("MUG-1") == mug


def test_what_is_read_back_is_what_was_written() -> None:
    mug = make(
        description="Two\nlines", gtin="4006381333931", image_url="/pictures/mug-1.svg",
        stock="preorder",
    )  # fmt: skip
    assert selectors.find_product(mug.id) == mug
    assert str(selectors.find_product(mug.id).data.price) == "12.50"


@pytest.mark.parametrize("change", [
    lambda mug: services.create_product(actor=BOB, raw={**RAW, "sku": "OTHER"}),
    lambda mug: services.change_product(actor=BOB, product_id=mug.id, raw={}, version=1),
    lambda mug: services.replace_product(actor=BOB, product_id=mug.id, raw=RAW, version=1),
    lambda mug: services.set_product_status(
        actor=BOB, product_id=mug.id, status=Status.DRAFT, version=1),
    lambda mug: services.duplicate_product(actor=BOB, product_id=mug.id),
    lambda mug: services.delete_product(actor=BOB, product_id=mug.id, version=1),
    lambda mug: services.delete_product(actor=STEVE, product_id=mug.id, version=1),
])  # fmt: skip
def test_the_limited_may_look_but_not_change(change: Callable[[Product], object]) -> None:
    mug = make()
    with pytest.raises(Forbidden):
        change(mug)
    assert selectors.find_product(mug.id, BOB) == mug


@pytest.mark.parametrize("actor", [CHARLIE, ANONYMOUS])
def test_outsiders_are_not_told_that_it_exists(actor: Actor) -> None:
    mug = make(status="draft")
    for attempt in (
        lambda: selectors.find_product(mug.id, actor),
        lambda: selectors.find_product_by_sku("MUG-1", actor),
        lambda: selectors.find_own_product(actor, mug.id, "catalog.view_product"),
        lambda: services.change_product(actor=actor, product_id=mug.id, raw={}, version=1),
        lambda: services.delete_product(actor=actor, product_id=mug.id, version=1),
        lambda: services.duplicate_product(actor=actor, product_id=mug.id),
    ):
        with pytest.raises(ProductNotFound):
            attempt()
    assert names() == []


def test_anonymous_visitors_create_nothing() -> None:
    with pytest.raises(Forbidden):
        services.create_product(actor=ANONYMOUS, raw=RAW)


def test_skus_are_unique_in_an_organisation_whatever_their_case() -> None:
    make()
    with pytest.raises(SkuTaken):
        make(sku=" mug-1 ")
    assert make(CHARLIE).data.sku == "MUG-1"


def test_a_sku_is_free_again_after_it_was_changed_or_deleted() -> None:
    mug = make()
    moved = services.change_product(
        actor=ALICE, product_id=mug.id, raw={"sku": "MUG-9"}, version=mug.version
    )
    with pytest.raises(SkuTaken):
        make(sku="MUG-9")
    make(sku="MUG-1")
    services.delete_product(actor=ALICE, product_id=moved.id, version=moved.version)
    make(sku="MUG-9")


def test_of_many_simultaneous_products_with_one_sku_one_is_made() -> None:
    def attempt(_: int) -> str:
        try:
            return make().id
        except SkuTaken:
            return ""

    with ThreadPoolExecutor(16) as pool:
        made = [product_id for product_id in pool.map(attempt, range(32)) if product_id]
    assert len(made) == 1
    assert {entry["name_key"]["S"].split()[-1] for entry in entries()} == set(made)


def test_of_many_simultaneous_changes_one_wins_and_the_others_see_it() -> None:
    mug = make()

    def attempt(number: int) -> tuple[bool, str]:
        try:
            changed = services.change_product(
                actor=ALICE, product_id=mug.id, raw={"name": f"Mug {number}"}, version=mug.version
            )
        except ProductChanged as lost:
            return False, lost.current.data.name if lost.current else ""
        return True, changed.data.name

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(attempt, range(32)))
    winners = [name for won, name in results if won]
    assert len(winners) == 1
    assert {name for _, name in results} == set(winners)
    assert names() == winners
    assert {entry["card"]["S"].count(winners[0]) for entry in entries()} == {1}


def test_a_change_moves_every_entry() -> None:
    mug = make()
    services.change_product(
        actor=ALICE,
        product_id=mug.id,
        raw={"name": "Red cup", "category": "Table", "brand": "Umbra"},
        version=1,
    )
    assert names(text="acme") == names(text="blue") == []
    assert names(text="red cup") == names(brand="umbra") == names(category=("table",))
    make(sku="MUG-2")
    facets = {entry["facet"]["S"] for entry in entries() if "Red cup" in entry["card"]["S"]}
    assert facets == {
        "all", "brand#umbra", "category#table", "org#ORG-1#public",
        "word#red", "word#cup", "word#tab", "word#umb", "word#mug", "word#1",
    }  # fmt: skip


def test_replacing_gives_what_is_left_out_its_default() -> None:
    mug = make(description="Nice")
    raw = {"sku": "MUG-1", "name": "Mug", "price": "1", "currency": "EUR"}
    replaced = services.replace_product(actor=ALICE, product_id=mug.id, raw=raw, version=1)
    assert replaced.data.description == replaced.data.brand == ""
    assert replaced.data.status is Status.DRAFT


def test_saving_the_same_twice_changes_nothing() -> None:
    mug = make()
    same = services.change_product(actor=ALICE, product_id=mug.id, raw={"price": 12.5}, version=1)
    assert same.version == mug.version
    assert len(selectors.product_history(ALICE, mug).items) == 1


def test_an_invalid_change_is_refused_and_nothing_is_lost() -> None:
    mug = make()
    with pytest.raises(Invalid) as refused:
        services.change_product(actor=ALICE, product_id=mug.id, raw={"price": "free"}, version=1)
    assert set(refused.value.fields) == {"price"}
    assert selectors.find_product(mug.id) == mug


def test_drafts_and_archived_products_leave_the_catalogue() -> None:
    mug = make()
    for status in (Status.DRAFT, Status.ARCHIVED):
        current = selectors.find_product(mug.id, ALICE)
        services.set_product_status(
            actor=ALICE, product_id=mug.id, status=status, version=current.version
        )
        assert names() == names(text="mug") == []
        with pytest.raises(ProductNotFound):
            selectors.find_product(mug.id)
        own = selectors.list_own_products(BOB, text="blue", statuses=(status,))
        assert [card.name for card in own.cards] == ["Blue mug"]
    assert selectors.list_own_products(CHARLIE, text="blue").cards == ()


def test_publishing_again_keeps_the_first_publication() -> None:
    mug = make()
    draft = services.set_product_status(
        actor=ALICE, product_id=mug.id, status=Status.DRAFT, version=1
    )
    public = services.set_product_status(
        actor=ALICE, product_id=mug.id, status=Status.PUBLIC, version=draft.version
    )
    assert public.published_at == mug.published_at


def test_deleting_leaves_nothing_but_history() -> None:
    mug = make()
    services.delete_product(actor=ALICE, product_id=mug.id, version=1)
    assert stored_items(ProductItem) == []
    assert entries() == []
    actions = [entry.action for entry in selectors.product_history(ALICE, mug).items]
    assert actions == ["catalog.delete_product", "catalog.add_product"]


def test_a_copy_is_a_draft_with_the_next_free_sku() -> None:
    mug = make(gtin="4006381333931")
    copies = [services.duplicate_product(actor=ALICE, product_id=mug.id) for _ in range(3)]
    assert [copy.data.sku for copy in copies] == ["MUG-1-COPY", "MUG-1-COPY-2", "MUG-1-COPY-3"]
    assert {copy.data.status for copy in copies} == {Status.DRAFT}
    assert {copy.data.gtin for copy in copies} == {""}


def test_history_tells_who_changed_what() -> None:
    mug = make()
    services.change_product(actor=STEVE, product_id=mug.id, raw={"price": "9.90"}, version=1)
    newest = selectors.product_history(BOB, mug).items[0]
    assert (newest.actor_name, newest.action) == ("Steve", "catalog.change_product")
    assert newest.changes == {"price": ("12.50", "9.90")}
    with pytest.raises(Forbidden):
        selectors.product_history(CHARLIE, mug)


def test_one_idempotency_key_makes_one_product() -> None:
    key = IdempotencyKey.for_body(scope=ALICE.user_id, key="k-1", body=b"mug")

    def attempt(_: int) -> services.Created:
        return services.create_product(actor=ALICE, raw=RAW, idempotency=key)

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(attempt, range(16)))
    assert len({result.product.id for result in created}) == 1
    assert [result.is_new for result in created].count(True) == 1
    with pytest.raises(KeyReused):
        services.create_product(
            actor=ALICE,
            raw=RAW,
            idempotency=IdempotencyKey.for_body(scope=ALICE.user_id, key="k-1", body=b"cup"),
        )


def test_everything_of_an_organisation_is_listed_for_export() -> None:
    for number, status in enumerate(["public", "draft", "archived", "public"]):
        make(sku=f"S-{number}", status=status)
    make(CHARLIE)
    assert {item.data.sku for item in selectors.all_own_products(BOB)} == {
        "S-0", "S-1", "S-2", "S-3",
    }  # fmt: skip
