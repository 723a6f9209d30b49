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
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from accounts.entities import (
    Device,
    Organisation,
    OwnSession,
    Role,
    SessionLogin,
    SessionRecord,
    User,
)
from storage.configuration import configuration
from storage.table import Table

ORG = "ORG"
USER = "USER"
BY_ITEM_TYPE = "itemTypeIdIndex"
_BESIDE = "/"


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
    time_zone = UnicodeAttribute(null=True, attr_name="timeZone")
    theme = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True, attr_name="createdAt")
    updated_at = NumberAttribute(null=True, attr_name="updatedAt")
    deleted_at = NumberAttribute(null=True, attr_name="deletedAt")
    version = VersionAttribute(null=True)
    by_item_type = ItemTypeIdIndex()


class UserIndex(GlobalSecondaryIndex["SessionItem"]):
    """Keys only, so that noting the last use does not write to it."""

    class Meta:
        index_name = "user-index"
        projection = KeysOnlyProjection()

    user = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class SessionItem(Table):
    """`session_key` is the digest of the cookie: who reads the table cannot take over a session.

    Where nobody is logged in, and in sessions from before there was `user`, the last five
    attributes are absent, which keeps the item out of the index.
    """

    class Meta:
        logical_name = "sessions"

    session_key = UnicodeAttribute(hash_key=True)
    session_data = UnicodeAttribute()
    expires_at = TTLAttribute()
    user = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    last_seen = NumberAttribute(null=True)
    device = UnicodeAttribute(null=True)
    public_id = UnicodeAttribute(null=True)
    by_user = UserIndex()


def item_type(kind: str, id: str) -> str:
    """The index partition of an item: literally its kind unless there are several shards."""
    partitions = item_types(kind)
    return partitions[zlib.crc32(id.encode()) % len(partitions)]


def item_types(kind: str) -> list[str]:
    """All index partitions of a kind."""
    shards = configuration().shards
    return [kind] if shards == 1 else [f"{kind}#{shard}" for shard in range(shards)]


def people_only() -> Condition:
    """The people in the partition of an organisation.

    What begins_with(rangeKey, "USER-") says on AWS; the local engine would let `user-` pass, too.
    """
    return AccountItem.sort.between(f"{USER}-", f"{USER}-\uffff")


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
        time_zone=user.time_zone or None,
        theme=user.theme or None,
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
        time_zone=item.time_zone or "",
        theme=item.theme or "",
        version=item.version,
    )


def session_of(item: SessionItem) -> SessionRecord:
    """Without the login, which the engine keeps in `session_data` as well."""
    last_seen = None if item.last_seen is None else _moment(item.last_seen)
    return SessionRecord(item.session_data, item.expires_at, last_seen=last_seen)


def own_session_of(item: SessionItem) -> OwnSession:
    """Of an item with a login."""
    return OwnSession(
        id=item.public_id,
        created_at=_moment(item.created_at),
        last_seen=_moment(item.last_seen),
        expires_at=item.expires_at,
        device=_device(item.device or ""),
        data=item.session_data,
        stored_key=item.session_key,
    )


def login_values(login: SessionLogin) -> dict[str, str | int]:
    """Attribute → value."""
    return {
        "user": login.user_pk,
        "created_at": int(login.at.timestamp()),
        "device": f"{login.device.browser}{_BESIDE}{login.device.system}",
        "public_id": login.id,
    }


def _device(text: str) -> Device:
    browser, _, system = text.partition(_BESIDE)
    return Device(browser, system)


def _at_version(item: AccountItem, version: int | None) -> AccountItem:
    """A new item has no version yet, and PynamoDB takes no None for one."""
    if version is not None:
        item.version = version
    return item


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
