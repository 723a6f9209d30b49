"""Every page, in both themes and at both widths: accessible, nothing to scroll sideways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Page

from accounts.entities import User
from accounts.people.managing import delete_person
from accounts.reset_links import issue_reset_link
from accounts.roles.services import delete_role
from accounts.stores.services import delete_store
from catalog import services
from catalog.entities import Product
from supervisor import canned_answers
from supervisor import services as requests
from supervisor.callbacks import signing_secrets
from supervisor.knowledge import services as knowledge
from tests.accounts.api_tokens import amend as amend_token
from tests.accounts.api_tokens import make as make_token
from tests.accounts.people.company import acting, invite, mailed_token, member, store_of
from tests.accounts.roles.people import made as made_role
from tests.accounts.second_factors import switch_on
from tests.accounts.stores.shops import HOURS
from tests.accounts.stores.shops import make as make_store
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, accessibility_findings, overflow

# Where a visitor, or a person who has logged in, can be. `{id}` is a product with a long name,
# `{link}` what the address of a link to set a password ends with.
PUBLIC_PAGES = {
    "catalog:home": "/",
    "catalog:category": "/c/kitchen/",
    "catalog:brands": "/b/",
    "catalog:brand": "/b/acme/",
    "catalog:search": "/search/?q=mug",
    "catalog:product-detail": "/products/{id}/x/",
    "accounts:login": "/accounts/login/",
    "accounts:signup": "/accounts/signup/",
    "accounts:reset": "/accounts/reset/{link}/",
    "accounts:invitation": "/accounts/invitation/{invitation}/",
    "accounts:forgot": "/accounts/forgot/",
    "accounts:forgot-sent": "/accounts/forgot/sent/",
    "accounts:signup-sent": "/accounts/signup/sent/",
}
MORE_PUBLIC_STATES = [
    "/search/?q=zygote",
    "/search/",
    "/nowhere/",
    "/?cursor=broken",
    "/?sort=price",
    "/api/v1/docs",
    "/accounts/reset/of-nobody/",
    "/accounts/invitation/of-nobody/",
    "/accounts/signup/of-nobody/",
]
STAFF_PAGES = {
    "accounts:account": "/accounts/",
    "accounts:password": "/accounts/password/",
    "accounts:profile": "/accounts/profile/",
    "accounts:sessions": "/accounts/sessions/",
    "accounts:data": "/accounts/data/",
    "accounts:tokens": "/accounts/tokens/",
    "accounts:token-new": "/accounts/tokens/new/",
    "accounts:revoke-tokens": "/accounts/tokens/revoke-all/",
    "organisation:tokens": "/staff/tokens/",
    "accounts:email": "/accounts/email/",
    "accounts:security": "/accounts/security/",
    "accounts:second-factor": "/accounts/security/second-factor/",
    "accounts:confirm": "/accounts/confirm/",
    "organisation:second-factor": "/staff/organisation/second-factor/",
    "organisation:settings": "/staff/organisation/",
    "organisation:delete": "/staff/organisation/delete/",
    "organisation:people": "/staff/people/",
    "organisation:invite": "/staff/people/invite/",
    "organisation:invitations": "/staff/people/invitations/",
    "organisation:deleted-people": "/staff/people/deleted/",
    "organisation:person": "/staff/people/{colleague}/",
    "organisation:person-access": "/staff/people/{colleague}/access/",
    "organisation:person-delete": "/staff/people/{colleague}/delete/",
    "organisation:person-second-factor": "/staff/people/{secured}/second-factor/remove/",
    "organisation:person-destroy": "/staff/people/{deleted}/destroy/",
    "organisation:transfer": "/staff/organisation/transfer/?to={colleague}",
    "organisation:roles": "/staff/roles/",
    "organisation:role-add": "/staff/roles/new/",
    "organisation:role-change": "/staff/roles/{role}/",
    "organisation:role-delete": "/staff/roles/{role}/delete/",
    "organisation:stores": "/staff/stores/",
    "organisation:store-new": "/staff/stores/new/",
    "organisation:store": "/staff/stores/{store}/",
    "organisation:store-delete": "/staff/stores/{store}/delete/",
    "organisation:store-destroy": "/staff/stores/{deleted_store}/destroy/",
    "supervisor:queue": "/staff/requests/?urgency=soon&q=rind&tag=returns&since=2026-01-01",
    "supervisor:ask": "/staff/requests/new/",
    "supervisor:history": "/staff/requests/history/?store={store}",
    "supervisor:mine": "/staff/requests/mine/",
    "supervisor:board": "/staff/requests/board/",
    "supervisor:callers": "/staff/requests/callers/",
    "supervisor:forget-number": "/staff/requests/callers/forget/?store={store}&request={request}",
    "supervisor:callbacks": "/staff/requests/callbacks/",
    "supervisor:notices": "/staff/requests/notices/",
    "supervisor:settings": "/staff/requests/settings/?store={store}",
    "supervisor:answers": "/staff/requests/answers/",
    "supervisor:answer-add": "/staff/requests/answers/new/",
    "supervisor:answer-change": "/staff/requests/answers/{canned}/",
    "supervisor:answer-delete": "/staff/requests/answers/{canned}/delete/",
    "supervisor:request": "/staff/requests/{store}/{request}/?canned={canned}",
    "supervisor:assign": "/staff/requests/{store}/{request}/assign/",
    "supervisor:articles": "/staff/articles/",
    "supervisor:article-new": "/staff/articles/new/",
    "supervisor:article": "/staff/articles/{article}/",
    "supervisor:article-destroy": "/staff/articles/{deleted_article}/destroy/",
    "catalog:staff-products": "/staff/products/",
    "catalog:product-create": "/staff/products/new/",
    "catalog:product-edit": "/staff/products/{id}/",
    "catalog:product-delete": "/staff/products/{id}/delete/",
    "catalog:product-history": "/staff/products/{id}/history/",
    "catalog:import-upload": "/staff/products/import/",
}
MORE_STAFF_STATES = [
    "/staff/organisation/transfer/",
    "/staff/requests/?since=yesterday",
    "/staff/articles/?q=zygote",
    "/staff/articles/?state=deleted",
    "/staff/articles/{deleted_article}/",
    "/staff/requests/callbacks/?shown=1",
]
# Addresses that are no pages: they redirect, take forms only, or answer something else.
NO_PAGES = {
    # What is done with a request; `test_queue_journey` does it.
    "supervisor:answer",
    "supervisor:add",
    "supervisor:duty",
    "supervisor:next",
    "supervisor:note",
    "supervisor:priority",
    "supervisor:step",
    "supervisor:article-delete",
    "supervisor:article-restore",
    "organisation:role-restore",
    "organisation:invitation-resend",
    "organisation:invitation-withdraw",
    "organisation:person-deactivate",
    "organisation:person-reactivate",
    "organisation:person-restore",
    "accounts:logout",
    "accounts:end-session",
    "accounts:end-other-sessions",
    "accounts:data-file",
    "accounts:erase",
    "accounts:revoke-token",
    "organisation:revoke-token",
    # Behind links in mails; `test_address_journeys` goes through them.
    "accounts:signup-confirm",
    "accounts:email-confirm",
    # Of a deleted organisation; `test_removal_journey` goes through it.
    "accounts:restore-organisation",
    "accounts:second-factor-begin",
    "accounts:second-factor-off",
    # Between password and second factor; `test_second_factor_journey` goes through them.
    "accounts:login-code",
    "accounts:recovery-codes",
    "organisation:store-restore",
    "catalog:picture",
    "catalog:product-duplicate",
    "catalog:product-short",
    "catalog:product-status",
    "catalog:products-status",
    "catalog:robots",
    "catalog:sitemap",
    "catalog:sitemap-index",
    "catalog:import-template",
    "catalog:export-csv",
    "catalog:export-ndjson",
    # Within an upload; `test_import_journey` goes through them.
    "catalog:import-job",
    "catalog:import-mapping",
    "catalog:import-confirm",
    "catalog:import-step",
    "catalog:import-errors",
}


@pytest.fixture
def shop(alice: User) -> Product:
    def make(number: int, **raw: Any) -> Product:
        values = {
            "sku": f"MUG-{number}",
            "name": f"Blue mug {number}",
            "price": "12.50",
            "currency": "EUR",
            "brand": "Acme",
            "category": "Kitchen/Mugs" if number % 2 else "Kitchen/Cups",
            "status": "public",
            "image_url": f"/pictures/mug-{number}.svg" if number % 3 else "",
            "description": "A mug for the morning, and for the afternoon as well.",
        }
        return services.create_product(actor=alice.actor, raw={**values, **raw}).product

    for number in range(1, 28):
        make(number)
    long_name = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz " * 3
    return make(99, name=long_name.strip(), brand="Acme", stock="low_stock", gtin="4006381333931")


@pytest.fixture
def stores(alice: User) -> dict[str, str]:
    """`store` and `deleted_store`."""
    store = make_store(alice, "Rindfleischetikettierung " * 5, number="1", opening_hours=HOURS)
    deleted = make_store(alice, "Closed down").store_id
    delete_store(actor=alice.actor, store_id=deleted, version=1)
    return {"store": store.store_id, "deleted_store": deleted}


@pytest.fixture
def role(alice: User) -> str:
    """One of seven with long names; another is deleted."""
    deleted = made_role(alice, "Closed down")
    delete_role(actor=alice.actor, role_id=deleted.role_id, version=1)
    for number in range(6):
        made_role(alice, f"Night shift {number}", "catalog.view_product")
    return made_role(alice, "Rindfleischetikettierung " * 6, "catalog.add_product").role_id


@pytest.fixture
def tokens(alice: User) -> None:
    make_token(alice, "catalog.view_product", "accounts.view_user", name="Stock robot")
    expired, _ = make_token(alice, name="Rindfleischetikettierungsüberwachung " * 4)
    amend_token(expired, expires_at=1)


@pytest.fixture
def articles(alice: User, stores: dict[str, str]) -> dict[str, str]:
    """`article`, with a long title, corrected once; `deleted_article`."""
    raw = {"text": "Within thirty days.", "tags": ["returns"], "store_id": stores["store"]}
    actor = alice.actor
    deleted = knowledge.create_article(actor=actor, raw={**raw, "title": "Parking"}).article
    knowledge.delete_article(actor=actor, article_id=deleted.id, version=1)
    title = ("Rindfleischetikettierung " * 4).strip()
    made = knowledge.create_article(actor=actor, raw={**raw, "title": title}).article
    text = {"text": "Rindfleischetikettierung" * 6}
    knowledge.change_article(actor=actor, article_id=made.id, raw=text, version=1)
    return {"article": made.id, "deleted_article": deleted.id}


@pytest.fixture
def asked(alice: User, stores: dict[str, str]) -> dict[str, str]:
    """`request`, and `canned`: a canned answer. There is a secret that signs calls."""
    signing_secrets.secrets_to_sign_with(alice.org_id)
    long_word = "Rindfleischetikettierungsüberwachungsaufgabe"
    raw = {"header": long_word, "body": f"{long_word} " * 9, "priority": 7, "tags": ["returns"]}
    made = requests.ask(actor=alice.actor, store_id=stores["store"], raw=raw).request
    keys = {"store_id": made.store_id, "request_id": made.id}
    requests.note(actor=alice.actor, **keys, text=long_word * 4)
    answered = requests.ask(actor=alice.actor, store_id=stores["store"], raw=raw).request
    keys = {"store_id": answered.store_id, "request_id": answered.id}
    requests.answer(actor=alice.actor, **keys, text="Yes.")
    canned = canned_answers.add_canned_answer(actor=alice.actor, title=long_word, text="Yes.")
    return {"request": made.id, "canned": canned.id}


@pytest.fixture
def people(alice: User, invitation: str) -> dict[str, str]:
    """`colleague`, `deleted`, and `secured` by a second factor; and somebody is invited."""
    store_ids = [store_of(alice, f"Branch {number}") for number in range(3)]
    colleague = member(alice, "Rindfleisch" * 5, "staff", stores=store_ids)
    deleted = member(alice, "Gus", "viewer")
    delete_person(actor=acting(alice), user_id=deleted.user_id)
    secured = member(alice, "Sue", "staff")
    switch_on(secured)
    return {
        "colleague": colleague.user_id,
        "deleted": deleted.user_id,
        "secured": secured.user_id,
    }


@pytest.fixture
def invitation(alice: User) -> str:
    invite(alice, "a" * 60 + "@" + "b" * 60 + ".example.com")
    return mailed_token()


@pytest.fixture
def link(alice: User) -> str:
    return issue_reset_link(actor=alice.actor, user=alice).token


def routes(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace
            yield from routes(pattern.url_patterns, f"{inner}:" if inner else namespace)
        elif pattern.name:
            yield namespace + pattern.name


def test_no_page_is_forgotten() -> None:
    known = PUBLIC_PAGES.keys() | STAFF_PAGES.keys() | NO_PAGES
    apps = ("catalog:", "accounts:", "organisation:", "supervisor:")
    assert {name for name in routes(get_resolver().url_patterns) if name.startswith(apps)} == known


# One loading of a page is looked at in both: the style follows the window and the system's theme.
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((PHONE, "light"), (DESKTOP, "dark"))

# The API reference shows a hundred operations with the same lines of a template, and axe takes its
# time with each: two of each group stand for all.
FEWER_OF_A_KIND = """
    document.querySelectorAll("article.app-api__operation:nth-of-type(n+3)")
        .forEach(article => article.remove())
"""


def check(page: Page, address: str) -> None:
    response = page.goto(address)
    assert response is not None
    assert response.status < 500, address
    assert page.locator("h1").count() == 1, address
    for width in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) <= 0, f"{address} scrolls sideways at {width} pixels"
    page.evaluate(FEWER_OF_A_KIND)
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert accessibility_findings(page) == [], f"{address} {theme}"


def test_public_pages(open_page: OpenPage, shop: Product, link: str, invitation: str) -> None:
    page = open_page()
    for address in [*PUBLIC_PAGES.values(), *MORE_PUBLIC_STATES]:
        check(page, address.format(id=shop.id, link=link, invitation=invitation))


def test_staff_pages(
    open_page: OpenPage,
    shop: Product,
    stores: dict[str, str],
    role: str,
    articles: dict[str, str],
    asked: dict[str, str],
    tokens: None,
    people: dict[str, str],
    alice: User,
    log_in: Callable[[Page, User], None],
) -> None:
    page = open_page()
    log_in(page, alice)
    for address in [*STAFF_PAGES.values(), *MORE_STAFF_STATES]:
        check(
            page,
            address.format(id=shop.id, role=role, **articles, **asked, **stores, **people),
        )


def test_pages_in_spanish_fit_as_well(
    open_page: OpenPage, shop: Product, link: str, invitation: str
) -> None:
    page = open_page(width=PHONE, locale="es")
    for address in PUBLIC_PAGES.values():
        page.goto(address.format(id=shop.id, link=link, invitation=invitation))
        assert overflow(page) <= 0, f"{address} scrolls sideways"
        assert page.locator("html").get_attribute("lang") == "es"
