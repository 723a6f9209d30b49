from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from accounts.email import LONGEST_ADDRESS
from accounts.entities import LONGEST_NAME, Membership, OwnSession, User
from accounts.passwords import LONGEST_PASSWORD
from accounts.refresh import Tokens

Email = Annotated[str, Field(max_length=LONGEST_ADDRESS, examples=["alice@example.com"])]
Password = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_PASSWORD,
        json_schema_extra={"format": "password"},
        examples=["correct horse battery"],
    ),
]
Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Code = Annotated[str, Field(max_length=40)]


class SignUpIn(BaseModel):
    """`password` is required where the answer is 201, and not looked at where it is 202."""

    model_config = ConfigDict(strict=True)

    email: Email
    password: Password | None = None
    first_name: Name | None = None
    organisation: Name | None = None


class SignedUpOut(BaseModel):
    id: str
    first_name: str
    email: str
    is_admin: bool
    organisation_id: str

    @classmethod
    def of(cls, user: User) -> SignedUpOut:
        return cls(
            id=user.user_id,
            first_name=user.name,
            email=user.email,
            is_admin=user.is_owner,
            organisation_id=user.org_id,
        )


class LoginIn(BaseModel):
    """`code` of the authenticator app, or a recovery code, for who has a second factor."""

    model_config = ConfigDict(strict=True)

    email: Email
    password: Password
    code: Code | None = None
    recovery_code: Code | None = None


class TokenOut(BaseModel):
    """`expires_in` and `refresh_expires_in` are in seconds."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  # the kind of token, not a secret
    expires_in: int
    refresh_token: str
    refresh_expires_in: int

    @classmethod
    def of(cls, tokens: Tokens) -> TokenOut:
        return cls(
            access_token=tokens.access.text,
            expires_in=tokens.access.expires_in,
            refresh_token=tokens.refresh,
            refresh_expires_in=tokens.refresh_expires_in,
        )


class RefreshIn(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    refresh_token: Annotated[str, Field(max_length=200, examples=["brr_…"])]


class OrganisationOut(BaseModel):
    id: str
    name: str


class PersonOut(BaseModel):
    id: str
    first_name: str
    email: str
    is_admin: bool
    roles: list[str]
    organisation: OrganisationOut
    language: str
    time_zone: str
    theme: str

    @classmethod
    def of(cls, membership: Membership) -> PersonOut:
        user, organisation = membership.user, membership.organisation
        return cls(
            id=user.user_id,
            first_name=user.name,
            email=user.email,
            is_admin=user.is_owner,
            roles=[str(role) for role in user.roles],
            organisation=OrganisationOut(id=organisation.org_id, name=organisation.name),
            language=user.language,
            time_zone=user.time_zone,
            theme=user.theme,
        )


class ProfileChange(BaseModel):
    """What is absent stays. `time_zone` is an IANA name; empty is UTC. Empty `language` and
    `theme` are as each device says."""

    model_config = ConfigDict(strict=True, extra="forbid")

    first_name: Name | None = None
    language: Annotated[str, Field(examples=["es"])] | None = None
    time_zone: Annotated[str, Field(examples=["Europe/Madrid"])] | None = None
    theme: Annotated[str, Field(examples=["dark"])] | None = None

    def said(self) -> dict[str, str]:
        """By the names of the profile."""
        sent = self.model_dump(exclude_unset=True)
        return {
            "name" if name == "first_name" else name: value or "" for name, value in sent.items()
        }


class OwnSessionOut(BaseModel):
    """`kind` is browser or program. `last_seen` is noted once an hour at most, for a program when
    it refreshes."""

    id: str
    kind: Literal["browser", "program"]
    device: str
    created_at: datetime
    last_seen: datetime
    expires_at: datetime

    @classmethod
    def of(cls, session: OwnSession) -> OwnSessionOut:
        return cls(
            id=session.id,
            kind="program" if session.is_program else "browser",
            device=str(session.device),
            created_at=session.created_at,
            last_seen=session.last_seen,
            expires_at=session.expires_at,
        )


class OwnSessionsOut(BaseModel):
    items: list[OwnSessionOut]


class StaleProfile(BaseModel):
    """`current` is what is stored now."""

    current: PersonOut


class FieldProblem(BaseModel):
    field: str
    message: str
    code: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; `instance` is the id of the request."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    errors: list[FieldProblem] = []
