"""Rows of a database as products: the same rules and the same writer as for files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

import pytest

from accounts.entities import User
from accounts.errors import PermissionDenied
from catalog import selectors
from catalog.entities import DATA_FIELDS, Product
from catalog.import_targets import TARGETS
from catalog.imports.mapping import REQUIRED_FIELDS
from catalog.imports.sql_target import ProductEntries, ProductTarget
from catalog.imports.writer import Counts
from storage.audit import history
from storage.domain import Invalid, NotFound
from storage.intake import Entry, Outcome

pytestmark = pytest.mark.usefixtures("store")


def row(number: int, **changes: Any) -> dict[str, Any]:
    made = {
        "sku": f"S-{number}",
        "name": f"Mug {number}",
        "price": Decimal("2.5"),
        "currency": "EUR",
        "category": ("Kitchen", "Mugs"),
    }
    return {**made, **changes}


@contextmanager
def writer_for(user: User, *, dry_run: bool = False, **options: Any) -> Iterator[ProductEntries]:
    writer = ProductTarget().writer(
        org_id=None, owner_email=user.email, dry_run=dry_run, options=options
    )
    with closing(writer):
        yield writer


def process(user: User, *rows: Mapping[str, Any], **options: Any) -> Outcome:
    with writer_for(user, **options) as writer:
        return writer.process([Entry(line, values) for line, values in enumerate(rows, 1)])


def products_of(user: User) -> dict[str, Product]:
    return {product.data.sku: product for product in selectors.all_own_products(user.actor)}


def test_the_fields_are_those_of_a_product() -> None:
    (target,) = TARGETS
    fields = {field.name: field for field in target.fields}
    assert tuple(fields) == DATA_FIELDS
    assert {name for name, field in fields.items() if field.required} == set(REQUIRED_FIELDS)
    assert fields["status"].choices == ("draft", "public", "archived")
    assert "unit price" in fields["price"].synonyms


def test_rows_become_products_with_their_history(alice: User) -> None:
    assert process(alice, row(1), row(2)).counts == Counts(created=2)
    product = products_of(alice)["S-1"]
    assert (str(product.data.price), product.data.category) == ("2.50", ("Kitchen", "Mugs"))
    assert product.data.status == "draft"
    (entry,) = history(product.audit_subject).items
    assert entry.actor_name == "Alice"


def test_a_second_time_changes_nothing_and_absent_fields_stay(alice: User) -> None:
    process(alice, row(1, description="Kept", status="public"))
    assert process(alice, row(1)).counts == Counts(unchanged=1)
    changed = process(alice, {"sku": "s-1", "price": Decimal(3), "category": None})
    assert changed.counts == Counts(changed=1)
    data = products_of(alice)["S-1"].data
    assert (data.description, data.status, data.category) == ("Kept", "public", ())


def test_new_ones_are_public_where_the_mapping_says_so(alice: User) -> None:
    process(alice, row(1), row(2, status="archived"), publish=True)
    found = products_of(alice)
    assert (found["S-1"].data.status, found["S-2"].data.status) == ("public", "archived")


def test_rows_that_break_a_rule_are_refused_alone_with_all_reasons(alice: User) -> None:
    outcome = process(
        alice,
        row(1, price=Decimal("2.555"), name=None),
        row(2, sku="?"),
        row(3, category=("Grains/Cereals",)),
        row(4),
    )
    assert [(one.line, one.field) for one in outcome.refusals] == [
        (1, "name"),
        (1, "price"),
        (2, "sku"),
        (3, "category"),
    ]
    assert outcome.counts == Counts(created=1, refused=3)


def test_several_hundred_at_once_come_back_in_their_order(alice: User) -> None:
    rows = [row(number, price=Decimal(-1 if number % 90 == 0 else 1)) for number in range(1, 351)]
    outcome = process(alice, *rows)
    assert outcome.counts == Counts(created=347, refused=3)
    assert [one.line for one in outcome.refusals] == [90, 180, 270]
    with writer_for(alice) as writer:
        assert writer.count() == 347


def test_a_dry_run_writes_nothing(alice: User) -> None:
    with writer_for(alice, dry_run=True) as writer:
        assert writer.process([Entry(1, row(1))]).counts == Counts(created=1)
        assert writer.count() == 0


def test_skus_are_the_same_however_they_are_written(alice: User) -> None:
    with writer_for(alice) as writer:
        assert writer.identity({"sku": " a-1 "}) == writer.identity({"sku": "A-1"}) == "A-1"
        assert writer.identity({"sku": None}) is None


def test_bob_may_not_and_charlie_writes_his_own(alice: User, bob: User, charlie: User) -> None:
    process(alice, row(1))
    with pytest.raises(PermissionDenied):
        process(bob, row(2))
    assert process(charlie, row(1)).counts == Counts(created=1)
    assert len(products_of(alice)) == len(products_of(charlie)) == 1


def test_it_needs_somebody_and_known_options(alice: User) -> None:
    target = ProductTarget()
    with pytest.raises(NotFound):
        target.writer(org_id=None, owner_email="nobody@example.com", dry_run=True, options={})
    with pytest.raises(Invalid):
        target.writer(org_id=None, owner_email=None, dry_run=True, options={})
    for options in ({"publis": True}, {"publish": "yes"}):
        with pytest.raises(Invalid):
            target.writer(org_id=None, owner_email=alice.email, dry_run=True, options=options)
