"""API tokens as JSON says them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.api_tokens.entities import ApiToken
from accounts.api_tokens.selectors import LARGEST_PAGE, PAGE, OwnedToken
from accounts.entities import LONGEST_NAME
from storage.pages import Page

_LONGEST_CODE = 100
_MOST_SCOPES = 200
_MOST_DAYS = 36_500


class ApiTokenIn(BaseModel):
    """`scopes` are permission codes, of those that you have."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["Stock robot"])]
    scopes: Annotated[
        list[Annotated[str, Field(max_length=_LONGEST_CODE)]],
        Field(max_length=_MOST_SCOPES, examples=[["catalog.view_product"]]),
    ]
    expires_in_days: Annotated[int, Field(ge=1, le=_MOST_DAYS, examples=[90])]


class ApiTokenOut(BaseModel):
    """`prefix` is how the text of the token begins. `last_used_at` is noted once an hour at most;
    null for never."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls(
            id=token.token_id,
            name=token.name,
            prefix=token.prefix,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )


class MadeApiTokenOut(ApiTokenOut):
    """`token` is the text to send as a bearer token. It is in this answer only."""

    token: str

    @classmethod
    def of_text(cls, token: ApiToken, text: str) -> Self:
        return cls(token=text, **ApiTokenOut.of(token).model_dump())


class ApiTokensOut(BaseModel):
    items: list[ApiTokenOut]


class OwnerOut(BaseModel):
    id: str
    first_name: str


class OwnedApiTokenOut(ApiTokenOut):
    """`owner` is null where that person was destroyed."""

    owner: OwnerOut | None

    @classmethod
    def of_row(cls, row: OwnedToken) -> Self:
        user = row.owner
        owner = None if user is None else OwnerOut(id=user.user_id, first_name=user.name)
        return cls(owner=owner, **ApiTokenOut.of(row.token).model_dump())


class TokensQuery(BaseModel):
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class TokensPage(BaseModel):
    items: list[OwnedApiTokenOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[OwnedToken]) -> Self:
        return cls(
            items=[OwnedApiTokenOut.of_row(row) for row in page.items],
            next_cursor=page.next_cursor,
        )
