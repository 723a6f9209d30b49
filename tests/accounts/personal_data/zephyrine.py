"""Somebody whose every trace can be told from everybody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.core import mail
from django.utils import translation

from accounts import (
    organisations,
    own_sessions,
    profile,
    refresh,
    repository,
    reset_links,
    services,
)
from accounts.addresses.change import confirm_email_change, request_email_change
from accounts.api_tokens.selectors import list_own_tokens
from accounts.api_tokens.services import make_token, revoke_own_token
from accounts.entities import User
from accounts.people.invitations import accept_invitation, invite_person
from accounts.people.managing import change_access, delete_person, restore_person
from accounts.stores.services import create_store
from catalog import services as catalog
from storage.scanning import scan_pages
from storage.table import registered_tables
from tests.accounts.actions import CLIENT, log_in, stored
from tests.accounts.browsers import logged_in
from tests.accounts.fixtures import PASSWORD
from tests.accounts.second_factors import confirmed, switch_on

NAME = "Zephyrine Quixworth"
FIRST_ADDRESS = "Z.Quixworth@example.com"
ADDRESS = "Zephyrine@Example.com"
GUEST = "guest@example.com"
TIME_ZONE = "Pacific/Chatham"
TOKEN = "Kumquat of Zephyrine"
# What is about her and nobody else, wherever it stands.
TRACES = {
    *("zephyrine", "quixworth", "pacific/chatham", '"es"', "kumquat", "firefox", "linux", "curl"),
}


def lived_in(owner: User, stranger: User) -> User:
    """Invited, promoted, at home everywhere; a stranger knows her address as well."""
    user = _joined(owner)
    user = profile.change_profile(
        user=stored(user),
        version=stored(user).version or 0,
        said={"name": NAME, "language": "es", "time_zone": TIME_ZONE, "theme": "dark"},
    )
    _passwords(owner, user)
    user = _moved(stored(user))
    delete_person(actor=owner.actor, user_id=user.user_id)
    restore_person(actor=owner.actor, user_id=user.user_id)
    _sessions(stored(user))
    _tokens(stored(user))
    _promoted(owner, stored(user))
    _at_work(stored(user))
    _invited(stranger, ADDRESS)
    switch_on(stored(user))
    mail.outbox.clear()
    # Her requests spoke her language.
    translation.deactivate()
    return stored(user)


def traces_in(text: str) -> set[str]:
    return {trace for trace in TRACES if trace in text.casefold()}


def raw_items() -> Iterator[str]:
    """Every item of every table, documents inside included."""
    for table in registered_tables():
        for page in scan_pages(table.physical_name()):
            for item in page.items:
                text = json.dumps(item, default=repr, ensure_ascii=False)
                yield text.replace('\\"', '"')


def residue() -> list[str]:
    return [item for item in raw_items() if traces_in(item)]


def _invited(inviter: User, email: str) -> str:
    """The token of the link."""
    links: list[str] = []

    def link_to(token: str) -> str:
        links.append(token)
        return f"https://shop.example.com/{token}"

    actor = stored(inviter).actor
    invite_person(actor=actor, email=email, roles=["staff"], stores=None, link_to=link_to)
    (token,) = links
    return token


def _accepted(token: str, name: str) -> User:
    # Pages of somebody who reads Spanish came before.
    with translation.override("en"):
        return accept_invitation(token=token, name=name, password=PASSWORD, client_address=CLIENT)


def _joined(owner: User) -> User:
    return _accepted(_invited(owner, FIRST_ADDRESS), "Zephyrine")


def _passwords(owner: User, user: User) -> None:
    link = reset_links.issue_reset_link(actor=owner.actor, user=stored(user))
    new = "quite another battery"
    reset_links.set_password_with_link(token=link.token, new_password=new, client_address=CLIENT)
    services.change_password(
        user=stored(user), client_address=CLIENT, current_password=new, new_password=PASSWORD
    )


def _moved(user: User) -> User:
    paths: list[str] = []

    def absolute(path: str) -> str:
        paths.append(path)
        return f"https://shop.example.com{path}"

    request_email_change(
        actor=confirmed(user),
        user=user,
        email=ADDRESS,
        client_address=CLIENT,
        absolute=absolute,
    )
    token = paths[0].rstrip("/").rpartition("/")[2]
    return confirm_email_change(user=stored(user), token=token, client_address=CLIENT)


def _sessions(user: User) -> None:
    """Two in browsers, of which one is ended, and one of a program; and somebody guessed."""
    browser = logged_in(user)
    logged_in(user)
    assert browser.post("/accounts/login/", {"email": ADDRESS, "password": "?"}).status_code == 422
    refresh.start_family(user=user, user_agent="curl/8.5.0 (X11; Linux)")
    sessions = own_sessions.list_own_sessions(user=user)
    first = next(session for session in sessions if not session.is_program)
    own_sessions.end_session(user=user, session_id=first.id)
    log_in(ADDRESS)


def _tokens(user: User) -> None:
    """Two, of which one is revoked."""
    actor = confirmed(user)
    for name in (TOKEN, f"{TOKEN} the elder"):
        make_token(
            actor=actor,
            owner=user,
            name=name,
            scopes=["catalog.view_product"],
            expires_at=datetime.now(UTC) + timedelta(days=7),
        )
    revoke_own_token(actor=actor, token_id=list_own_tokens(actor=actor)[0].token_id)


def _promoted(owner: User, user: User) -> None:
    for roles in (("manager",), ("owner",)):
        version = stored(user).version or 0
        change_access(actor=confirmed(owner), user_id=user.user_id, version=version, roles=roles)


def _at_work(user: User) -> None:
    actor = confirmed(user)
    product = {"sku": "MUG-1", "name": "Blue mug", "price": "12.50", "currency": "EUR"}
    catalog.create_product(actor=actor, raw=product)
    create_store(actor=actor, said={"name": "Harbour", "time_zone": "UTC"})
    organisation = repository.get_organisation(user.org_id)
    assert organisation is not None
    version = organisation.version or 0
    organisations.rename_organisation(actor=actor, name="A Shop", version=version)
    _accepted(_invited(user, "colleague@example.com"), "Colleague")
    _invited(user, GUEST)
