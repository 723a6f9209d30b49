"""What the public pages may cost, at every size of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.entities import Product
from tests.catalog.pages import address_of, link, names

if TYPE_CHECKING:
    from tests.catalog.conftest import Visit

PER_PAGE = 24
# 26 entries of some 0.6 KB in units of 4 KB, half of it for eventually consistent reading.
LIST_CAPACITY = 3.0


def assert_costs_of_the_public_pages(visit: Visit, product: Product) -> None:
    """For a catalogue made by `seeding.seed`, of which `product` is one."""
    for path in (
        "/",
        "/?sort=price",
        "/?sort=-price",
        "/?sort=newest",
        "/c/kitchen/",
        "/c/kitchen/mugs/?sort=newest",
        "/b/marlowick/",
    ):
        page, meter = visit(path)
        assert page.status_code == 200
        assert len(names(page)) == PER_PAGE
        assert [call.operation for call in meter.calls] == ["Query"], path
        assert meter.capacity <= LIST_CAPACITY, path
        following, meter = visit(link(page, "next") or "")
        assert following.status_code == 200
        assert [call.operation for call in meter.calls] == ["Query"], path
        assert meter.capacity <= LIST_CAPACITY, path
    page, meter = visit("/b/")
    assert [call.operation for call in meter.calls] == ["Query"]
    assert meter.capacity <= 0.5
    page, meter = visit(address_of(product))
    assert page.status_code == 200
    assert [call.operation for call in meter.calls] == ["GetItem"]
    assert meter.capacity <= 0.5
    for query in ("mug", "blue+mug", "marlowick+blue+puz", "mug&brand=marlowick", "nothing+here"):
        page, meter = visit(f"/search/?q={query}")
        assert page.status_code == 200
        assert {call.operation for call in meter.calls} == {"Query"}
        assert 1 <= len(meter.calls) <= 3, query
        assert meter.capacity <= 36, query
