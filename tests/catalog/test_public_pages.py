"""The shop window: lists, categories, brands and search, as visitors see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from catalog.entities import Product
from tests.catalog.pages import link, names, structured_data, text_of
from tests.catalog.seeding import sample, seed, seed_one

if TYPE_CHECKING:
    from accounts.entities import User

PER_PAGE = 24


@pytest.fixture
def shop(alice: User) -> list[Product]:
    return seed(40, actor=alice.actor)


def test_home_shows_public_products_and_the_ways_into_the_catalogue(
    shop: list[Product], client: Client
) -> None:
    page = client.get("/")
    text = text_of(page)
    assert page.status_code == 200
    assert len(names(page)) == PER_PAGE
    assert 'href="/c/kitchen/"' in text
    assert 'href="/b/"' in text
    assert names(page) == sorted(names(page), key=str.lower)


def test_home_of_an_empty_catalogue_invites_the_first_shop(store: None, client: Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "The shelves are still empty" in text_of(page)


def test_next_links_lead_through_everything_once_and_can_be_shared(
    shop: list[Product], client: Client
) -> None:
    seen: list[str] = []
    address: str | None = "/"
    while address:
        page = Client().get(address)
        seen += names(page)
        address = link(page, "next")
    assert sorted(seen) == sorted(product.data.name for product in shop)


def test_later_pages_lead_back_to_the_first(shop: list[Product], client: Client) -> None:
    following = link(client.get("/?sort=price"), "next")
    assert following
    assert link(client.get(following), "first") == "/?sort=price"


@pytest.mark.parametrize("sort", ["name", "price", "-price", "newest"])
def test_products_come_in_the_order_asked_for(
    shop: list[Product], client: Client, sort: str
) -> None:
    keys: dict[str, Any] = {
        "name": lambda product: product.data.name.lower().replace("é", "e"),
        "price": lambda product: product.data.price,
        "-price": lambda product: -product.data.price,
        "newest": lambda product: -product.created_at.timestamp(),
    }
    expected = [product.data.name for product in sorted(shop, key=keys[sort])][:PER_PAGE]
    assert names(client.get(f"/?sort={sort}")) == expected


def test_unknown_order_is_the_usual_one(shop: list[Product], client: Client) -> None:
    assert names(client.get("/?sort=colour")) == names(client.get("/"))


def test_category_holds_what_is_below_it_and_names_its_subcategories(
    shop: list[Product], client: Client
) -> None:
    page = client.get("/c/kitchen/")
    text = text_of(page)
    assert set(names(page)) == {p.data.name for p in shop if "Kitchen" in p.data.category}
    assert "<h1>Kitchen</h1>" in text
    assert 'href="/c/kitchen/mugs/"' in text


def test_deep_category_names_its_way_as_it_is_written(shop: list[Product], client: Client) -> None:
    page = client.get("/c/kitchen/mugs/espresso/")
    text = text_of(page)
    assert '<a href="/c/kitchen/mugs/">Mugs</a>' in text
    trail = structured_data(page)["BreadcrumbList"]["itemListElement"]
    assert [entry["name"] for entry in trail] == ["Catalogue", "Kitchen", "Mugs", "Espresso"]
    assert trail[-1]["item"] == "http://testserver/c/kitchen/mugs/espresso/"
    assert [entry["position"] for entry in trail] == [1, 2, 3, 4]


def test_category_with_accents_keeps_its_name(shop: list[Product], client: Client) -> None:
    assert "<h1>Té</h1>" in text_of(client.get("/c/cafe/te/"))


def test_category_in_other_letters_is_moved_to_its_address(
    shop: list[Product], client: Client
) -> None:
    page = client.get("/c/Kitchen/Mugs/?sort=price")
    assert page.status_code == 301
    assert page.headers["Location"] == "/c/kitchen/mugs/?sort=price"


@pytest.mark.parametrize("path", ["/c/nowhere/", "/b/nobody/", "/c/kitchen/nowhere/"])
def test_unknown_category_or_brand_is_not_found(
    shop: list[Product], client: Client, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_brand_holds_its_products(shop: list[Product], client: Client) -> None:
    page = client.get("/b/odegard/")
    assert "<h1>Ødegård</h1>" in text_of(page)
    assert set(names(page)) == {p.data.name for p in shop if p.data.brand == "Ødegård"}


def test_brands_are_listed_by_letter(shop: list[Product], client: Client) -> None:
    text = text_of(client.get("/b/"))
    assert '<a href="/b/nimbus-sons/">Nimbus &amp; Sons</a>' in text
    assert "<h2>N</h2>" in text


def test_search_ignores_accents_and_case_and_completes_the_last_word(
    shop: list[Product], client: Client
) -> None:
    expected = {p.data.name for p in shop if "Café" in p.data.category}
    assert set(names(client.get("/search/?q=CAFE"))) == expected
    assert names(client.get("/search/?q=BLUE+trow")) == ["Blue Trowel 2"]


def test_search_inside_a_category_and_a_brand(shop: list[Product], client: Client) -> None:
    page = client.get("/search/?q=mug&category=kitchen&brand=marlowick")
    expected = {
        p.data.name
        for p in shop
        if "Kitchen" in p.data.category
        and p.data.brand == "Marlowick"
        and ("Mugs" in p.data.category or "Mug" in p.data.name)
    }
    assert expected
    assert set(names(page)) == expected
    assert 'href="/search/?q=mug&amp;brand=marlowick"' in text_of(page)


def test_search_that_finds_nothing_helps(shop: list[Product], client: Client) -> None:
    page = client.get("/search/?q=purple+mugg&sort=price")
    text = text_of(page)
    assert page.status_code == 200
    assert "Check the spelling" in text
    assert 'href="/search/?q=purple&amp;sort=price"' in text
    assert 'href="/c/kitchen/"' in text
    assert 'href="/b/"' in text


def test_search_for_nothing_asks_what_is_wanted(shop: list[Product], client: Client) -> None:
    assert "What are you looking for?" in text_of(client.get("/search/"))
    assert client.get("/search/?category=kitchen").headers["Location"] == "/c/kitchen/"
    assert client.get("/search/?brand=marlowick").headers["Location"] == "/b/marlowick/"


def test_search_for_words_that_every_name_has_says_so(shop: list[Product], client: Client) -> None:
    assert "Such words are in nearly every name" in text_of(client.get("/search/?q=the+de"))


def test_too_long_a_search_is_cut_at_a_word_and_says_so(
    shop: list[Product], client: Client
) -> None:
    page = client.get("/search/", {"q": "mug " * 30 + "x" * 500})
    assert page.status_code == 200
    assert "its first 100 characters only" in text_of(page)
    assert names(page)


def test_search_that_stopped_early_says_so_and_goes_on(alice: User, client: Client) -> None:
    """Both words are everywhere, but hardly ever together."""
    seed(
        900,
        actor=alice.actor,
        make=lambda number: replace(
            sample(number),
            name=f"{'common' if number % 2 else 'usual'} {number:04}",
            category=(),
            brand="",
        ),
    )
    seed_one(alice.actor, sku="RARE", name="zz usual common", category=(), brand="")
    found: list[str] = []
    address: str | None = "/search/?q=common+usual"
    pages = 0
    while address:
        page = client.get(address)
        pages += 1
        found += names(page)
        address = link(page, "next")
        if address:
            assert "have not looked at all of them yet" in text_of(page)
            assert "Nothing found" not in text_of(page)
    assert found == ["zz usual common"]
    assert pages > 1


def test_search_results_are_not_for_search_engines(shop: list[Product], client: Client) -> None:
    assert '<meta name="robots" content="noindex">' in text_of(client.get("/search/?q=mug"))


def test_what_was_searched_for_is_text_and_nothing_else(
    shop: list[Product], client: Client
) -> None:
    text = text_of(client.get("/search/", {"q": "<script>alert(1)</script>\x00 %(text)s"}))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_pages_answer_to_head_without_a_body(shop: list[Product], client: Client) -> None:
    page = client.head("/")
    assert page.status_code == 200
    assert not page.content


@pytest.mark.parametrize("path", ["/?cursor=", "/c/kitchen/?cursor=", "/search/?q=mug&cursor="])
def test_invalid_cursor_is_answered_by_a_page_with_a_way_back(
    shop: list[Product], client: Client, path: str
) -> None:
    page = client.get(path + "nonsense")
    assert page.status_code == 400
    assert "not valid any more" in text_of(page)
    assert 'href="/"' in text_of(page)


def test_cursor_of_another_list_is_refused(shop: list[Product], client: Client) -> None:
    following = link(client.get("/"), "next")
    assert following
    assert client.get("/c/kitchen/" + following.removeprefix("/")).status_code == 400
