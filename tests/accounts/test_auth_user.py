from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client, RequestFactory

from accounts import selectors
from accounts.entities import ANONYMOUS, User
from accounts.models import AuthUser
from accounts.sessions import SessionStore
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")


def test_the_user_of_a_request_is_the_person_in_the_store(client: Client, bob: User) -> None:
    user = authenticate(HttpRequest(), username="bob@example.com", password=PASSWORD)
    assert isinstance(user, AuthUser)
    assert user.pk == f"{bob.org_id}.{bob.user_id}"
    assert (user.get_username(), user.get_full_name(), user.get_short_name(), str(user)) == (
        "bob@example.com",
        "Bob",
        "Bob",
        "Bob",
    )
    assert user.is_authenticated
    assert user.is_active
    assert user.check_password(PASSWORD)
    assert user.has_usable_password()
    assert user.actor == bob.actor


def test_permissions_of_the_user_are_those_of_the_roles(alice: User, bob: User) -> None:
    owner, viewer = AuthUser.of(alice), AuthUser.of(bob)
    assert owner.has_perms(["accounts.view_user", "accounts.delete_user"])
    assert viewer.has_perm("accounts.view_user")
    assert not viewer.has_perm("accounts.delete_user")
    assert not viewer.has_perms(["accounts.view_user", "accounts.delete_user"])
    assert viewer.has_module_perms("accounts")
    assert "accounts.view_user" in viewer.get_all_permissions()
    assert "accounts.change_user" not in viewer.get_all_permissions()


def test_permissions_end_at_the_organisation(alice: User, charlie: User) -> None:
    owner = AuthUser.of(alice)
    assert owner.has_perm("accounts.change_user", alice)
    assert not owner.has_perm("accounts.change_user", charlie)
    assert owner.get_all_permissions(charlie) == set()


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "bob@example.com", "password": "wrong horse battery"},
        {"username": None, "password": PASSWORD},
        {"username": "bob@example.com", "password": None},
    ],
)
def test_django_is_told_only_that_it_failed(bob: User, credentials: dict[str, str | None]) -> None:
    assert authenticate(HttpRequest(), **credentials) is None


def test_people_are_changed_through_services_only(alice: User) -> None:
    for change in (AuthUser.of(alice).save, AuthUser.of(alice).delete):
        with pytest.raises(TypeError, match=r"accounts\.services"):
            change()


def test_unknown_people_are_not_found() -> None:
    for pk in ("", "ORG-1.USER-1", "nonsense"):
        with pytest.raises(AuthUser.DoesNotExist):
            AuthUser.objects.get(pk=pk)


def test_the_actor_of_a_request_is_the_person_or_nobody(rf: RequestFactory, alice: User) -> None:
    request = rf.get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    assert selectors.actor_of(request) is ANONYMOUS
    request.user = AuthUser.of(alice)
    assert selectors.actor_of(request).name == "Alice"
