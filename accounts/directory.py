"""Who may look up people and organisations: within one's own organisation, and the server all."""

from __future__ import annotations

from dataclasses import astuple
from typing import Protocol

from accounts import directory_repository, repository
from accounts.directory_repository import Entity, Found, Position
from accounts.entities import Actor, Organisation, User, normalise_email
from accounts.errors import OrganisationNotFound, PermissionDenied, UserNotFound
from storage.audit import AuditEntry, history
from storage.cursors import open_sealed, seal
from storage.pages import Page

PAGE = 50
LARGEST_PAGE = 100
HISTORY_PAGE = 10
VIEW_USER = "accounts.view_user"
CHANGE_USER = "accounts.change_user"
DELETE_USER = "accounts.delete_user"
VIEW_ORGANISATION = "accounts.view_organisation"


class _Read(Protocol[Entity]):
    def __call__(
        self, *, most: int, after: Position | None, include_deleted: bool
    ) -> Found[Entity]: ...


def sees_last_login(actor: Actor) -> bool:
    """When colleagues work is for those who decide whether they may come in."""
    return actor.may(CHANGE_USER, actor.org_id)


def find_user(actor: Actor, *, org_id: str, user_id: str, include_deleted: bool = False) -> User:
    """One read. Raises UserNotFound, for other organisations' people too; PermissionDenied."""
    _require_within(actor, VIEW_USER, org_id, UserNotFound)
    return _present_user(actor, repository.get_user(org_id, user_id), include_deleted)


def find_user_by_email(actor: Actor, *, email: str, include_deleted: bool = False) -> User:
    """One query of the index, which lags a moment. Raises UserNotFound, for people of other
    organisations too; PermissionDenied, InvalidEmail."""
    if not actor.is_system:
        actor.require(VIEW_USER, actor.org_id)
    user = directory_repository.user_by_email(normalise_email(email))
    if user is not None:
        _require_within(actor, VIEW_USER, user.org_id, UserNotFound)
    return _present_user(actor, user, include_deleted)


def list_users(
    actor: Actor,
    *,
    org_id: str,
    limit: int = PAGE,
    cursor: str | None = None,
    include_deleted: bool = False,
) -> Page[User]:
    """The people of an organisation, in the order of their ids. One query; up to three where
    people are deleted, and a page may be short then although `next_cursor` leads on.

    Raises PermissionDenied, OrganisationNotFound for somebody else's; InvalidCursor.
    """
    _require_within(actor, VIEW_USER, org_id, OrganisationNotFound)
    if include_deleted:
        _require_within(actor, DELETE_USER, org_id, OrganisationNotFound)
    purpose = f"people:{org_id}:{include_deleted}"
    found = directory_repository.users_of(
        org_id,
        most=limit + 1,
        after=_position(cursor, purpose),
        include_deleted=include_deleted,
    )
    return _page(found, limit, purpose)


def list_deleted_users(
    actor: Actor, *, org_id: str, limit: int = PAGE, cursor: str | None = None
) -> Page[User]:
    """Who was deleted, in the order of their ids. One query of at most a thousand people: where an
    organisation has more, a page may be short although `next_cursor` leads on.

    Raises PermissionDenied, OrganisationNotFound for somebody else's; InvalidCursor.
    """
    _require_within(actor, DELETE_USER, org_id, OrganisationNotFound)
    purpose = f"deleted people:{org_id}"
    found = directory_repository.deleted_users_of(
        org_id, most=limit + 1, after=_position(cursor, purpose)
    )
    return _page(found, limit, purpose)


def list_all_users(
    actor: Actor, *, limit: int = PAGE, cursor: str | None = None, include_deleted: bool = False
) -> Page[User]:
    """The people of all organisations, by normalised address; for the server itself.

    One query for each shard; up to three where people are deleted, as in `list_users`. Raises
    PermissionDenied, InvalidCursor.
    """
    return _list_all(
        actor, "people", directory_repository.all_users, limit, cursor, include_deleted
    )


def find_organisation(
    actor: Actor, *, org_id: str, consistent: bool = False, include_deleted: bool = False
) -> Organisation:
    """One read, `consistent` where a form is filled from it.

    Raises OrganisationNotFound, for somebody else's too; PermissionDenied.
    """
    _require_within(actor, VIEW_ORGANISATION, org_id, OrganisationNotFound)
    _require_for_deleted(actor, include_deleted)
    organisation = repository.get_organisation(org_id, consistent=consistent)
    if organisation is None or (organisation.deleted_at is not None and not include_deleted):
        raise OrganisationNotFound
    return organisation


def list_all_organisations(
    actor: Actor, *, limit: int = PAGE, cursor: str | None = None, include_deleted: bool = False
) -> Page[Organisation]:
    """All organisations by id; for the server itself. Costs and errors as in `list_all_users`."""
    return _list_all(
        actor,
        "organisations",
        directory_repository.all_organisations,
        limit,
        cursor,
        include_deleted,
    )


def organisation_history(
    actor: Actor, organisation: Organisation, cursor: str | None = None
) -> Page[AuditEntry]:
    """What became of an organisation, newest first: one query.

    Raises OrganisationNotFound for somebody else's; PermissionDenied, InvalidCursor.
    """
    _require_within(actor, VIEW_ORGANISATION, organisation.org_id, OrganisationNotFound)
    return history(organisation.audit_subject, limit=HISTORY_PAGE, cursor=cursor)


def _require_within(actor: Actor, code: str, org_id: str, otherwise: type[Exception]) -> None:
    if actor.is_system:
        return
    if org_id != actor.org_id:
        raise otherwise
    actor.require(code, org_id)


def _require_for_deleted(actor: Actor, include_deleted: bool) -> None:
    if include_deleted and not actor.is_system:
        raise PermissionDenied


def _present_user(actor: Actor, user: User | None, include_deleted: bool) -> User:
    if include_deleted:
        _require_within(actor, DELETE_USER, actor.org_id, UserNotFound)
    if user is None or (user.deleted_at is not None and not include_deleted):
        raise UserNotFound
    return user


def _list_all(
    actor: Actor,
    name: str,
    read: _Read[Entity],
    limit: int,
    cursor: str | None,
    include_deleted: bool,
) -> Page[Entity]:
    if not actor.is_system:
        raise PermissionDenied
    purpose = f"all {name}:{include_deleted}"
    found = read(most=limit + 1, after=_position(cursor, purpose), include_deleted=include_deleted)
    return _page(found, limit, purpose)


def _position(cursor: str | None, purpose: str) -> Position | None:
    return Position(*open_sealed(cursor, purpose=purpose)["after"]) if cursor else None


def _page(found: Found[Entity], limit: int, purpose: str) -> Page[Entity]:
    """One row more than fits tells that there is a next page, and so does a search cut short."""
    shown = found.rows[:limit]
    goes_on_after = shown[-1].position if len(found.rows) > limit else found.resume
    return Page(
        tuple(row.entity for row in shown),
        seal({"after": astuple(goes_on_after)}, purpose=purpose) if goes_on_after else None,
        found.capacity,
    )
