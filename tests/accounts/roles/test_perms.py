"""Permissions where Django looks for them: `has_perm`, `permission_required`, `perms`; and when a
change of roles takes effect."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from accounts.entities import User
from accounts.models import AuthUser
from accounts.roles import services
from config.urls import urlpatterns as pages
from storage.meter import measure
from tests.accounts.fixtures import PASSWORD
from tests.accounts.roles.people import given, made
from tests.accounts.stores.shops import make as make_store
from tests.catalog.api_client import Api

VIEW, CHANGE = "catalog.view_product", "catalog.change_product"
PRODUCTS, NEW = "/staff/products/", "/staff/products/new/"
DJANGO_TEMPLATE = (
    "{{ perms.catalog.change_product }} {{ 'catalog.add_product' in perms }} "
    "{{ not not perms.catalog }} {{ not not perms.nowhere }}"
)


@permission_required(CHANGE)
def polite(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


@permission_required(CHANGE, raise_exception=True)
def strict(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


urlpatterns = [*pages, path("polite/", polite), path("strict/", strict)]


def browser_of(user: User) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def rendered(user: Any) -> str:
    request = RequestFactory().get("/")
    request.user = user
    return str(engines["jinja2"].from_string(DJANGO_TEMPLATE).render({}, request))


def test_templates_ask_perms(alice: User, bob: User) -> None:
    from django.contrib.auth.models import AnonymousUser

    assert rendered(AuthUser.of(alice)) == "True True True False"
    assert rendered(AuthUser.of(bob)) == "False False True False"
    assert rendered(AnonymousUser()) == "False False False False"


@override_settings(ROOT_URLCONF=__name__)
def test_views_require_permissions_as_django_does(alice: User, bob: User, client: Client) -> None:
    for place in ("/polite/", "/strict/"):
        assert browser_of(alice).get(place).content == b"in"
    assert browser_of(bob).get("/polite/").headers["Location"].startswith("/accounts/login/")
    assert client.get("/polite/").headers["Location"].startswith("/accounts/login/")
    for browser in (browser_of(bob), client):
        answer = browser.get("/strict/")
        assert answer.status_code == 403
        assert "<h1" in answer.content.decode()


def test_own_roles_count_for_has_perm(alice: User, bob: User) -> None:
    role = made(alice, "Stackers", CHANGE)
    user = AuthUser.objects.get(pk=given(bob, role.role_id).reference)
    assert user.has_perm(CHANGE)
    assert not user.has_perm(VIEW)
    assert user.has_module_perms("catalog")
    assert not user.has_module_perms("accounts")
    assert user.get_all_permissions() == {CHANGE}


def test_a_change_of_a_role_holds_from_the_next_request_at_the_same_cost(
    alice: User, bob: User
) -> None:
    role = made(alice, "Stackers", VIEW)
    bob = given(bob, role.role_id)
    browser, api = browser_of(bob), Api(bob)
    assert browser.get(NEW).status_code == 403
    assert f'href="{NEW}"' not in browser.get(PRODUCTS).content.decode()
    services.change_role(
        actor=alice.actor,
        role_id=role.role_id,
        version=1,
        permissions=[VIEW, "catalog.add_product"],
    )
    with measure() as meter:
        page = browser.get(PRODUCTS).content.decode()
    assert f'href="{NEW}"' in page
    assert [call.operation for call in meter.calls][:2] == ["GetItem", "BatchGetItem"]
    assert [call.table for call in meter.calls].count("test-accounts") == 1
    assert browser.get(NEW).status_code == 200
    assert api.get("", {"mine": "true"}).status_code == 200
    services.delete_role(actor=alice.actor, role_id=role.role_id, version=2)
    assert browser.get(PRODUCTS).status_code == 403
    assert api.get("", {"mine": "true"}).status_code == 403
    services.restore_role(actor=alice.actor, role_id=role.role_id)
    assert browser.get(NEW).status_code == 200


def test_a_role_given_during_a_session_takes_one_more_read_until_the_next_login(
    alice: User, bob: User
) -> None:
    role = made(alice, "Stackers", "catalog.add_product")
    browser = browser_of(bob)

    def reads(who: Client) -> list[str]:
        with measure() as meter:
            assert who.get("/accounts/").status_code == 200
        return [call.operation for call in meter.calls]

    assert reads(browser) == ["GetItem", "BatchGetItem"]
    given(bob, "viewer", role.role_id)
    assert browser.get(NEW).status_code == 200
    assert reads(browser) == ["GetItem", "BatchGetItem", "BatchGetItem"]
    assert reads(browser_of(bob)) == ["GetItem", "BatchGetItem"]
    page = browser.get("/accounts/").content.decode()
    assert "Stackers" in page
    assert "Viewer" in page


@pytest.mark.parametrize(
    ("codes", "seen"),
    [
        ((), set()),
        ((VIEW,), {"My products"}),
        (("accounts.view_user",), {"People"}),
        (("accounts.view_organisation",), {"Organisation"}),
    ],
    ids=["nothing", "products", "people", "organisation"],
)
def test_the_menu_shows_only_what_one_may_see(
    alice: User, bob: User, codes: tuple[str, ...], seen: set[str]
) -> None:
    role = made(alice, "Some", *codes)
    browser = browser_of(given(bob, role.role_id))
    answer = browser.get("/staff/")
    leads = PRODUCTS if VIEW in codes else "/accounts/"
    assert answer.headers["Location"] == leads
    page = browser.get(leads).content.decode()
    header = page[page.index("<header") : page.index("</header>")]
    for name in ("My products", "People", "Organisation"):
        assert (f">{name}</a>" in header) == (name in seen)
    assert ">My account</a>" in header


def test_who_is_bound_to_stores_holds_what_is_of_a_store_there_only(alice: User, bob: User) -> None:
    here, elsewhere = make_store(alice, "Here"), make_store(alice, "Elsewhere")
    bob = given(bob, "manager", stores=frozenset({here.store_id}))
    user = AuthUser.objects.get(pk=bob.reference)
    for code in ("accounts.view_store", "accounts.change_store"):
        assert user.has_perm(code)
        assert user.has_perm(code, here)
        assert not user.has_perm(code, elsewhere)
    assert user.has_perm("catalog.change_product")
