"""What search engines are told of the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from catalog.entities import Product, Status
from catalog.views import crawlers
from tests.catalog.pages import address_of, text_of
from tests.catalog.seeding import seed, seed_one

if TYPE_CHECKING:
    from accounts.entities import User


@pytest.fixture
def shop(alice: User) -> list[Product]:
    return seed(40, actor=alice.actor)


def test_sitemap_names_every_public_product_once(
    alice: User, shop: list[Product], client: Client
) -> None:
    digits = seed_one(alice.actor, sku="D", name="7 dwarfs")
    beyond = seed_one(alice.actor, sku="Z", name="Žluťoučký kůň")
    greek = seed_one(alice.actor, sku="G", name="Ωμέγα")
    seed_one(alice.actor, sku="H", name="Hidden", status=Status.DRAFT)
    index = client.get("/sitemap.xml")
    assert index.headers["Content-Type"].startswith("application/xml")
    assert index.headers["Cache-Control"] == "public, max-age=3600"
    parts = list(_addresses(index))
    assert len(parts) == crawlers.PARTS
    found = [address for part in parts for address in _addresses(client.get(part))]
    products = [address for address in found if "/products/" in address]
    expected = [*shop, digits, beyond, greek]
    assert sorted(products) == sorted(f"http://testserver{address_of(p)}" for p in expected)
    assert "http://testserver/c/kitchen/" in found
    assert "http://testserver/b/odegard/" in found


def _addresses(response: Any) -> Iterator[str]:
    for place in ElementTree.fromstring(response.content).iter(f"{{{crawlers.NAMESPACE}}}loc"):
        assert place.text
        yield place.text


def test_sitemap_has_no_further_parts(store: None, client: Client) -> None:
    assert client.get(f"/sitemap-{crawlers.PARTS}.xml").status_code == 404


def test_robots_are_shown_the_sitemap_and_kept_out_of_the_back(store: None, client: Client) -> None:
    text = text_of(client.get("/robots.txt"))
    assert "Sitemap: http://testserver/sitemap.xml" in text
    assert "Disallow: /staff/" in text


@pytest.mark.parametrize("path", ["/sitemap.xml?x=1", "/sitemap-1.xml?x=1"])
def test_sitemaps_have_one_address_only(store: None, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
