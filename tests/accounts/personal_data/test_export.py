"""What an export says, and that however long it is little of it is in memory."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from accounts import repository
from accounts.entities import User
from accounts.errors import ConfirmationNeeded
from accounts.personal_data.export import document_of, export_own_data
from storage.audit import audit_item, history
from storage.meter import measure
from storage.transactions import Transaction
from tests.accounts.actions import change, stored
from tests.accounts.personal_data.zephyrine import ADDRESS, GUEST, NAME, TOKEN


def account_of(user: User) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b"".join(document_of(user)))["account"]
    return found


def test_it_says_what_somebody_did_and_what_was_done_to_them(zephyrine: User) -> None:
    account = account_of(zephyrine)
    assert (account["profile"]["name"], account["profile"]["email"]) == (NAME, ADDRESS)
    assert account["profile"]["time_zone"] == "Pacific/Chatham"
    assert account["profile"]["second_factor_since"].endswith("Z")
    assert {session["kind"] for session in account["sessions"]} == {"browser", "program"}
    (token,) = account["api_tokens"]
    assert token["name"].startswith(TOKEN)
    assert token["prefix"].startswith("brk_")
    assert token["scopes"] == ["catalog.view_product"]
    assert [sent["email"] for sent in account["invitations_sent"]] == [GUEST]
    about = {entry["action"]: entry for entry in account["history_about_you"]}
    assert about["accounts.delete_user"]["by"] == "somebody else"
    assert about["accounts.change_profile"]["by"] == "yourself"
    assert about["accounts.change_profile"]["changes"]["language"] == {"old": None, "new": "es"}
    by = {entry["action"]: entry for entry in account["history_by_you"]}
    assert by["catalog.add_product"]["fields"] != []
    # What became of others is theirs.
    assert "Blue mug" not in json.dumps(account["history_by_you"])


def test_bounds_and_own_roles_come_with_their_names(zephyrine: User) -> None:
    change(replace(zephyrine, stores=frozenset({"STORE-gone"})))
    account = account_of(stored(zephyrine))
    assert account["stores"] == {"bound_to": [{"id": "STORE-gone", "name": ""}]}
    assert account["roles"] == [{"id": "owner", "name": "Owner"}]


def test_it_is_read_while_it_is_written(alice: User) -> None:
    begun = datetime.now(UTC)
    for hundred in range(6):
        transaction = Transaction()
        for number in range(100):
            moment = begun + timedelta(seconds=hundred * 100 + number)
            item = audit_item(
                subject=f"product#{number}", actor_id=alice.user_id, action="x", at=moment
            )
            transaction.put(item)
        transaction.commit()
    rows, most = 0, 0
    with measure() as meter:
        for piece in document_of(alice):
            rows += piece.count(b'"subject":')
            queries = sum(call.operation == "Query" for call in meter.calls)
            # What comes after the last row has queries of its own.
            most = max(most, queries - rows // 100) if rows < 600 else most
            assert len(piece) < 2000
    assert rows >= 600
    # The pages before the first row, and never more than one that is not written yet.
    assert most <= 7
    assert sum(call.operation == "Query" for call in meter.calls) > 8


def test_one_s_own_needs_a_recent_confirmation(alice: User) -> None:
    with pytest.raises(ConfirmationNeeded):
        export_own_data(actor=alice.actor)
    membership = repository.get_membership(alice.org_id, alice.user_id)
    assert membership is not None
    actor = replace(membership.actor, confirmed_at=datetime.now(UTC))
    assert b'"Alice"' in b"".join(export_own_data(actor=actor))
    assert history(alice.audit_subject).items[0].action == "accounts.export_user"
    (told,) = mail.outbox
    assert (told.to, told.subject) == ([alice.email], "Your data was downloaded")
    assert stored(alice).version == alice.version or alice.version is None
