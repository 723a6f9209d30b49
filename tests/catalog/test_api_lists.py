"""Lists over the JSON API: filters, sorts, and walking through them by cursor."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.entities import User
from catalog.entities import Sort
from catalog.listing import BRANDS
from catalog.tables import ListingItem
from tests.catalog.api_client import Api, fields_of, problem
from tests.catalog.products import put_raw

SHOP = {"category": ["Kitchen", "Mugs"], "brand": "Casa Azul", "status": "public"}
WALKED = 14


@pytest.fixture
def shop(alice: User) -> list[dict[str, Any]]:
    """Public products of Alice, in several categories, brands and prices; some prices are equal."""
    api = Api(alice)
    return [
        api.made(
            **{
                **SHOP,
                "sku": f"P-{number}",
                "name": f"Taza café {chr(ord('a') + number * 7 % WALKED)}",
                "price": f"{number % 5}.50",
                "category": ["Kitchen", "Mugs"] if number % 2 else ["Garden"],
                "brand": "Casa Azul" if number % 3 else "Löwe & Söhne",
            }
        )
        for number in range(WALKED)
    ]


def walk(api: Api, **query: Any) -> Iterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        response = api.get("", {**query, **({"cursor": cursor} if cursor else {})})
        assert response.status_code == 200, response.content
        page = response.json()
        yield page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


@pytest.mark.parametrize("sort", Sort)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, WALKED + 1))
def test_walking_by_cursor_gives_every_product_once(
    shop: list[dict[str, Any]], sort: Sort, limit: int
) -> None:
    pages = list(walk(Api(), sort=sort.value, limit=limit))

    found = [item["id"] for page in pages for item in page]
    assert sorted(found) == sorted(product["id"] for product in shop)
    assert all(len(page) == limit for page in pages[:-1])
    assert 0 < len(pages[-1]) <= limit


@pytest.mark.parametrize(
    "query", [{"q": "cafe"}, {"mine": True}, {"mine": True, "q": "taz"}, {"category": "kitchen"}]
)
@pytest.mark.parametrize("sort", Sort)
def test_searches_and_own_lists_are_walked_the_same_way(
    alice: User, shop: list[dict[str, Any]], query: dict[str, Any], sort: Sort
) -> None:
    pages = list(walk(Api(alice), sort=sort.value, limit=4, **query))

    found = [item["id"] for page in pages for item in page]
    expected = [
        product["id"]
        for product in shop
        if "category" not in query or product["category"][0] == "Kitchen"
    ]
    assert sorted(found) == sorted(expected)


def test_each_sort_has_its_order(shop: list[dict[str, Any]]) -> None:
    def listed(sort: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = Api().get("", {"sort": sort, "limit": 100}).json()["items"]
        return items

    names = [item["name"] for item in listed("name")]
    prices = [Decimal(item["price"]) for item in listed("price")]
    assert names == sorted(names)
    assert prices == sorted(prices)
    assert [item["id"] for item in listed("-price")] == [i["id"] for i in listed("price")][::-1]
    assert [item["sku"] for item in listed("newest")] == [p["sku"] for p in reversed(shop)]


def test_items_are_narrow_and_say_what_the_product_says(
    alice: User, shop: list[dict[str, Any]]
) -> None:
    page = Api().get("", {"sort": "newest", "limit": 1}).json()

    assert set(page) == {"items", "next_cursor", "exhaustive"}
    item = page["items"][0]
    assert "description" not in item
    assert item.items() <= shop[-1].items()


@pytest.mark.parametrize(
    "query, expected",
    [
        ({"category": "kitchen/mugs"}, lambda p: p["category"] == ["Kitchen", "Mugs"]),
        ({"category": "/Kitchen/"}, lambda p: p["category"][0] == "Kitchen"),
        ({"brand": "casa-azul"}, lambda p: p["brand"] == "Casa Azul"),
        ({"brand": "LÖWE & söhne"}, lambda p: p["brand"] != "Casa Azul"),
        (
            {"brand": "casa-azul", "category": "garden"},
            lambda p: p["brand"] == "Casa Azul" and p["category"] == ["Garden"],
        ),
        ({"q": "CAFÉ lowe"}, lambda p: p["brand"] != "Casa Azul"),
        ({"q": "p 7"}, lambda p: p["sku"] == "P-7"),
        ({"q": "nothing like it"}, lambda p: False),
        ({"q": "!?"}, lambda p: False),
        ({"mine": True, "brand": "casa-azul"}, lambda p: p["brand"] == "Casa Azul"),
        (
            {"mine": True, "q": "taza", "category": "garden"},
            lambda p: p["category"] == ["Garden"],
        ),
    ],
)
def test_filters(alice: User, shop: list[dict[str, Any]], query: Any, expected: Any) -> None:
    page = Api(alice).get("", {**query, "limit": 100}).json()

    assert {item["sku"] for item in page["items"]} == {p["sku"] for p in shop if expected(p)}
    assert page["next_cursor"] is None
    assert page["exhaustive"] is True


def test_own_lists_hold_drafts_and_nobody_elses(alice: User, bob: User, charlie: User) -> None:
    Api(alice).made(sku="DRAFT")
    Api(alice).made(sku="PUBLIC", status="public")
    Api(alice).made(sku="OLD", status="archived")
    Api(charlie).made(sku="OTHER", status="public")

    def skus(api: Api, **query: Any) -> set[str]:
        return {item["sku"] for item in api.get("", query).json()["items"]}

    for api in (Api(alice), Api(bob)):
        assert skus(api, mine=True) == {"DRAFT", "PUBLIC", "OLD"}
        assert skus(api, mine=True, status="draft") == {"DRAFT"}
        assert skus(api, mine=True, status=["draft", "archived", "draft"]) == {"DRAFT", "OLD"}
        assert skus(api) == {"PUBLIC", "OTHER"}
    assert skus(Api(charlie), mine=True) == {"OTHER"}
    problem(Api().get("", {"mine": True}), 401, "unauthenticated")


def test_a_cursor_is_good_for_its_own_list_only(
    alice: User, charlie: User, shop: list[dict[str, Any]]
) -> None:
    Api(charlie).made(status="public")
    public = Api().get("", {"limit": 2}).json()["next_cursor"]
    own = Api(alice).get("", {"limit": 2, "mine": True}).json()["next_cursor"]

    assert Api().get("", {"limit": 7, "cursor": public}).status_code == 200
    for api, query in (
        (Api(), {"cursor": public, "sort": "price"}),
        (Api(), {"cursor": public, "category": "kitchen"}),
        (Api(), {"cursor": public, "q": "taza"}),
        (Api(alice), {"cursor": public, "mine": True}),
        (Api(), {"cursor": own}),
        (Api(alice), {"cursor": own, "mine": True, "status": "draft"}),
        (Api(charlie), {"cursor": own, "mine": True}),
    ):
        problem(api.get("", query), 400, "invalid_cursor")
    problem(Api().get("/brands", {"cursor": public}), 400, "invalid_cursor")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_cursor_that_was_tampered_with_is_refused(
    shop: list[dict[str, Any]], data: st.DataObject
) -> None:
    cursor = Api().get("", {"limit": 2}).json()["next_cursor"]
    place = data.draw(st.integers(0, len(cursor) - 2))
    letter = data.draw(
        st.sampled_from("AZaz09-_=. %é\x00").filter(lambda new: new != cursor[place])
    )

    changed = cursor[:place] + letter + cursor[place + 1 :]

    problem(Api().get("", {"cursor": changed}), 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "=", "a" * 10_000, "\x00", "null", "💩"])
def test_what_never_was_a_cursor_is_refused(store: None, cursor: str) -> None:
    for path in ("", "/brands"):
        problem(Api().get(path, {"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize(
    "query, field",
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "random"}, "sort"),
        ({"mine": "perhaps"}, "mine"),
        ({"mine": True, "status": "lost"}, "status.0"),
        ({"status": "draft"}, "status"),
        ({"q": "x" * 201}, "q"),
        ({"category": "x" * 401}, "category"),
        ({"brand": "x" * 101}, "brand"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_field(
    alice: User, query: dict[str, Any], field: str
) -> None:
    assert fields_of(problem(Api(alice).get("", query), 422, "invalid")) == {field}


@pytest.mark.parametrize("query", [{"category": "no/such"}, {"category": "a/" * 9}, {"brand": "x"}])
def test_unknown_categories_and_brands_are_not_found(store: None, query: dict[str, str]) -> None:
    problem(Api().get("", query), 404, "category_not_found")


def test_the_category_tree_is_walked_level_by_level(shop: list[dict[str, Any]]) -> None:
    top = Api().get("/categories").json()
    assert top == {
        "path": "",
        "name": "",
        "children": [
            {"path": "garden", "name": "Garden"},
            {"path": "kitchen", "name": "Kitchen"},
        ],
    }
    kitchen = Api().get("/categories", {"path": "kitchen"}).json()
    assert kitchen["name"] == "Kitchen"
    assert kitchen["children"] == [{"path": "kitchen/mugs", "name": "Mugs"}]
    assert Api().get("/categories", {"path": "kitchen/mugs"}).json()["children"] == []
    problem(Api().get("/categories", {"path": "attic"}), 404, "category_not_found")


def test_an_empty_catalogue_has_an_empty_tree_and_no_brands(store: None) -> None:
    assert Api().get("/categories").json() == {"path": "", "name": "", "children": []}
    assert Api().get("/brands").json() == {"items": [], "next_cursor": None}
    assert Api().get().json() == {"items": [], "next_cursor": None, "exhaustive": True}


def test_brands_are_listed_by_name(shop: list[dict[str, Any]]) -> None:
    assert Api().get("/brands").json() == {
        "items": [
            {"slug": "casa-azul", "name": "Casa Azul"},
            {"slug": "lowe-sohne", "name": "Löwe & Söhne"},
        ],
        "next_cursor": None,
    }


@pytest.mark.parametrize("number, pages", [(99, [99]), (100, [100]), (101, [100, 1])])
def test_brands_are_walked_by_cursor_without_an_empty_last_page(
    store: None, number: int, pages: list[int]
) -> None:
    put_raw(
        ListingItem,
        (
            {"facet": {"S": BRANDS}, "name_key": {"S": f"b-{index:03}"}, "label": {"S": "Brand"}}
            for index in range(number)
        ),
    )
    found = []
    cursor: str | None = ""
    while cursor is not None:
        page = Api().get("/brands", {"cursor": cursor}).json()
        found.append([brand["slug"] for brand in page["items"]])
        cursor = page["next_cursor"]

    assert [len(page) for page in found] == pages
    assert len({slug for page in found for slug in page}) == number
