"""For whom an import works, and where it may write."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import repository, selectors
from accounts.entities import Actor
from accounts.intake.errors import UnknownOrganisation, UnknownOwner


@dataclass(frozen=True, slots=True)
class Authority:
    """`person` imports into the own organisation only; None is a command on the server itself,
    which may write into any. `org_id` is for rows that name none; it may be empty."""

    person: Actor | None
    org_id: str

    @classmethod
    def of(cls, *, org_id: str | None, owner_email: str | None) -> Authority:
        """Raises UnknownOwner, UnknownOrganisation, InvalidEmail."""
        if owner_email is not None:
            membership = selectors.find_membership(email=owner_email)
            if membership is None:
                raise UnknownOwner
            return cls(membership.actor, org_id or membership.user.org_id)
        if org_id is not None:
            organisation = repository.get_organisation(org_id)
            if organisation is None or organisation.deleted_at is not None:
                raise UnknownOrganisation
        return cls(None, org_id or "")

    def actor(self, org_id: str) -> Actor:
        return self.person or Actor.system(org_id=org_id)

    def require(self, code: str, org_id: str) -> None:
        """Raises PermissionDenied."""
        self.actor(org_id).require(code, org_id)
