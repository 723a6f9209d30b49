"""People and invitations as JSON says them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.entities import Actor, User
from accounts.organisation_schemas import ColleagueOut
from accounts.people.entities import MOST_ROLES, MOST_STORES, Invitation, SaidAccess
from accounts.people.invitations import Sent
from accounts.schemas import Email, Name, Password
from storage.pages import Page

Roles = Annotated[
    list[str],
    Field(
        min_length=1,
        max_length=MOST_ROLES,
        description="owner, manager, supervisor, staff, viewer, or the id of a role of your own.",
        examples=[["staff"]],
    ),
]
Stores = Annotated[
    list[str],
    Field(min_length=1, max_length=MOST_STORES, description="Ids; null for all stores."),
]


class PersonDetail(ColleagueOut):
    """`deleted_at` is null for who is not deleted."""

    deleted_at: datetime | None
    version: int

    @classmethod
    def of(cls, user: User, actor: Actor) -> Self:
        return cls(
            **ColleagueOut.of(user, actor).model_dump(),
            deleted_at=user.deleted_at,
            version=user.version or 0,
        )


class AccessChange(BaseModel):
    """What is absent stays. `active`: whether the person can log in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    roles: Roles | None = None
    stores: Stores | None = None
    active: bool | None = None

    def said(self) -> SaidAccess:
        """Null says something of stores only."""
        said: SaidAccess = {}
        if self.roles is not None:
            said["roles"] = tuple(self.roles)
        if "stores" in self.model_fields_set:
            said["stores"] = None if self.stores is None else frozenset(self.stores)
        if self.active is not None:
            said["active"] = self.active
        return said


class StalePerson(BaseModel):
    current: PersonDetail = Field(description="The person as stored now.")


class DestroyIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    email: Email = Field(description="The person's e-mail address, as the last question.")


class InvitationIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    email: Email
    roles: Roles
    stores: Stores | None = None


class InvitationOut(BaseModel):
    id: str
    email: str
    roles: list[str]
    stores: list[str] | None
    invited_by: str = Field(description="The id of the person who sent it last.")
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        stores = invitation.stores
        return cls(
            id=invitation.invitation_id,
            email=invitation.email,
            roles=[str(role) for role in invitation.roles],
            stores=None if stores is None else sorted(stores),
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )


class SentInvitation(BaseModel):
    """`mail_sent` is false where the mail could not be sent; the invitation holds all the same."""

    invitation: InvitationOut
    mail_sent: bool

    @classmethod
    def of(cls, sent: Sent) -> Self:
        return cls(invitation=InvitationOut.of(sent.invitation), mail_sent=sent.by_mail)


class InvitationPage(BaseModel):
    items: list[InvitationOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[Invitation]) -> Self:
        return cls(
            items=[InvitationOut.of(invitation) for invitation in page.items],
            next_cursor=page.next_cursor,
        )


class AcceptIn(BaseModel):
    """`token` is what the link that was mailed ends with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=512)]
    name: Name
    password: Password
