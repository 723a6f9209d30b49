from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import storage.configuration
from accounts import repository
from accounts.entities import SessionRecord, User
from accounts.errors import ChangedMeanwhile, EmailTaken
from accounts.tables import AccountItem, item_type
from storage.client import call
from storage.configuration import StorageConfiguration
from storage.meter import measure
from storage.transactions import Transaction


def raw_items() -> list[dict[str, dict[str, str]]]:
    items = call("Scan", {"TableName": AccountItem.physical_name()})["Items"]
    return sorted(items, key=lambda item: (item["rangeKey"]["S"], item["hashKey"]["S"]))


def test_items_have_the_documented_keys_and_attributes(alice: User) -> None:
    marker, organisation, user = raw_items()
    org_id, user_id = {"S": alice.org_id}, {"S": alice.user_id}
    assert organisation["hashKey"] == organisation["rangeKey"] == organisation["id"] == org_id
    assert organisation["itemType"] == {"S": "ORG"}
    assert organisation["orgName"] == {"S": "Alice's Shop"}
    assert organisation["createdAt"] == organisation["updatedAt"]
    assert organisation["createdAt"]["N"].isdigit()
    assert "deletedAt" not in organisation
    assert (user["hashKey"], user["rangeKey"]) == (org_id, user_id)
    assert (user["orgId"], user["userId"]) == (org_id, user_id)
    assert user["itemType"] == {"S": "USER"}
    assert user["id"] == {"S": "alice@example.com"}
    assert user["username"] == {"S": "Alice"}
    assert marker["hashKey"] == marker["rangeKey"] == {"S": "EMAIL#alice@example.com"}
    assert (marker["orgId"], marker["userId"]) == (org_id, user_id)


def test_markers_stay_out_of_the_index(alice: User, charlie: User) -> None:
    found = AccountItem.slice("USER", index="itemTypeIdIndex", page_size=10).items
    assert [item.id for item in found] == ["alice@example.com", "charlie@example.com"]
    indexed = call(
        "Scan", {"TableName": AccountItem.physical_name(), "IndexName": "itemTypeIdIndex"}
    )
    assert {item["itemType"]["S"] for item in indexed["Items"]} == {"ORG", "USER"}


def test_the_index_partition_carries_a_shard_only_where_there_are_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert item_type("USER", "alice@example.com") == "USER"
    # Not by configure(), which would replace the client that the store fixture watches.
    monkeypatch.setattr(storage.configuration, "_configuration", StorageConfiguration(shards=4))
    sharded = {item_type("USER", f"{name}@example.com") for name in range(100)}
    assert sharded == {"USER#0", "USER#1", "USER#2", "USER#3"}


def test_what_is_stored_comes_back(alice: User) -> None:
    stored = repository.get_user(alice.org_id, alice.user_id)
    assert stored == alice


def test_an_address_is_found_by_its_marker_in_two_requests_known_or_not(alice: User) -> None:
    with measure() as known:
        membership = repository.membership_by_email("alice@example.com")
    with measure() as unknown:
        assert repository.membership_by_email("nobody@example.com") is None
    assert membership is not None
    assert membership.user.user_id == alice.user_id
    assert membership.organisation.name == "Alice's Shop"
    assert [call.operation for call in known.calls] == ["GetItem", "BatchGetItem"]
    assert [call.operation for call in unknown.calls] == ["GetItem", "BatchGetItem"]


def test_the_address_of_somebody_else_cannot_be_claimed(alice: User, charlie: User) -> None:
    transaction = Transaction()
    repository.add_user(
        transaction, replace(charlie, user_id=User.new_id(), email_key=alice.email_key)
    )
    with pytest.raises(EmailTaken):
        transaction.commit()


def test_the_slower_of_two_changes_is_refused(alice: User) -> None:
    stored = repository.get_user(alice.org_id, alice.user_id)
    assert stored is not None
    for name, refused in (("First", False), ("Second", True)):
        transaction = Transaction()
        repository.change_user(transaction, replace(stored, name=name))
        if refused:
            with pytest.raises(ChangedMeanwhile):
                transaction.commit()
        else:
            transaction.commit()
    after = repository.get_user(alice.org_id, alice.user_id)
    assert after is not None
    assert after.name == "First"


def test_a_session_is_created_once_and_saved_only_while_it_lives(store: None) -> None:
    record = SessionRecord("data", datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1))
    assert not repository.save_session("key", record, create=False)
    assert repository.save_session("key", record, create=True)
    assert not repository.save_session("key", record, create=True)
    assert repository.get_session("key") == record
    repository.delete_session("key")
    assert repository.get_session("key") is None
    assert not repository.save_session("key", record, create=False)
