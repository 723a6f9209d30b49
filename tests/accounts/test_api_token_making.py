"""Making and revoking API tokens: who may, how many, and what comes of races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.api_tokens import repository as tokens
from accounts.api_tokens import selectors, services
from accounts.api_tokens.entities import (
    MOST_TOKENS,
    ApiToken,
)
from accounts.api_tokens.errors import (
    InvalidExpiry,
    InvalidScopes,
    TokenMade,
    TokenNotFound,
    TooManyTokens,
)
from accounts.entities import User
from accounts.errors import (
    ConfirmationNeeded,
    NameMissing,
    PermissionDenied,
)
from storage.audit import history
from storage.configuration import configuration, configure
from storage.errors import StoreBusy
from storage.meter import measure
from tests.accounts.api_tokens import (
    CHANGE,
    VIEW,
    confirmed,
    count_of,
    fill,
    make,
    with_roles,
    works,
)

pytestmark = pytest.mark.usefixtures("store")


def test_alice_may_bob_may_not_and_charlie_neither_sees_nor_revokes(
    alice: User, bob: User, charlie: User
) -> None:
    token, text = make(alice)
    with pytest.raises(PermissionDenied):
        make(bob)
    for other in (bob, charlie):
        with pytest.raises(TokenNotFound):
            services.revoke_own_token(actor=other.actor, token_id=token.token_id)
        assert selectors.list_own_tokens(actor=other.actor) == []
    with pytest.raises(PermissionDenied):
        services.revoke_token(actor=bob.actor, token_id=token.token_id)
    with pytest.raises(PermissionDenied):
        selectors.list_tokens(bob.actor)
    with pytest.raises(TokenNotFound):
        services.revoke_token(actor=charlie.actor, token_id=token.token_id)
    assert selectors.list_tokens(charlie.actor).items == ()
    for stranger in (alice.user_id, alice.org_id, "TOKEN-", "TOKEN-x", ""):
        with pytest.raises(TokenNotFound):
            services.revoke_token(actor=alice.actor, token_id=stranger)
    assert works(text)
    dora = with_roles(bob, "manager")
    services.revoke_token(actor=dora.actor, token_id=token.token_id)
    assert not works(text)
    entry = history(alice.audit_subject).items[0]
    assert (entry.action, entry.actor_id) == ("accounts.revoke_token", bob.user_id)


def test_one_has_to_have_proved_who_one_is_a_moment_ago(alice: User) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=16)
    for moment in (None, long_ago):
        with pytest.raises(ConfirmationNeeded):
            make(alice, actor=replace(alice.actor, confirmed_at=moment))


def test_nobody_gives_a_token_more_than_they_have(bob: User) -> None:
    staff = with_roles(bob, "staff")
    make(staff, VIEW, CHANGE)
    for scopes in ((), ("accounts.delete_organisation",), ("catalog.invent_product",)):
        with pytest.raises(InvalidScopes):
            services.make_token(
                actor=confirmed(staff),
                owner=staff,
                name="Robot",
                scopes=scopes,
                expires_at=datetime.now(UTC) + timedelta(days=1),
            )
    assert count_of(staff) == 1


def test_it_has_a_name_and_an_end_that_is_not_too_far(alice: User, settings: Settings) -> None:
    settings.API_TOKEN_DAYS = 10
    make(alice, days=10)
    for days in (0, -1, 12):
        with pytest.raises(InvalidExpiry):
            make(alice, days=days)
    with pytest.raises(NameMissing):
        make(alice, name=" \u202e ", days=5)


def test_the_same_form_makes_one_token(alice: User) -> None:
    token, text = make(alice)

    def again() -> None:
        services.make_token(
            actor=confirmed(alice),
            owner=alice,
            name="Robot",
            scopes=[VIEW],
            expires_at=datetime.now(UTC) + timedelta(days=1),
            token_id=token.token_id,
        )

    with pytest.raises(TokenMade):
        again()
    assert works(text)
    assert count_of(alice) == 1


def test_of_many_made_at_once_no_more_pass_than_may(alice: User) -> None:
    fill(alice, MOST_TOKENS - 3)

    def one(_: int) -> ApiToken | None:
        try:
            return make(alice)[0]
        except (TooManyTokens, StoreBusy):
            return None

    with ThreadPoolExecutor(16) as threads:
        made = [token for token in threads.map(one, range(64)) if token is not None]
    assert len(made) <= 3
    while len(made) < 3:
        made.append(make(alice)[0])
    with pytest.raises(TooManyTokens):
        make(alice)
    assert count_of(alice) == MOST_TOKENS == len(tokens.tokens_of(alice.org_id, alice.user_id))
    services.revoke_own_token(actor=alice.actor, token_id=made[0].token_id)
    make(alice)


def test_with_several_shards_own_tokens_are_one_query_all_the_same(alice: User, bob: User) -> None:
    before = configuration()
    configure(replace(before, shards=3))
    try:
        for _ in range(4):
            make(alice)
        with measure() as meter:
            assert len(selectors.list_own_tokens(actor=alice.actor)) == 4
        assert [one.operation for one in meter.calls] == ["Query", "BatchGetItem"]
        assert selectors.list_own_tokens(actor=bob.actor) == []
    finally:
        configure(before)
