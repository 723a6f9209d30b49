"""What somebody wants to be told, as JSON says it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from supervisor.entities import Urgency
from supervisor.notice_entities import MOST_NAMED_STORES, Notices

_StoreId = Annotated[str, Field(min_length=1, max_length=100)]


class NoticesIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    on_duty: bool = Field(description="Whether mails are wanted now.")
    urgency: Literal["whenever", "today", "soon", "at_once"] = Field(
        description="The least urgency of new requests that are told.", examples=["soon"]
    )
    near_deadline: bool = Field(
        description="Whether requests of any urgency are told when their deadline is near."
    )
    store_ids: Annotated[list[_StoreId], Field(max_length=MOST_NAMED_STORES)] | None = Field(
        description="One or more; null for all stores that one reaches."
    )


class NoticesOut(BaseModel):
    """Version 0 is what holds for who has said nothing."""

    on_duty: bool
    urgency: Urgency
    near_deadline: bool
    store_ids: list[str] | None = Field(description="Null for all stores that one reaches.")
    version: int

    @classmethod
    def of(cls, notices: Notices) -> Self:
        return cls(
            on_duty=notices.on_duty,
            urgency=notices.urgency,
            near_deadline=notices.near_deadline,
            store_ids=None if notices.stores is None else sorted(notices.stores),
            version=notices.version or 0,
        )


class StaleNotices(BaseModel):
    current: NoticesOut = Field(description="What is stored now.")
