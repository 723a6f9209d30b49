"""The tables `accounts` and `sessions`, and the only translation between items and entities."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime

from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from accounts.entities import Organisation, Role, SessionRecord, User
from storage.configuration import configuration
from storage.table import Table

ORG = "ORG"
USER = "USER"


class ItemTypeIdIndex(GlobalSecondaryIndex["AccountItem"]):
    class Meta:
        index_name = "itemTypeIdIndex"
        projection = AllProjection()

    item_type = UnicodeAttribute(hash_key=True, attr_name="itemType")
    id = UnicodeAttribute(range_key=True)


class AccountItem(Table):
    """One table for organisations, people and e-mail markers; attribute names as documented.

    A marker has the keys `EMAIL#<address>` and neither `itemType` nor `id`, which keeps it out of
    the index.
    """

    class Meta:
        logical_name = "accounts"
        personal_keys = True

    partition = UnicodeAttribute(hash_key=True, attr_name="hashKey")
    sort = UnicodeAttribute(range_key=True, attr_name="rangeKey")
    item_type = UnicodeAttribute(null=True, attr_name="itemType")
    id = UnicodeAttribute(null=True)
    org_id = UnicodeAttribute(null=True, attr_name="orgId")
    org_name = UnicodeAttribute(null=True, attr_name="orgName")
    user_id = UnicodeAttribute(null=True, attr_name="userId")
    username = UnicodeAttribute(null=True)
    email = UnicodeAttribute(null=True)
    password = UnicodeAttribute(null=True)
    credential_stamp = UnicodeAttribute(null=True, attr_name="credentialStamp")
    roles = UnicodeSetAttribute(null=True)
    language = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True, attr_name="createdAt")
    updated_at = NumberAttribute(null=True, attr_name="updatedAt")
    deleted_at = NumberAttribute(null=True, attr_name="deletedAt")
    version = VersionAttribute(null=True)
    by_item_type = ItemTypeIdIndex()


class SessionItem(Table):
    """`session_key` is the digest of the cookie: who reads the table cannot take over a session."""

    class Meta:
        logical_name = "sessions"

    session_key = UnicodeAttribute(hash_key=True)
    session_data = UnicodeAttribute()
    expires_at = TTLAttribute()


def item_type(kind: str, id: str) -> str:
    """The index partition of an item: literally its kind unless there are several shards."""
    shards = configuration().shards
    return kind if shards == 1 else f"{kind}#{zlib.crc32(id.encode()) % shards}"


def organisation_item(organisation: Organisation) -> AccountItem:
    key = organisation.org_id
    item = AccountItem(
        key,
        key,
        item_type=item_type(ORG, key),
        id=key,
        org_id=key,
        org_name=organisation.name,
        created_at=_seconds(organisation.created_at),
        updated_at=_seconds(organisation.updated_at),
        deleted_at=_seconds(organisation.deleted_at),
    )
    return _at_version(item, organisation.version)


def user_item(user: User) -> AccountItem:
    item = AccountItem(
        user.org_id,
        user.user_id,
        item_type=item_type(USER, user.email_key),
        id=user.email_key,
        org_id=user.org_id,
        user_id=user.user_id,
        username=user.name,
        email=user.email,
        password=user.password,
        credential_stamp=user.credential_stamp,
        roles={role.value for role in user.roles},
        language=user.language or None,
        created_at=_seconds(user.created_at),
        updated_at=_seconds(user.updated_at),
        deleted_at=_seconds(user.deleted_at),
    )
    return _at_version(item, user.version)


def email_marker(user: User) -> AccountItem:
    key = email_marker_key(user.email_key)
    return AccountItem(key, key, org_id=user.org_id, user_id=user.user_id)


def email_marker_key(email_key: str) -> str:
    return f"EMAIL#{email_key}"


def stored_session_key(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


def organisation_of(item: AccountItem) -> Organisation:
    return Organisation(
        org_id=item.org_id,
        name=item.org_name,
        created_at=_moment(item.created_at),
        updated_at=_moment(item.updated_at),
        deleted_at=_moment(item.deleted_at) if item.deleted_at is not None else None,
        version=item.version,
    )


def user_of(item: AccountItem) -> User:
    known = {role.value for role in Role}
    return User(
        org_id=item.org_id,
        user_id=item.user_id,
        name=item.username,
        email=item.email,
        email_key=item.id,
        password=item.password,
        credential_stamp=item.credential_stamp,
        roles=tuple(Role(name) for name in sorted(item.roles or ()) if name in known),
        created_at=_moment(item.created_at),
        updated_at=_moment(item.updated_at),
        deleted_at=_moment(item.deleted_at) if item.deleted_at is not None else None,
        language=item.language or "",
        version=item.version,
    )


def session_of(item: SessionItem) -> SessionRecord:
    return SessionRecord(item.session_data, item.expires_at)


def _at_version(item: AccountItem, version: int | None) -> AccountItem:
    """A new item has no version yet, and PynamoDB takes no None for one."""
    if version is not None:
        item.version = version
    return item


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
