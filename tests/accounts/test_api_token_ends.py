"""What ends API tokens for good, and who may end them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from accounts import repository
from accounts.api_tokens import repository as tokens
from accounts.api_tokens import selectors, services
from accounts.api_tokens.errors import TooManyTokens
from accounts.entities import User
from accounts.people import managing
from accounts.personal_data import erasure
from accounts.removal import services as removals
from tests.accounts.actions import stored
from tests.accounts.api_tokens import VIEW_PEOPLE, amend, confirmed, make, with_roles, works
from tests.accounts.browsers import logged_in
from tests.accounts.imports import import_people
from tests.accounts.removal.interposing import before_write
from tests.accounts.removal.shops import server

pytestmark = pytest.mark.usefixtures("store")


def deactivated(user: User, by: User) -> None:
    managing.deactivate_person(actor=confirmed(by), user_id=user.user_id)
    managing.reactivate_person(actor=confirmed(by), user_id=user.user_id)


def deleted(user: User, by: User) -> None:
    managing.delete_person(actor=confirmed(by), user_id=user.user_id)
    managing.restore_person(actor=confirmed(by), user_id=user.user_id)


def deleted_by_an_import(user: User, by: User) -> None:
    import_people({"email": user.email, "deleted": True}, owner=by)
    managing.restore_person(actor=confirmed(by), user_id=user.user_id)


@pytest.mark.parametrize("out_and_in", [deactivated, deleted, deleted_by_an_import])
def test_they_do_not_come_back_with_their_owner(
    alice: User, bob: User, out_and_in: Callable[[User, User], None]
) -> None:
    manager = with_roles(bob, "manager")
    token, text = make(manager)
    assert works(text)
    out_and_in(manager, alice)
    assert stored(bob).may_log_in
    assert not works(text)
    (row,) = selectors.list_tokens(confirmed(alice)).items
    assert not row.works
    assert "does not work" in logged_in(stored(bob)).get("/accounts/tokens/").content.decode()
    ended = stored(bob).tokens_ended_at
    assert ended is not None
    amend(token, created_at=int((ended + timedelta(seconds=1)).timestamp()))
    assert works(text), "as one that was made afterwards"


def test_they_come_back_with_their_organisation(alice: User) -> None:
    _, text = make(alice)
    removals.delete_organisation(actor=server(alice.org_id))
    removals.work_on(alice.org_id)
    assert not works(text)
    removals.restore_organisation(actor=server(alice.org_id))
    removals.work_on(alice.org_id)
    assert works(text)


def test_none_is_made_while_one_is_being_put_out(alice: User, bob: User) -> None:
    manager = with_roles(bob, "manager")
    out = partial(managing.deactivate_person, actor=confirmed(alice), user_id=bob.user_id)
    with before_write(1, out), pytest.raises(TooManyTokens):
        make(manager)


def test_managers_revoke_those_of_owners_too_and_while_the_owner_is_erased(
    alice: User, bob: User
) -> None:
    manager = with_roles(bob, "manager")
    token, text = make(alice)
    services.revoke_token(actor=confirmed(manager), token_id=token.token_id)
    assert not works(text)

    token, _ = make(manager, VIEW_PEOPLE)
    erase = partial(erasure.begin, actor=confirmed(alice), user=stored(bob))
    with before_write(1, erase):
        services.revoke_token(actor=confirmed(alice), token_id=token.token_id)
    assert repository.get_user(bob.org_id, bob.user_id) is None
    assert tokens.get_token(token.org_id, token.token_id) is None
