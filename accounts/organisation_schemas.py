"""One's organisation and its people as JSON says them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.directory import LARGEST_PAGE, PAGE, sees_last_login
from accounts.entities import LONGEST_NAME, Actor, Organisation, User
from storage.pages import Page

OrganisationName = Annotated[
    str, Field(min_length=1, max_length=LONGEST_NAME, examples=["Dana and Daughters"])
]


class OwnOrganisationOut(BaseModel):
    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        return cls(
            id=organisation.org_id,
            name=organisation.name,
            created_at=organisation.created_at,
            updated_at=organisation.updated_at,
            version=organisation.version or 0,
        )


class OrganisationChange(BaseModel):
    """What shall change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: OrganisationName


class StaleOrganisation(BaseModel):
    current: OwnOrganisationOut = Field(description="The organisation as it is stored now.")


class PeopleQuery(BaseModel):
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class ColleagueOut(BaseModel):
    """`stores` are ids, null for all of them; `last_login_at` is null for never, and for those who
    may not change people."""

    id: str
    first_name: str
    email: str
    is_admin: bool
    roles: list[str]
    stores: list[str] | None
    active: bool
    last_login_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, user: User, actor: Actor) -> Self:
        """As the actor sees them."""
        return cls(
            id=user.user_id,
            first_name=user.name,
            email=user.email,
            is_admin=user.is_owner,
            roles=[str(role) for role in user.roles],
            stores=None if user.stores is None else sorted(user.stores),
            active=user.deactivated_at is None,
            last_login_at=user.last_login_at if sees_last_login(actor) else None,
            created_at=user.created_at,
        )


class PeoplePage(BaseModel):
    items: list[ColleagueOut]
    next_cursor: str | None = Field(
        description="For the next page; null on the last one. Where very many people in a row were "
        "deleted, a page may be short or empty although this leads on."
    )

    @classmethod
    def of(cls, page: Page[User], actor: Actor) -> Self:
        return cls(
            items=[ColleagueOut.of(user, actor) for user in page.items],
            next_cursor=page.next_cursor,
        )
