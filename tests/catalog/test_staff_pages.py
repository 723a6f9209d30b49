"""What staff see and do with their products."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from catalog import selectors
from catalog.entities import Product, Status
from catalog.errors import ProductNotFound
from catalog.forms import decimal_text
from tests.catalog.pages import link, text_of
from tests.catalog.seeding import sample, seed, seed_one
from tests.catalog.staff import LIST, TYPED, fields_with_errors, page_of, rows, shown, stored

if TYPE_CHECKING:
    from accounts.entities import User

LogIn = Callable[["User"], Client]


@pytest.mark.parametrize("name", ["staff-products", "product-create"])
def test_visitors_are_asked_to_log_in(store: None, client: Client, name: str) -> None:
    address = reverse(f"catalog:{name}")
    page = client.get(address)
    assert page.status_code == 302
    assert page.headers["Location"] == f"{reverse('accounts:login')}?next={address}"


def test_list_shows_all_of_ones_own_and_nothing_else(
    alice: User, bob: User, charlie: User, log_in: LogIn
) -> None:
    for status in Status:
        seed_one(alice.actor, sku=f"A-{status}", name=f"Alice's {status}", status=status)
        seed_one(charlie.actor, sku=f"C-{status}", name=f"Charlie's {status}", status=status)
    hers = {f"Alice's {status}" for status in Status}
    assert set(rows(log_in(alice).get(LIST))) == hers
    assert set(rows(log_in(bob).get(LIST))) == hers
    assert not hers & set(rows(log_in(charlie).get(LIST)))
    for status in Status:
        assert rows(log_in(alice).get(f"{LIST}?status={status}")) == [f"Alice's {status}"]


def test_viewers_are_offered_nothing_that_they_may_not_do(
    bob: User, mug: Product, log_in: LogIn
) -> None:
    text = text_of(log_in(bob).get(LIST))
    assert "Blue mug" in text
    for address in (page_of(mug), reverse("catalog:product-create")):
        assert f'href="{address}"' not in text
    assert 'type="checkbox"' not in text


@pytest.mark.parametrize("query", ["mug-1", "BLUE", "blue mug", "marlowick"])
def test_list_is_searched_by_words_and_article_number(
    alice: User, mug: Product, log_in: LogIn, query: str
) -> None:
    seed_one(alice.actor, sku="OTHER", name="Other", brand="", category=(), status=Status.PUBLIC)
    assert rows(log_in(alice).get(LIST, {"q": query})) == ["Blue mug"]
    assert "Nothing found" in text_of(log_in(alice).get(LIST, {"q": "zebra"}))


def test_list_is_paged_in_the_order_asked_for(alice: User, log_in: LogIn) -> None:
    products = seed(30, actor=alice.actor)
    client = log_in(alice)
    first = client.get(f"{LIST}?sort=-price&status=public")
    following = link(first, "next")
    assert following
    second = client.get(following)
    expected = sorted(products, key=lambda product: -product.data.price)
    assert rows(first) + rows(second) == [product.data.name for product in expected]
    assert link(second, "first") == f"{LIST}?status=public&sort=-price".replace(
        "status=public&sort=-price", "sort=-price&status=public"
    )


def test_empty_list_leads_to_the_first_product(alice: User, log_in: LogIn) -> None:
    assert "No products yet" in text_of(log_in(alice).get(LIST))
    assert "Nothing in this state" in text_of(log_in(alice).get(f"{LIST}?status=archived"))


def test_creating_a_product_and_publishing_it_puts_it_into_the_catalogue(
    alice: User, log_in: LogIn, client: Client
) -> None:
    staff = log_in(alice)
    page = staff.post(reverse("catalog:product-create"), TYPED, follow=True)
    assert "“Blue mug” was created." in html.unescape(text_of(page))
    assert "Blue mug" not in text_of(client.get("/"))
    product_id = page.redirect_chain[-1][0].split("/")[-2]
    (product,) = [selectors.find_own_product(alice.actor, product_id, "catalog.view_product")]
    assert product.data.sku == "MUG-1"
    assert product.data.price == Decimal("12.50")
    page = staff.post(
        page_of(product, "product-status"), {"status": "public", "version": product.version}
    )
    assert page.headers["Location"] == page_of(product)
    assert "Blue mug" in text_of(client.get("/"))
    assert "Blue mug" in text_of(client.get("/c/kitchen/mugs/"))


def test_mistakes_are_told_beside_their_fields_and_what_was_typed_stays(
    alice: User, log_in: LogIn
) -> None:
    wrong = {
        **TYPED,
        "name": "",
        "sku": "né pas",
        "price": "a lot",
        "currency": "ZZZ",
        "gtin": "4006381333930",
        "category": "a/b/c/d/e/f",
        "image_url": "ftp://example.com/a.png",
        "description": "<b>kept</b>",
    }
    page = log_in(alice).post(reverse("catalog:product-create"), wrong)
    text = html.unescape(text_of(page))
    assert page.status_code == 422
    assert fields_with_errors(page) == {
        "name", "sku", "price", "currency", "gtin", "category", "image_url",
    }  # fmt: skip
    assert "The last digit does not match the others; it should be 1." in text
    for value in ('value="né pas"', 'value="a lot"', 'value="4006381333930"', "<b>kept</b>"):
        assert value in text
    assert 'aria-invalid="true"' in text


def test_article_number_of_another_product_is_refused_beside_the_field(
    alice: User, mug: Product, log_in: LogIn
) -> None:
    page = log_in(alice).post(reverse("catalog:product-create"), {**TYPED, "sku": " MUG-1 "})
    assert page.status_code == 422
    assert fields_with_errors(page) == {"sku"}
    assert shown(page)["name"] == "Blue mug"


def test_editing_keeps_what_was_not_touched(alice: User, log_in: LogIn) -> None:
    full = seed_one(
        alice.actor, name="Ñandú «7» & co", description="One\n\nTwo", gtin="4006381333931"
    )
    staff = log_in(alice)
    sent = shown(staff.get(page_of(full)))
    assert staff.post(page_of(full), sent).status_code == 302
    assert stored(alice, full).version == full.version
    assert staff.post(page_of(full), {**sent, "brand": "New"}).status_code == 302
    after = stored(alice, full)
    assert after.data == replace(full.data, brand="New")
    assert after.version == full.version + 1


@pytest.mark.parametrize(
    ("typed", "language", "expected"),
    [
        ("12,50", "es", "12.50"),
        ("12.50", "es", "12.50"),
        ("1.234,50", "es", "1234.50"),
        ("1.234", "es", "1234"),
        ("1234,5", "es", "1234.5"),
        ("12,50", "en", "12.50"),
        ("12.50", "en", "12.50"),
        ("1,234.50", "en", "1234.50"),
        ("1,234", "en", "1234"),
        ("1 234.50", "en", "1234.50"),
        ("1,23,4.50", "en", "1,23,4.50"),
        ("12..50", "en", "12..50"),
        ("-3", "en", "-3"),
        ("", "en", ""),
    ],
)
def test_amounts_are_read_as_the_language_writes_them(
    typed: str, language: str, expected: str
) -> None:
    assert decimal_text(typed, language) == expected


def test_form_speaks_the_language_of_its_reader(alice: User, mug: Product, log_in: LogIn) -> None:
    staff = log_in(alice)
    spanish = {"Accept-Language": "es"}
    sent = shown(staff.get(page_of(mug), headers=spanish))
    assert sent["price"] == "12,50"
    staff.post(page_of(mug), {**sent, "price": "1.299,95"}, headers=spanish)
    assert stored(alice, mug).data.price == Decimal("1299.95")


@pytest.mark.parametrize("status", list(Status))
def test_state_is_changed_by_one_button(
    alice: User, mug: Product, log_in: LogIn, status: Status
) -> None:
    log_in(alice).post(page_of(mug, "product-status"), {"status": status, "version": mug.version})
    assert stored(alice, mug).data.status is status


def test_several_are_published_at_once(alice: User, charlie: User, log_in: LogIn) -> None:
    drafts = seed(3, actor=alice.actor, make=lambda n: replace(sample(n), status=Status.DRAFT))
    public = seed_one(alice.actor, sku="P")
    foreign = seed_one(charlie.actor, status=Status.DRAFT)
    page = log_in(alice).post(
        reverse("catalog:products-status"),
        {"product": [p.id for p in (*drafts[:2], public, foreign)], "status": "public"},
        follow=True,
    )
    text = text_of(page)
    assert "2 products were changed." in text
    assert "1 product was like that already." in text
    assert "1 product was changed or deleted by somebody else meanwhile." in text
    assert [stored(alice, p).data.status.value for p in drafts] == ["public", "public", "draft"]
    assert stored(charlie, foreign).data.status is Status.DRAFT


def test_ticking_nothing_changes_nothing(alice: User, log_in: LogIn) -> None:
    page = log_in(alice).post(reverse("catalog:products-status"), {"status": "public"}, follow=True)
    assert "Tick the products first." in text_of(page)


def test_copy_is_a_draft_of_its_own(alice: User, mug: Product, log_in: LogIn) -> None:
    page = log_in(alice).post(page_of(mug, "product-duplicate"), follow=True)
    assert "This is the copy." in text_of(page)
    assert shown(page)["sku"] == "MUG-1-COPY"
    assert shown(page)["status"] == "draft"


def test_deletion_asks_first(alice: User, mug: Product, log_in: LogIn) -> None:
    staff = log_in(alice)
    question = staff.get(page_of(mug, "product-delete"))
    assert "Delete “Blue mug”?" in text_of(question)
    assert stored(alice, mug)
    page = staff.post(page_of(mug, "product-delete"), {"version": mug.version}, follow=True)
    assert "The product was deleted." in text_of(page)
    with pytest.raises(ProductNotFound):
        stored(alice, mug)


@pytest.mark.parametrize(("shown_in", "saved_in"), [("en", "es"), ("es", "en")])
def test_an_amount_is_read_in_the_language_in_which_it_was_shown(
    alice: User, log_in: LogIn, shown_in: str, saved_in: str
) -> None:
    dinar = seed_one(alice.actor, price=Decimal("1.250"), currency="KWD")
    staff = log_in(alice)
    sent = shown(staff.get(page_of(dinar), headers={"Accept-Language": shown_in}))
    staff.post(page_of(dinar), {**sent, "brand": "New"}, headers={"Accept-Language": saved_in})
    assert stored(alice, dinar).data == replace(dinar.data, brand="New")


@pytest.mark.parametrize(
    ("typed", "language", "price"),
    [
        ("10.000", "en", None),
        ("10.000", "es", Decimal(10000)),
        ("10,000", "en", Decimal(10000)),
        ("10,000", "es", None),
    ],
)
def test_thousands_are_those_of_the_language_or_refused(
    alice: User, mug: Product, log_in: LogIn, typed: str, language: str, price: Decimal | None
) -> None:
    staff = log_in(alice)
    headers = {"Accept-Language": language}
    sent = shown(staff.get(page_of(mug), headers=headers))
    page = staff.post(page_of(mug), {**sent, "price": typed}, headers=headers)
    assert page.status_code == (302 if price else 422)
    assert stored(alice, mug).data.price == (price or mug.data.price)
