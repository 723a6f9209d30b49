"""What is stored about accounts, one function for each question."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from pynamodb.expressions.condition import Condition

from accounts.entities import Membership, Organisation, OwnSession, Role, SessionRecord, User
from accounts.errors import (
    ChangedMeanwhile,
    EmailTaken,
    OrganisationNotFound,
    SessionNotFound,
)
from accounts.permissions import CustomRole
from accounts.tables import (
    ORG,
    USER,
    AccountItem,
    SessionItem,
    UserIndex,
    changes_of_user,
    email_marker,
    email_marker_key,
    login_values,
    organisation_item,
    organisation_of,
    own_session_of,
    people_only,
    role_of,
    session_of,
    stored_session_key,
    user_item,
    user_of,
)
from storage import markers
from storage.scanning import scan_pages
from storage.transactions import Transaction
from storage.typed import RawItem

# Read when an address is unknown, so that its login asks the store as often as any other.
_NOBODY = ("ORG-nobody", "USER-nobody")
_PAGE_SIZE = 300
SESSIONS_AT_ONCE = 100


def add_organisation(transaction: Transaction, organisation: Organisation) -> None:
    """The commit raises ChangedMeanwhile when there is one with this id."""
    transaction.put(
        organisation_item(organisation),
        condition=AccountItem.partition.does_not_exist(),
        on_failure=ChangedMeanwhile,
    )


def add_user(transaction: Transaction, user: User) -> None:
    """The commit raises EmailTaken when somebody has the address, deleted people included."""
    markers.claim(transaction, email_marker(user), taken=EmailTaken)
    transaction.put(user_item(user), condition=AccountItem.partition.does_not_exist())


def change_organisation(transaction: Transaction, organisation: Organisation) -> Organisation:
    """Replaces the organisation that was read; the commit raises ChangedMeanwhile.

    Returns what is stored after it.
    """
    changed = replace(organisation, updated_at=datetime.now(UTC).replace(microsecond=0))
    transaction.put(organisation_item(changed), on_failure=ChangedMeanwhile)
    return replace(changed, version=(organisation.version or 0) + 1)


def change_user(transaction: Transaction, user: User) -> None:
    """Replaces the user that was read, except the address; the commit raises ChangedMeanwhile."""
    changed = replace(user, updated_at=datetime.now(UTC))
    item = user_item(changed)
    transaction.update(item, changes_of_user(changed), on_failure=ChangedMeanwhile)


def get_user(org_id: str, user_id: str) -> User | None:
    """One strongly consistent read: a role taken away or a changed password counts at once."""
    item = AccountItem.find(org_id, user_id, consistent=True)
    return None if item is None else user_of(item)


def get_organisation(org_id: str, *, consistent: bool = False) -> Organisation | None:
    item = AccountItem.find(org_id, org_id, consistent=consistent)
    return None if item is None else organisation_of(item)


def get_membership(org_id: str, user_id: str, roles: Iterable[str] = ()) -> Membership | None:
    """A person, the organisation, and the person's custom roles; strongly consistent.

    One request where `roles` names those roles (more do no harm), else a second one for the rest.
    """
    return membership_in(in_organisation(org_id, (user_id, org_id, *roles)), org_id, user_id, roles)


def membership_in(
    found: dict[str, AccountItem], org_id: str, user_id: str, roles: Iterable[str] = ()
) -> Membership | None:
    """As `get_membership`, from what `in_organisation` found."""
    if user_id not in found or org_id not in found:
        return None
    user = user_of(found[user_id])
    if missing := set(user.custom_roles) - set(roles):
        found = found | in_organisation(org_id, sorted(missing))
    own = (role_of(found[role]) for role in user.custom_roles if role in found)
    present = tuple(role for role in own if role.deleted_at is None)
    return Membership(user, organisation_of(found[org_id]), present)


def in_organisation(org_id: str, keys: Iterable[str]) -> dict[str, AccountItem]:
    """Items of an organisation by their range keys; one request, strongly consistent."""
    items = AccountItem.find_many([(org_id, key) for key in keys], consistent=True)
    return {item.sort: item for item in items}


def membership_by_email(email_key: str) -> Membership | None:
    """By the marker and not by the index, which lags: two requests, whether or not it is known.

    Without the person's custom roles, for reading them would take longer than what is not known.
    """
    key = email_marker_key(email_key)
    marker = AccountItem.find(key, key, consistent=True)
    org_id, user_id = _NOBODY if marker is None else (marker.org_id, marker.user_id)
    found = in_organisation(org_id, (user_id, org_id))
    if user_id not in found or org_id not in found:
        return None
    return Membership(user_of(found[user_id]), organisation_of(found[org_id]))


def who_has(email_keys: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Address → (organisation id, user id), of those that are taken; a request for each hundred.

    Strongly consistent, like the next two: what an import has just written is seen.
    """
    keys = {email_marker_key(email_key): email_key for email_key in email_keys}
    items = AccountItem.find_many([(key, key) for key in keys], consistent=True)
    return {keys[item.partition]: (item.org_id, item.user_id) for item in items}


def find_users(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], User]:
    """By (organisation id, user id); a request for each hundred."""
    items = AccountItem.find_many(keys, consistent=True)
    return {(item.partition, item.sort): user_of(item) for item in items}


def find_roles(org_id: str, role_ids: Iterable[str]) -> dict[str, CustomRole]:
    """An organisation's own roles by id, those that exist; a request for each hundred."""
    found = map(role_of, in_organisation(org_id, role_ids).values())
    return {role.role_id: role for role in found if role.deleted_at is None}


def find_organisations(org_ids: Iterable[str]) -> dict[str, Organisation]:
    """A request for each hundred."""
    items = AccountItem.find_many(((org_id, org_id) for org_id in org_ids), consistent=True)
    return {item.partition: organisation_of(item) for item in items}


def users_of(org_id: str) -> Iterator[User]:
    """Everybody in an organisation, deleted people included; a request for each few hundred."""
    for item in _people(org_id):
        yield user_of(item)


def every_user() -> Iterator[User]:
    """Of all organisations, deleted people included: reads the whole table."""
    for page in scan_pages(AccountItem.physical_name()):
        for raw in page.items:
            if _kind(raw) == USER:
                yield user_of(AccountItem.from_raw_data(raw))


def count_users(org_id: str | None) -> int:
    """Deleted people included. None counts all organisations', and reads the whole table."""
    return _count(USER) if org_id is None else sum(1 for _ in _people(org_id))


def count_organisations() -> int:
    """Deleted ones included; reads the whole table."""
    return _count(ORG)


def another_owner(
    org_id: str, besides: Container[str], *, perhaps: Iterable[str] = ()
) -> User | None:
    """Somebody who owns the organisation and is not among the user ids `besides`.

    `perhaps` are ids of people who may be one: a read each, before everybody is looked through.
    """
    for user_id in perhaps:
        user = get_user(org_id, user_id) if user_id not in besides else None
        if user is not None and user.is_owner and user.may_log_in:
            return user
    for item in _people(org_id, _owns()):
        if item.user_id not in besides:
            return user_of(item)
    return None


def require_owner(transaction: Transaction, user: User) -> None:
    """The commit raises ChangedMeanwhile unless `user` is still an owner then."""
    item = AccountItem(user.org_id, user.user_id)
    transaction.check(item, _owns(), on_failure=ChangedMeanwhile)


def require_organisation(transaction: Transaction, org_id: str) -> None:
    """The commit raises OrganisationNotFound unless there is one then that is not deleted."""
    present = AccountItem.partition.exists() & AccountItem.deleted_at.does_not_exist()
    transaction.check(AccountItem(org_id, org_id), present, on_failure=OrganisationNotFound)


def note_login(user: User, now: datetime) -> None:
    """One write beside all others: it neither changes the version nor is undone by a change."""
    AccountItem.amend(
        user.org_id,
        user.user_id,
        actions=[AccountItem.last_login_at.set(int(now.timestamp()))],
        condition=AccountItem.partition.exists(),
    )


def get_session(session_key: str) -> SessionRecord | None:
    """Strongly consistent, for the read that follows a login comes at once. May be expired."""
    item = SessionItem.find(stored_session_key(session_key), consistent=True)
    return None if item is None else session_of(item)


def save_session(session_key: str, record: SessionRecord, *, create: bool) -> bool:
    """False when the key exists already (`create`) or no longer (a logout meanwhile)."""
    stored = SessionItem.session_key
    actions = [
        SessionItem.session_data.set(record.data),
        SessionItem.expires_at.set(record.expires_at),
    ]
    if record.login is not None:
        values = login_values(record.login)
        actions += [getattr(SessionItem, name).set(value) for name, value in values.items()]
        if record.last_seen is not None:
            actions.append(SessionItem.last_seen.set(int(record.last_seen.timestamp())))
    return SessionItem.amend(
        stored_session_key(session_key),
        actions=actions,
        condition=stored.does_not_exist() if create else stored.exists(),
    )


def note_use(session_key: str, now: datetime, *, not_since: datetime) -> None:
    """One write; it changes nothing where the session is gone, or was used after `not_since`."""
    SessionItem.amend(
        stored_session_key(session_key),
        actions=[SessionItem.last_seen.set(int(now.timestamp()))],
        condition=SessionItem.last_seen <= int(not_since.timestamp()),
    )


def delete_session(session_key: str) -> None:
    SessionItem(stored_session_key(session_key)).delete()


def sessions_of(user_pk: str) -> Iterator[list[OwnSession]]:
    """Newest login first, expired ones included: two requests for each hundred.

    The index, which lags a moment behind, says which there are; what they are, and that they are
    still there, is read strongly consistent.
    """
    start_key = None
    while True:
        found = SessionItem.slice(
            user_pk,
            index=UserIndex.Meta.index_name,
            page_size=SESSIONS_AT_ONCE,
            start_key=start_key,
            forward=False,
        )
        if found.items:
            keys = [item.session_key for item in found.items]
            items = SessionItem.find_many(keys, consistent=True)
            yield sorted(map(own_session_of, items), key=_by_login, reverse=True)
        if found.last_key is None:
            return
        start_key = found.last_key


def remove_session(transaction: Transaction, session: OwnSession) -> None:
    """The commit raises SessionNotFound when somebody else has ended it meanwhile."""
    transaction.delete(
        SessionItem(session.stored_key),
        condition=SessionItem.session_key.exists(),
        on_failure=SessionNotFound,
    )


def _owns() -> Condition:
    there = AccountItem.deleted_at.does_not_exist() & AccountItem.deactivated_at.does_not_exist()
    condition: Condition = there & AccountItem.roles.contains(Role.OWNER.value)
    return condition


def _by_login(session: OwnSession) -> tuple[datetime, str]:
    return session.created_at, session.id


def _people(org_id: str, condition: Condition | None = None) -> Iterator[AccountItem]:
    start_key = None
    while True:
        found = AccountItem.slice(
            org_id,
            people_only(),
            page_size=_PAGE_SIZE,
            start_key=start_key,
            filter_condition=condition,
            consistent=True,
        )
        yield from found.items
        if found.last_key is None:
            return
        start_key = found.last_key


def _count(kind: str) -> int:
    pages = scan_pages(AccountItem.physical_name())
    return sum(1 for page in pages for raw in page.items if _kind(raw) == kind)


def _kind(raw: RawItem) -> str:
    """Without the shard; nothing for a marker."""
    stored: str = raw.get("itemType", {}).get("S", "")
    return stored.partition("#")[0]
