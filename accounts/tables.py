"""The tables `accounts` and `sessions`, and the only translation between items and entities."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    VersionAttribute,
)
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from accounts.entities import (
    CUSTOM_ROLE,
    Device,
    Organisation,
    OwnSession,
    SessionLogin,
    SessionRecord,
    User,
)
from accounts.permissions import CustomRole, Role
from storage.attributes import DocumentAttribute
from storage.configuration import configuration
from storage.table import Table

ORG = "ORG"
USER = "USER"
ROLE = "ROLE"
STORE = "STORE"
TOKEN = "TOKEN"  # noqa: S105  # a kind of item
INVITATION = "INVITATION"
BY_ITEM_TYPE = "itemTypeIdIndex"
_BESIDE = "/"
_NO_STORE = "-"
_CHANGED_OF_USER = (
    *("item_type", "id", "username", "email", "password", "credential_stamp", "roles"),
    *("language", "time_zone", "theme", "store_ids", "deactivated_at", "tokens_ended_at"),
    *("removed_with", "second_factor_since", "created_at", "updated_at", "deleted_at"),
)


class ItemTypeIdIndex(GlobalSecondaryIndex["AccountItem"]):
    class Meta:
        index_name = "itemTypeIdIndex"
        projection = AllProjection()

    item_type = UnicodeAttribute(hash_key=True, attr_name="itemType")
    id = UnicodeAttribute(range_key=True)


class AccountItem(Table):
    """One table for organisations and all that is theirs; attribute names as documented.

    Everything of an organisation is in its partition, under `<KIND>-<uuid>`. A marker has the keys
    `EMAIL#<address>` and neither `itemType` nor `id`, which keeps it out of the index.
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
    store_ids = UnicodeSetAttribute(null=True, attr_name="storeIds")
    deactivated_at = NumberAttribute(null=True, attr_name="deactivatedAt")
    tokens_ended_at = NumberAttribute(null=True, attr_name="tokensEndedAt")
    removed_with = UnicodeAttribute(null=True, attr_name="removedWith")
    last_login_at = NumberAttribute(null=True, attr_name="lastLoginAt")
    second_factor_required = BooleanAttribute(null=True, attr_name="secondFactorRequired")
    second_factor_since = NumberAttribute(null=True, attr_name="secondFactorSince")
    totp_secret = UnicodeAttribute(null=True, attr_name="totpSecret")
    totp_step = NumberAttribute(null=True, attr_name="totpStep")
    recovery_codes = UnicodeSetAttribute(null=True, attr_name="recoveryCodes")
    role_id = UnicodeAttribute(null=True, attr_name="roleId")
    store_id = UnicodeAttribute(null=True, attr_name="storeId")
    token_id = UnicodeAttribute(null=True, attr_name="tokenId")
    invitation_id = UnicodeAttribute(null=True, attr_name="invitationId")
    name = UnicodeAttribute(null=True)
    description = UnicodeAttribute(null=True)
    permissions = UnicodeSetAttribute(null=True)
    number = UnicodeAttribute(null=True)
    address = DocumentAttribute(null=True)
    opening_hours = DocumentAttribute(null=True, attr_name="openingHours")
    active = BooleanAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    invited_by = UnicodeAttribute(null=True, attr_name="invitedBy")
    expires_at = NumberAttribute(null=True, attr_name="expiresAt")
    last_used_at = NumberAttribute(null=True, attr_name="lastUsedAt")
    token_count = NumberAttribute(null=True, attr_name="tokenCount")
    job = DocumentAttribute(null=True)
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

    Where nobody is logged in, and in sessions from before there was `user`, `user` and what
    follows is absent, which keeps the item out of the index. Only the session of a program has a
    `refresh_digest` and a `credential_digest`; its `session_data` is empty.
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
    refresh_digest = UnicodeAttribute(null=True)
    credential_digest = UnicodeAttribute(null=True)
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
        second_factor_required=organisation.second_factor_required or None,
        created_at=seconds(organisation.created_at),
        updated_at=seconds(organisation.updated_at),
        deleted_at=seconds(organisation.deleted_at),
    )
    return at_version(item, organisation.version)


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
        roles={str(role) for role in user.roles} or None,
        language=user.language or None,
        time_zone=user.time_zone or None,
        theme=user.theme or None,
        store_ids=bounds(user.stores),
        deactivated_at=seconds(user.deactivated_at),
        tokens_ended_at=seconds(user.tokens_ended_at),
        removed_with=user.removed_with or None,
        second_factor_since=seconds(user.second_factor_since),
        last_login_at=seconds(user.last_login_at),
        created_at=seconds(user.created_at),
        updated_at=seconds(user.updated_at),
        deleted_at=seconds(user.deleted_at),
    )
    return at_version(item, user.version)


def changes_of_user(user: User) -> list[Action]:
    """What makes the stored person equal to `user`.

    Not the last login, which is noted beside other changes, nor what User does not know: the
    secrets of the second factor.
    """
    item = user_item(user)
    attributes = [getattr(AccountItem, name) for name in _CHANGED_OF_USER]
    values = [getattr(item, name) for name in _CHANGED_OF_USER]
    return [
        attribute.remove() if value is None else attribute.set(value)
        for attribute, value in zip(attributes, values, strict=True)
    ]


def role_item(role: CustomRole) -> AccountItem:
    item = AccountItem(
        role.org_id,
        role.role_id,
        item_type=item_type(ROLE, role.role_id),
        id=role.role_id,
        org_id=role.org_id,
        role_id=role.role_id,
        name=role.name,
        description=role.description or None,
        permissions=set(role.permissions) or None,
        created_at=seconds(role.created_at),
        updated_at=seconds(role.updated_at),
        deleted_at=seconds(role.deleted_at),
    )
    return at_version(item, role.version)


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
        created_at=moment(item.created_at),
        updated_at=moment(item.updated_at),
        deleted_at=moment_or_none(item.deleted_at),
        second_factor_required=bool(item.second_factor_required),
        version=item.version,
    )


def user_of(item: AccountItem) -> User:
    return User(
        org_id=item.org_id,
        user_id=item.user_id,
        name=item.username,
        email=item.email,
        email_key=item.id,
        password=item.password,
        credential_stamp=item.credential_stamp,
        roles=roles_in(item.roles or ()),
        created_at=moment(item.created_at),
        updated_at=moment(item.updated_at),
        deleted_at=moment_or_none(item.deleted_at),
        language=item.language or "",
        time_zone=item.time_zone or "",
        theme=item.theme or "",
        stores=stores_in(item.store_ids),
        deactivated_at=moment_or_none(item.deactivated_at),
        tokens_ended_at=moment_or_none(item.tokens_ended_at),
        removed_with=item.removed_with or "",
        second_factor_since=moment_or_none(item.second_factor_since),
        last_login_at=moment_or_none(item.last_login_at),
        version=item.version,
    )


def role_of(item: AccountItem) -> CustomRole:
    return CustomRole(
        org_id=item.org_id,
        role_id=item.role_id,
        name=item.name,
        description=item.description or "",
        permissions=frozenset(item.permissions or ()),
        created_at=moment(item.created_at),
        updated_at=moment(item.updated_at),
        deleted_at=moment_or_none(item.deleted_at),
        version=item.version,
    )


def session_of(item: SessionItem) -> SessionRecord:
    """Without the login, which the engine keeps in `session_data` as well."""
    last_seen = moment_or_none(item.last_seen)
    return SessionRecord(item.session_data, item.expires_at, last_seen=last_seen)


def own_session_of(item: SessionItem) -> OwnSession:
    """Of an item with a login."""
    return OwnSession(
        id=item.public_id,
        created_at=moment(item.created_at),
        last_seen=moment(item.last_seen),
        expires_at=item.expires_at,
        device=_device(item.device or ""),
        data=item.session_data,
        stored_key=item.session_key,
        credential_digest=item.credential_digest or "",
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


def roles_in(stored: Iterable[str]) -> tuple[str, ...]:
    """Built-in ones first, from most to least; what neither is one nor an id is not known."""
    built_in = tuple(role for role in Role if role.value in stored)
    return (*built_in, *sorted(role for role in stored if role.startswith(CUSTOM_ROLE)))


def bounds(stores: frozenset[str] | None) -> set[str] | None:
    """DynamoDB has no empty set, and an absent one means no bounds."""
    return None if stores is None else set(stores) or {_NO_STORE}


def stores_in(stored: Iterable[str] | None) -> frozenset[str] | None:
    """The opposite of `bounds`."""
    return None if stored is None else frozenset(stored) - {_NO_STORE}


def at_version(item: AccountItem, version: int | None) -> AccountItem:
    """A new item has no version yet, and PynamoDB takes no None for one."""
    if version is not None:
        item.version = version
    return item


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: float | None) -> datetime | None:
    return None if seconds is None else moment(seconds)
