"""API tokens: what they open, what ends them, and what the store has of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import repository
from accounts import services as people
from accounts.api_tokens import repository as tokens
from accounts.api_tokens import selectors, services
from accounts.api_tokens.bearer import actor_of_api_token
from accounts.api_tokens.entities import (
    MOST_TOKENS,
    Scoped,
    new_secret,
    read_text,
)
from accounts.api_tokens.errors import (
    InvalidScopes,
    TokenNotFound,
)
from accounts.entities import Organisation, User
from accounts.errors import (
    ConfirmationNeeded,
    InvalidToken,
    PermissionDenied,
)
from accounts.permissions import CustomRole, Grants, Role, declared_codes
from accounts.tables import AccountItem, role_item
from storage.audit import history
from storage.client import call
from storage.errors import StoreUnavailable
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import CLIENT, change, stored
from tests.accounts.api_tokens import (
    ADD,
    CHANGE,
    ME,
    PEOPLE,
    VIEW,
    VIEW_PEOPLE,
    amend,
    confirmed,
    count_of,
    fill,
    make,
    send,
    with_roles,
    works,
)
from tests.accounts.fixtures import PASSWORD

pytestmark = pytest.mark.usefixtures("store")

CODES = sorted(["accounts.add_user", "catalog.delete_product", VIEW, CHANGE, VIEW_PEOPLE])


def raw(user: User) -> str:
    return str(call("Scan", {"TableName": AccountItem.physical_name()})["Items"])


def change_organisation(user: User, **changes: Any) -> None:
    organisation = repository.get_organisation(user.org_id, consistent=True)
    assert organisation is not None
    transaction = Transaction()
    changed: Organisation = replace(organisation, **changes)
    repository.change_organisation(transaction, changed)
    transaction.commit()


# What it is


def test_a_token_speaks_for_its_owner_and_the_store_cannot_be_read_for_it(alice: User) -> None:
    token, text = make(alice, name="Stock robot")
    assert text.startswith(token.prefix)
    assert len(token.prefix) == 10
    assert works(text)
    actor = actor_of_api_token(text)
    assert (actor.user_id, actor.org_id) == (alice.user_id, alice.org_id)
    assert actor.name == "Alice · Stock robot"
    secret = read_text(text).secret  # type: ignore[union-attr]
    everything = raw(alice)
    assert text[10:] not in everything
    assert text[-40:] not in everything
    assert secret.hex() not in everything
    assert base64.b64encode(secret).decode() not in everything
    assert token.digest in everything


def test_making_one_is_in_the_history_and_its_owner_is_told(
    alice: User, mailoutbox: list[Any]
) -> None:
    token, text = make(alice)
    entry = history(alice.audit_subject).items[0]
    assert (entry.action, entry.actor_id) == ("accounts.add_token", alice.user_id)
    assert entry.changes["token"] == (None, f"Robot ({token.prefix}…)")
    assert entry.changes["scopes"] == (None, [VIEW_PEOPLE])
    (mail,) = mailoutbox
    assert mail.to == [alice.email]
    assert token.prefix in mail.body
    assert text not in mail.body + str(entry.changes)


@pytest.mark.parametrize(
    ("spoil", "requests"),
    [
        (lambda text: text[:-1], 0),
        (lambda text: text + "A", 0),
        (lambda text: text.replace("brk_", "BRK_"), 0),
        (lambda text: "brk_" + "é" * (len(text) - 4), 0),
        (lambda text: "brk_" + "=" * (len(text) - 4), 0),
        # Two bits of the last character say nothing, so another one would read the same.
        (lambda text: text[:-1] + chr(ord(text[-1]) + 1), 0),
        (lambda text: str(read_text(text)._replace(secret=new_secret())), 1),  # type: ignore[union-attr]
        (lambda text: str(read_text(text)._replace(token_id=f"TOKEN-{UUID}")), 1),  # type: ignore[union-attr]
        (lambda text: str(read_text(text)._replace(user_id=f"USER-{UUID}")), 1),  # type: ignore[union-attr]
        (lambda text: str(read_text(text)._replace(org_id=f"ORG-{UUID}")), 1),  # type: ignore[union-attr]
    ],
    ids=["cut", "long", "case", "accents", "padding", "spelling", "secret", "id", "user", "org"],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    alice: User, spoil: Callable[[str], str], requests: int
) -> None:
    _, text = make(alice)
    with measure() as meter, pytest.raises(InvalidToken):
        actor_of_api_token(spoil(text))
    assert len(meter.calls) == requests
    answer = send(spoil(text).encode("utf-8", "replace").decode("latin-1"))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert works(text)


UUID = "11111111-2222-4333-8444-555555555555"


def test_a_token_with_the_ids_of_somebody_else_in_it_is_no_token(alice: User, bob: User) -> None:
    _, text = make(alice)
    said = read_text(text)
    assert said is not None
    with pytest.raises(InvalidToken):
        actor_of_api_token(str(said._replace(user_id=bob.user_id)))


def test_expired_is_expired(alice: User) -> None:
    token, text = make(alice)
    amend(token, expires_at=int(datetime.now(UTC).timestamp()))
    assert not works(text)
    assert [one.has_expired for one in selectors.list_own_tokens(actor=alice.actor)] == [True]


def test_one_that_was_deleted_with_its_organisation_is_refused(alice: User) -> None:
    token, text = make(alice)
    amend(token, deleted_at=int(datetime.now(UTC).timestamp()))
    assert not works(text)


# What it may do


@given(
    roles=st.sets(st.sampled_from([*Role])),
    own=st.sets(st.sampled_from(CODES)),
    scopes=st.sets(st.sampled_from(CODES)),
)
def test_scopes_never_give_more_than_the_owner_has(
    roles: set[Role], own: set[str], scopes: set[str]
) -> None:
    held = Grants(tuple(roles), frozenset(own))
    scoped = Scoped(held, frozenset(scopes))
    for code in declared_codes() | {"catalog.invent_product", ""}:
        assert (code in scoped) == (code in scopes and code in held)


def test_it_does_what_its_scopes_say_and_nothing_else(alice: User) -> None:
    _, text = make(alice, VIEW_PEOPLE)
    assert send(text).status_code == 200
    assert not actor_of_api_token(text).may("accounts.change_organisation", alice.org_id)
    body = b'{"sku": "A", "name": "A", "price": "1.00", "currency": "EUR"}'
    assert send(text, "/api/v1/products", "POST", body).status_code == 403
    _, may = make(alice, ADD)
    assert send(may, "/api/v1/products", "POST", body).status_code == 201
    assert send(may).status_code == 403


def test_a_role_taken_away_takes_it_from_the_token_on_the_next_request(alice: User) -> None:
    _, text = make(alice, VIEW_PEOPLE, ADD)
    org = alice.org_id
    assert actor_of_api_token(text).may(ADD, org)
    with_roles(alice, "viewer")
    assert not actor_of_api_token(text).may(ADD, org)
    assert actor_of_api_token(text).may(VIEW_PEOPLE, org)
    with_roles(alice)
    assert not actor_of_api_token(text).may(VIEW_PEOPLE, org)
    assert send(text).status_code == 403
    with_roles(alice, "owner")
    assert works(text)


def test_in_every_role_it_may_what_is_in_its_scopes_and_its_owner_may(alice: User) -> None:
    _, text = make(alice, *CODES)
    for role in Role:
        owner = with_roles(alice, role).actor
        actor = actor_of_api_token(text)
        for code in declared_codes():
            expected = code in CODES and owner.may(code, alice.org_id)
            assert actor.may(code, alice.org_id) == expected, (role, code)
            assert actor.may_give([code]) == expected
            assert not actor.may(code, "ORG-of-somebody-else")


def test_own_roles_count_and_cost_one_request_more(alice: User, bob: User) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    role = CustomRole(
        alice.org_id,
        f"ROLE-{UUID}",
        "Robots",
        frozenset({ADD, "accounts.add_token"}),
        now,
        now,
    )
    transaction = Transaction()
    transaction.put(role_item(role))
    transaction.commit()
    bob = with_roles(bob, role.role_id)
    member = repository.get_membership(bob.org_id, bob.user_id)
    assert member is not None
    actor = replace(member.actor, confirmed_at=datetime.now(UTC))
    _, text = make(bob, ADD, actor=actor)
    actor_of_api_token(text)
    with measure() as meter:
        assert actor_of_api_token(text).may(ADD, bob.org_id)
    assert [one.operation for one in meter.calls] == ["BatchGetItem"] * 2


def test_the_stores_of_the_owner_bound_the_token(alice: User) -> None:
    _, text = make(alice, "accounts.view_store")
    change(replace(stored(alice), stores=frozenset({"STORE-1"})))
    actor = actor_of_api_token(text)
    assert actor.may("accounts.view_store", alice.org_id, "STORE-1")
    assert not actor.may("accounts.view_store", alice.org_id, "STORE-2")


def test_it_never_counts_as_confirmed_and_makes_no_tokens(alice: User) -> None:
    actor = actor_of_api_token(make(alice, VIEW)[1])
    with pytest.raises(ConfirmationNeeded):
        actor.require_confirmation()
    with pytest.raises(PermissionDenied):
        make(alice, VIEW, actor=actor)
    offered = {
        one.code for group in selectors.scope_groups(alice.actor) for one in group.permissions
    }
    for code in ("add_token", "delete_organisation", "transfer_organisation"):
        assert f"accounts.{code}" not in offered
        with pytest.raises(InvalidScopes):
            make(alice, f"accounts.{code}")


# What ends it


@pytest.mark.parametrize("field", ["deactivated_at", "deleted_at"])
def test_it_is_refused_while_its_owner_may_not_log_in(alice: User, field: str) -> None:
    _, text = make(alice)
    gone: dict[str, Any] = {field: datetime.now(UTC)}
    change(replace(stored(alice), **gone))
    assert not works(text)
    back: dict[str, Any] = {field: None}
    change(replace(stored(alice), **back))
    assert works(text)


def test_it_is_refused_while_the_organisation_is_deleted(alice: User) -> None:
    _, text = make(alice)
    change_organisation(alice, deleted_at=datetime.now(UTC))
    answer = send(text)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    change_organisation(alice, deleted_at=None)
    assert works(text)


def test_it_is_refused_until_its_owner_has_the_second_factor_that_is_asked_for(
    alice: User,
) -> None:
    _, text = make(alice)
    change_organisation(alice, second_factor_required=True)
    for path in (PEOPLE, ME):
        answer = send(text, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")
    change(replace(stored(alice), second_factor_since=datetime.now(UTC)))
    assert works(text)


def test_it_survives_a_new_password(alice: User) -> None:
    _, text = make(alice)
    people.change_password(
        user=alice,
        client_address=CLIENT,
        current_password=PASSWORD,
        new_password="a brand new password",
    )
    assert works(text)


def test_revoking_works_at_once_and_once(alice: User) -> None:
    (token, text), (_, other) = make(alice), make(alice)
    services.revoke_own_token(actor=alice.actor, token_id=token.token_id)
    assert not works(text)
    assert works(other)
    assert [one.prefix for one in selectors.list_own_tokens(actor=alice.actor)] == [other[:10]]
    entry = history(alice.audit_subject).items[0]
    assert entry.changes == {"token": (f"Robot ({token.prefix}…)", None)}
    with pytest.raises(TokenNotFound):
        services.revoke_own_token(actor=alice.actor, token_id=token.token_id)
    assert count_of(alice) == 1


def test_all_can_be_revoked_at_once_and_nobody_elses(alice: User, bob: User) -> None:
    fill(alice, MOST_TOKENS)
    _, his = make(bob, actor=replace(confirmed(bob), permissions=alice.actor.permissions))
    with ThreadPoolExecutor(4) as threads:
        counts = threads.map(lambda _: services.revoke_own_tokens(actor=alice.actor), range(4))
        assert sum(counts) == MOST_TOKENS
    assert selectors.list_own_tokens(actor=alice.actor) == []
    assert count_of(alice) == 0
    assert works(his)


# What it costs


def test_a_request_costs_one_read_and_once_an_hour_a_write(alice: User) -> None:
    token, text = make(alice)
    with measure() as meter:
        send(text)
        send(text)
    first = [("BatchGetItem", "test-accounts"), ("UpdateItem", "test-accounts")]
    work = ("Query", "test-accounts")
    assert [(one.operation, one.table) for one in meter.calls] == [*first, work, first[0], work]
    assert meter.calls[0].capacity == 3.0
    (listed,) = selectors.list_own_tokens(actor=alice.actor)
    assert listed.last_used_at is not None
    assert datetime.now(UTC) - listed.last_used_at < timedelta(minutes=1)
    an_hour_ago = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    amend(token, last_used_at=an_hour_ago)
    with measure() as meter:
        actor_of_api_token(text)
    assert [one.operation for one in meter.calls] == ["BatchGetItem", "UpdateItem"]


def test_noting_the_use_fails_quietly_and_brings_nothing_back(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, text = make(alice)
    services.revoke_own_token(actor=alice.actor, token_id=token.token_id)
    now = datetime.now(UTC)
    tokens.note_use(token, now, not_since=now - timedelta(hours=1))
    assert tokens.get_token(alice.org_id, token.token_id) is None

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise StoreUnavailable("UpdateItem")

    _, text = make(alice)
    monkeypatch.setattr(AccountItem, "amend", refuse)
    assert works(text)


def test_a_page_of_everybodys_tokens_is_one_query_and_one_read_of_their_owners(
    alice: User, bob: User
) -> None:
    fill(alice, 30)
    fill(bob, 30)
    with measure() as meter:
        page = selectors.list_tokens(alice.actor)
    assert [one.operation for one in meter.calls] == ["Query", "BatchGetItem"]
    assert len(page.items) == selectors.PAGE
    rest = selectors.list_tokens(alice.actor, cursor=page.next_cursor)
    ids = {row.token.token_id for row in (*page.items, *rest.items)}
    assert len(ids) == 60
    assert rest.next_cursor is None
    assert {row.owner.name for row in page.items if row.owner} == {"Alice", "Bob"}
    assert all(row.works for row in page.items)
