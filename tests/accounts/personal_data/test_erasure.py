"""Who may be erased, what happens at once, and that what is left gets done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import repository
from accounts.api_tokens.services import make_token
from accounts.entities import Actor, Role, User
from accounts.errors import ChangedMeanwhile, ConfirmationNeeded, PermissionDenied, UserNotFound
from accounts.people.repository import invitation_to
from accounts.personal_data import keepers as registry
from accounts.personal_data.entities import Erasure
from accounts.personal_data.erasure import (
    begin,
    due_erasures,
    erase_own_account,
    erase_person,
    erased,
    finish,
    work_on,
)
from accounts.personal_data.errors import NotDeleted, OnlyOwner, WrongAddress
from accounts.personal_data.export import document_of
from accounts.personal_data.keepers import Section, keep_personal_data
from accounts.personal_data.repository import get_erasure
from accounts.tokens import issue_token
from storage.audit import audit_item, entries_by, history
from storage.client import shared_client
from storage.errors import StoreUnavailable
from storage.transactions import Transaction
from tests.accounts.actions import change, sign_up, stored
from tests.accounts.browsers import is_logged_in, logged_in
from tests.accounts.people.company import invite
from tests.accounts.personal_data.zephyrine import residue
from tests.accounts.second_factors import confirmed
from tests.storage.faults import injected, refusal

ME = "/api/v1/users/me"


class Killed(BaseException):
    """As `kill -9`: nothing gets to clean up."""


@contextmanager
def killed_after(writes: int) -> Iterator[None]:
    """Whoever has written so often inside the block asks the store for nothing any more."""
    left = writes

    def listen(model: Any, **_: Any) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        if model.name in ("TransactWriteItems", "UpdateItem"):
            left -= 1

    events = shared_client().meta.events
    events.register("before-call.dynamodb", listen)
    try:
        with suppress(Killed):
            yield
    finally:
        events.unregister("before-call.dynamodb", listen)


def status(credential: str) -> int:
    answer = Client().get(ME, headers={"Authorization": f"Bearer {credential}"})
    return answer.status_code


def server(user: User) -> Actor:
    return Actor.system(org_id=user.org_id)


def token_of(user: User) -> str:
    _token, text = make_token(
        actor=confirmed(user),
        owner=user,
        name="laptop",
        scopes=["catalog.view_product"],
        expires_at=datetime.now(UTC) + timedelta(days=2),
    )
    return text


def finish_erasures() -> list[str]:
    """`User.pk` of those that were due."""
    finished = []
    for erasure in due_erasures():
        finish(erasure)
        finished.append(erasure.pk)
    return finished


def note(user: User, subject: str = "thing#1", count: int = 1) -> None:
    transaction = Transaction()
    for _ in range(count):
        transaction.put(
            audit_item(
                subject=subject,
                actor_id=user.user_id,
                actor_name=user.name,
                action="things.change",
                changes={"owner": (user.name, "x"), "size": (1, 2)},
            )
        )
    transaction.commit()


def test_everything_that_logs_in_is_void_at_once(alice: User, bob: User) -> None:
    change(replace(stored(bob), roles=(Role.MANAGER,)))
    browser, access, text = logged_in(bob), issue_token(stored(bob)).text, token_of(stored(bob))
    assert (is_logged_in(browser), status(access), status(text)) == (True, 200, 200)
    begin(actor=server(bob), user=stored(bob))
    assert (is_logged_in(browser), status(access), status(text)) == (False, 401, 401)
    assert repository.membership_by_email("bob@example.com") is None
    assert sign_up("bob@example.com").user_id != bob.user_id
    (entry,) = history(bob.audit_subject).items[:1]
    assert (entry.action, entry.actor_id) == ("accounts.erase_user", "SYSTEM")


def test_oneself_is_erased_with_address_and_confirmation(alice: User, bob: User) -> None:
    with pytest.raises(ConfirmationNeeded):
        erase_own_account(actor=bob.actor, email="bob@example.com")
    for typed in ("alice@example.com", "nonsense", ""):
        with pytest.raises(WrongAddress):
            erase_own_account(actor=confirmed(bob), email=typed)
    assert repository.get_user(bob.org_id, bob.user_id) is not None
    assert work_on(erase_own_account(actor=confirmed(bob), email=" BOB@example.com"))
    assert repository.get_user(bob.org_id, bob.user_id) is None
    with pytest.raises(UserNotFound):
        erase_own_account(actor=replace(bob.actor, confirmed_at=datetime.now(UTC)), email="x@y.z")


def test_a_manager_erases_who_was_deleted_before(alice: User, bob: User, charlie: User) -> None:
    with pytest.raises(NotDeleted):
        erase_person(actor=confirmed(alice), user=bob)
    change(replace(stored(bob), deleted_at=datetime.now(UTC)))
    gone = stored(bob)
    for actor, refusal_ in (
        (confirmed(charlie), PermissionDenied),
        (replace(bob.actor, confirmed_at=datetime.now(UTC)), PermissionDenied),
        (alice.actor, ConfirmationNeeded),
    ):
        with pytest.raises(refusal_):
            erase_person(actor=actor, user=gone)
    assert work_on(erase_person(actor=confirmed(alice), user=gone))
    with pytest.raises(UserNotFound):
        erase_person(actor=confirmed(alice), user=gone)


def test_who_was_restored_meanwhile_is_not_erased(alice: User, bob: User) -> None:
    change(replace(stored(bob), deleted_at=datetime.now(UTC)))
    gone = stored(bob)
    change(replace(gone, deleted_at=None))
    with pytest.raises(NotDeleted):
        erase_person(actor=confirmed(alice), user=gone)
    assert stored(bob).may_log_in


def test_an_organisation_keeps_an_owner(alice: User, bob: User) -> None:
    with pytest.raises(OnlyOwner):
        erase_own_account(actor=confirmed(alice), email=alice.email)
    change(replace(stored(bob), roles=(Role.OWNER,), deactivated_at=datetime.now(UTC)))
    with pytest.raises(OnlyOwner):
        begin(actor=server(alice), user=stored(alice))
    change(replace(stored(bob), deactivated_at=None))
    begin(actor=server(alice), user=stored(alice))
    # One that is deleted may be restored, and then needs its owners.
    change(replace(stored(bob), deleted_at=datetime.now(UTC), removed_with="JOB-1"))
    with pytest.raises(OnlyOwner):
        begin(actor=server(bob), user=stored(bob))


def test_of_owners_who_all_go_at_once_one_stays(alice: User, bob: User) -> None:
    owners = [alice, bob]
    for number in range(6):
        other = replace(
            bob,
            user_id=User.new_id(),
            email=f"o{number}@example.com",
            email_key=f"o{number}@example.com",
            version=None,
        )
        transaction = Transaction()
        repository.add_user(transaction, other)
        transaction.commit()
        owners.append(stored(other))
    for owner in owners[1:]:
        change(replace(stored(owner), roles=(Role.OWNER,)))

    def go(owner: User) -> bool:
        current = repository.get_user(owner.org_id, owner.user_id)
        with suppress(OnlyOwner, ChangedMeanwhile, UserNotFound):
            return current is not None and bool(begin(actor=server(owner), user=current))
        return False

    with ThreadPoolExecutor(8) as pool:
        gone = sum(pool.map(go, owners * 8))
    assert 0 < gone < len(owners)
    gone += sum(map(go, owners))
    left = [owner for owner in owners if repository.get_user(owner.org_id, owner.user_id)]
    assert (len(left), gone) == (1, len(owners) - 1)


def test_cut_off_after_any_write_it_is_finished_another_time(zephyrine: User) -> None:
    with killed_after(0):
        begin(actor=server(zephyrine), user=zephyrine)
    assert stored(zephyrine) == zephyrine
    with killed_after(1):
        begin(actor=server(zephyrine), user=zephyrine)
    runs = 0
    while not _finished():
        runs += 1
        assert runs < 40
    assert runs > 5
    assert residue() == []
    assert list(erased()) == [zephyrine.pk]


def _finished() -> bool:
    """After at most one write more."""
    left = True
    with killed_after(1):
        left = bool(finish_erasures())
    return not left


def test_several_at_once_do_no_more_than_one(zephyrine: User) -> None:
    begun = begin(actor=server(zephyrine), user=zephyrine)

    def finish(number: int) -> bool:
        with suppress(ChangedMeanwhile):
            return work_on(begun)
        return False

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(finish, range(4)))
    assert residue() == []


def test_what_was_under_way_is_looked_for_once_more(alice: User, bob: User, settings: Any) -> None:
    settings.REMOVAL_SETTLES_SECONDS = 3600
    assert work_on(begin(actor=server(bob), user=bob))
    swept = get_erasure(bob.user_id)
    assert swept is not None
    assert (swept.done, swept.name, swept.email, swept.email_key) == (False, "", "", "")
    note(bob)
    assert finish_erasures() == []
    settings.REMOVAL_SETTLES_SECONDS = -1
    assert finish_erasures() == [bob.pk]
    assert {entry.actor_name for entry in entries_by(bob.user_id)} == {""}
    assert finish_erasures() == []


def test_a_long_history_is_anonymised_in_the_time_there_is(alice: User, bob: User) -> None:
    for _ in range(3):
        note(bob, count=90)
    begun = begin(actor=server(bob), user=bob)
    assert not work_on(begun, seconds=0)
    assert {entry.actor_name for entry in entries_by(bob.user_id)} == {"Bob"}
    assert not work_on(begun, seconds=60)
    entries = list(entries_by(bob.user_id))
    assert len(entries) >= 270
    assert {entry.actor_name for entry in entries} == {""}
    assert {tuple(entry.changes) for entry in entries if entry.subject == "thing#1"} == {("size",)}


def test_an_invitation_by_the_own_organisation_is_withdrawn_at_once(alice: User, bob: User) -> None:
    sent = invite(alice).invitation
    begun = replace(begin(actor=server(bob), user=bob), email_key=sent.email_key)
    assert not work_on(begun, seconds=60)
    assert not invitation_to(alice.org_id, sent.email_key)
    entry, _made = history(sent.audit_subject).items
    assert (entry.action, entry.actor_id) == ("accounts.withdraw_invitation", "SYSTEM")


def test_invitations_by_others_are_withdrawn_when_nobody_waits(
    alice: User, bob: User, charlie: User
) -> None:
    sent = invite(charlie, bob.email).invitation
    assert not work_on(begin(actor=server(bob), user=bob), seconds=60)
    assert invitation_to(charlie.org_id, bob.email_key)
    assert finish_erasures() == [bob.pk]
    assert not invitation_to(charlie.org_id, bob.email_key)
    assert history(sent.audit_subject).items[0].action == "accounts.withdraw_invitation"


def test_a_store_that_refuses_is_asked_again_later(alice: User, bob: User) -> None:
    note(bob)
    begun = begin(actor=server(bob), user=bob)
    down = refusal("InternalServerError", status=500)
    with injected("Query", always=down), pytest.raises(StoreUnavailable):
        work_on(begun)
    assert finish_erasures() == [bob.pk]
    assert {entry.actor_name for entry in entries_by(bob.user_id)} == {""}


class _Diary:
    """An app that keeps something about people."""

    name = "diary"

    def __init__(self) -> None:
        self.pages = {"bob": ["dear diary"]}

    def export(self, user: User) -> Iterator[Section]:
        yield Section("pages", ({"text": text} for text in self.pages["bob"]))

    def erase(self, erasure: Erasure) -> Iterator[None]:
        while self.pages["bob"]:
            self.pages["bob"].pop()
            yield


def test_other_apps_take_part(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_keepers", dict(registry._keepers))
    diary = _Diary()
    keep_personal_data(diary)
    assert b'"diary":{\n"pages":[\n{"text":"dear diary"}]}' in b"".join(document_of(bob))
    assert work_on(begin(actor=server(bob), user=bob))
    assert diary.pages == {"bob": []}
