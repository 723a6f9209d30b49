"""The page of one product: what it says, to whom, and who may keep it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog import addresses, services
from catalog.entities import Product, Status, Stock
from tests.catalog.pages import address_of, structured_data, text_of
from tests.catalog.seeding import seed_one

if TYPE_CHECKING:
    from accounts.entities import User


@pytest.fixture
def mug(alice: User) -> Product:
    return seed_one(
        alice.actor,
        sku="MUG-1",
        name="Blue & white mug </script>",
        description='Holds "320 ml".\nGlazed twice.',
        price=Decimal("12.50"),
        brand="Casa Tomillar",
        category=("Kitchen", "Mugs"),
        image_url="/pictures/mug-1.svg",
        gtin="4006381333931",
        stock=Stock.LOW_STOCK,
    )


def test_product_page_says_everything(mug: Product, client: Client) -> None:
    page = client.get(address_of(mug))
    text = text_of(page)
    assert page.status_code == 200
    for expected in (
        "<h1>Blue &amp; white mug &lt;/script&gt;</h1>",
        "€12.50",
        "In stock, few left",
        "MUG-1",
        "4006381333931",
        '<a href="/b/casa-tomillar/">Casa Tomillar</a>',
        '<a href="/c/kitchen/mugs/">Mugs</a>',
        'src="/pictures/mug-1.svg"',
        "Holds &#34;320 ml&#34;.\nGlazed twice.",
        f'<link rel="canonical" href="http://testserver{address_of(mug)}">',
        '<meta property="og:type" content="product">',
        '<meta property="og:image" content="http://testserver/pictures/mug-1.svg">',
    ):
        assert expected in text
    assert "/staff/" not in text


def test_product_page_describes_itself_to_machines(mug: Product, client: Client) -> None:
    found = structured_data(client.get(address_of(mug)))
    address = f"http://testserver{address_of(mug)}"
    assert found["Product"] == {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": address,
        "url": address,
        "name": "Blue & white mug </script>",
        "description": 'Holds "320 ml".\nGlazed twice.',
        "sku": "MUG-1",
        "gtin": "4006381333931",
        "brand": {"@type": "Brand", "name": "Casa Tomillar"},
        "category": "Kitchen > Mugs",
        "image": ["http://testserver/pictures/mug-1.svg"],
        "offers": {
            "@type": "Offer",
            "url": address,
            "price": "12.50",
            "priceCurrency": "EUR",
            "availability": "https://schema.org/LimitedAvailability",
            "itemCondition": "https://schema.org/NewCondition",
        },
    }
    trail = found["BreadcrumbList"]["itemListElement"]
    assert [entry["name"] for entry in trail][-1] == "Blue & white mug </script>"


def test_other_slugs_are_moved_to_the_right_one(mug: Product, client: Client) -> None:
    for path in (f"/products/{mug.id}/", f"/products/{mug.id}/an-old-name/"):
        page = client.get(path)
        assert page.status_code == 301
        assert page.headers["Location"] == address_of(mug)
        # A browser that kept it for good would run in circles after a renaming back.
        assert "no-cache" in page.headers["Cache-Control"]


def test_old_address_leads_to_the_renamed_product(
    alice: User, mug: Product, client: Client
) -> None:
    old = address_of(mug)
    changed = services.change_product(
        actor=alice.actor, product_id=mug.id, raw={"name": "Green mug"}, version=mug.version
    )
    assert client.get(old).headers["Location"] == address_of(changed)
    assert address_of(changed).endswith("/green-mug/")


@pytest.mark.parametrize(
    "path", ["/products/aaaaaaaaaaaaaaaa/x/", "/products/short/x/", "/products/AAAAAAAAAAAAAAAA/x/"]
)
def test_unknown_products_are_not_found(store: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_price_and_date_follow_the_language(mug: Product, client: Client) -> None:
    text = text_of(client.get(address_of(mug), headers={"Accept-Language": "es"}))
    assert "12,50\xa0€" in text
    assert '<html lang="es"' in text


def test_product_without_picture_shows_the_drawing(alice: User, client: Client) -> None:
    bare = seed_one(alice.actor, image_url="", brand="", category=(), description="")
    text = text_of(client.get(address_of(bare)))
    assert '<span class="app-picture app-product__picture"></span>' in text
    assert '<meta property="og:image" content="http://testserver/static/icons/icon-512' in text


@pytest.mark.parametrize("status", [Status.DRAFT, Status.ARCHIVED])
def test_what_is_not_public_is_seen_by_its_organisation_only(
    alice: User, bob: User, charlie: User, log_in: Any, client: Client, status: Status
) -> None:
    hidden = seed_one(alice.actor, status=status)
    path = address_of(hidden)
    assert log_in(alice).get(path).status_code == 200
    as_bob = log_in(bob).get(path)
    assert as_bob.status_code == 200
    assert "Only your organisation sees this page" in text_of(as_bob)
    assert '<meta name="robots" content="noindex">' in text_of(as_bob)
    assert log_in(charlie).get(path).status_code == 404
    assert client.get(path).status_code == 404


def test_only_those_who_may_are_offered_to_edit(
    alice: User, bob: User, charlie: User, mug: Product, log_in: Any
) -> None:
    edit = reverse("catalog:product-edit", args=[mug.id])
    history = reverse("catalog:product-history", args=[mug.id])
    offered = {
        user.name: (f'href="{edit}"' in text, f'href="{history}"' in text)
        for user in (alice, bob, charlie)
        for text in [text_of(log_in(user).get(address_of(mug)))]
    }
    assert offered == {"Alice": (True, True), "Bob": (False, True), "Charlie": (False, False)}


def test_anonymous_pages_are_kept_by_everybody_and_asked_for_again(
    mug: Product, client: Client
) -> None:
    page = client.get(address_of(mug))
    assert page.headers["Cache-Control"] == "public, no-cache"
    assert {"Cookie", "Accept-Language"} <= set(re.split(", *", page.headers["Vary"]))
    again = client.get(address_of(mug), headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    assert not again.content
    assert not page.cookies


def test_pages_of_somebody_are_kept_by_nobody_else(alice: User, mug: Product, log_in: Any) -> None:
    page = log_in(alice).get(address_of(mug))
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in page.headers


def test_quick_addresses_are_those_of_the_routes(mug: Product) -> None:
    odd = "tée-ωμέγα"
    assert addresses.product_path(mug.id, odd) == reverse(
        "catalog:product-detail", args=[mug.id, odd]
    )
    assert addresses.category_path("a/" + odd) == reverse("catalog:category", args=["a/" + odd])
    assert addresses.brand_path(odd) == reverse("catalog:brand", args=[odd])
