from __future__ import annotations

import json

import pytest

from storage.meter import measure
from tests.accounts.crowd import member, organisation, organisations, write
from tests.commands import run

pytestmark = pytest.mark.usefixtures("store")


def test_all_organisations_are_listed_over_all_pages() -> None:
    shops = organisations(130)
    with measure() as meter:
        said = run("organisations")
    assert said.splitlines() == [f"{shop.org_id}  {shop.name}" for shop in shops]
    assert [call.operation for call in meter.calls] == ["Query", "Query"]


def test_deleted_ones_are_shown_where_asked_for() -> None:
    open_, gone = organisation(1), organisation(2, deleted=True)
    write([open_, gone])
    assert run("organisations").splitlines() == [f"{open_.org_id}  Shop 0001"]
    assert run("organisations", "--deleted").splitlines() == [
        f"{open_.org_id}  Shop 0001",
        f"{gone.org_id}  Shop 0002  deleted on 2026-01-01",
    ]


@pytest.mark.parametrize(("count", "text"), [(0, "0 people"), (1, "1 person"), (100, "100 people")])
def test_people_are_counted_where_asked_for(count: int, text: str) -> None:
    shop = organisation(1)
    write([shop, *(member(shop.org_id, number) for number in range(count))])
    assert run("organisations", "--people") == f"{shop.org_id}  Shop 0001  {text}\n"


def test_people_are_counted_up_to_a_hundred_only() -> None:
    shop = organisation(1)
    write([shop, *(member(shop.org_id, number) for number in range(1000))])
    with measure() as meter:
        said = run("organisations", "--people")
    assert said.endswith("  100 people or more\n")
    assert len(meter.calls) == 2
    assert meter.capacity <= 7


def test_as_json_a_line_is_an_object() -> None:
    shop = organisation(1, deleted=True)
    write([shop, member(shop.org_id, 1)])
    (line,) = run("organisations", "--json", "--people", "--deleted").splitlines()
    assert json.loads(line) == {
        "id": shop.org_id,
        "name": "Shop 0001",
        "created_at": "2026-01-01T00:00:00Z",
        "deleted_at": "2026-01-01T00:00:00Z",
        "people_at_least": 1,
        "people_more": False,
    }
