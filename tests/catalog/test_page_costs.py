"""The bill of the store for each page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.test import Client

from catalog.entities import Product
from storage.meter import measure
from tests.catalog.costs import assert_costs_of_the_public_pages
from tests.catalog.seeding import seed
from tests.catalog.staff import LIST, page_of

if TYPE_CHECKING:
    from accounts.entities import User
    from tests.catalog.conftest import Visit

LogIn = Callable[["User"], Client]
THOUSAND = 1000
# BatchGetItem is the person, the organisation and the person's own roles.
READS = {"GetItem", "BatchGetItem", "Query"}


def test_pages_cost_little_at_a_thousand_products(alice: User, log_in: LogIn, visit: Visit) -> None:
    products = seed(THOUSAND, actor=alice.actor)
    assert_costs_of_the_public_pages(visit, products[THOUSAND // 2])
    staff = log_in(alice)
    own = products[THOUSAND // 2]
    costs = {
        f"{LIST}?status=public": (3, 5),
        LIST: (5, 6),
        f"{LIST}?q=S-000500": (5, 5),
        page_of(own): (4, 5),
        page_of(own, "product-history"): (4, 5),
        page_of(own, "product-delete"): (3, 4),
    }
    for path, (calls, capacity) in costs.items():
        page, meter = visit(path, staff)
        assert page.status_code == 200
        assert len(meter.calls) <= calls, (path, meter.calls)
        assert meter.capacity <= capacity, (path, meter.calls)
        assert not {call.operation for call in meter.calls} - READS


def test_looking_at_pages_never_writes(alice: User, mug: Product, log_in: LogIn) -> None:
    staff = log_in(alice)
    with measure() as meter:
        for path in (LIST, page_of(mug), page_of(mug, "product-history"), "/"):
            assert staff.get(path).status_code == 200
    assert {call.operation for call in meter.calls} == READS
