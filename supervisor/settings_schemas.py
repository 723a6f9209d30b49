"""Settings of the queue as JSON says them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from supervisor.entities import Urgency
from supervisor.rules import LONGEST_HEADER, LONGEST_TEXT, LONGEST_TIME, SHORTEST_TIME
from supervisor.settings_entities import CannedAnswer, ResponseTimes

_Minutes = Annotated[int, Field(ge=1, le=LONGEST_TIME // SHORTEST_TIME)]
_Title = Annotated[str, Field(min_length=1, max_length=LONGEST_HEADER, examples=["Returns"])]
_Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ResponseMinutes(_Said):
    """How many minutes supervisors have."""

    whenever: Annotated[_Minutes, Field(description="Priorities 0 to 2.", examples=[480])]
    today: Annotated[_Minutes, Field(description="Priorities 3 to 5.", examples=[120])]
    soon: Annotated[_Minutes, Field(description="Priorities 6 to 8.", examples=[30])]
    at_once: Annotated[_Minutes, Field(description="Priority 9.", examples=[10])]

    def by_urgency(self) -> dict[Urgency, int]:
        return {one: getattr(self, one.value) for one in Urgency}


class ResponseTimesIn(_Said):
    response_minutes: ResponseMinutes
    only_opening_hours: bool = Field(
        description="Whether the time counts only while the store is open. Where it does not say "
        "when, or is not open for that long in a year, the time counts always."
    )


class ResponseTimesOut(BaseModel):
    """Version 0 is what holds where a store has said nothing."""

    store_id: str
    response_minutes: ResponseMinutes
    only_opening_hours: bool
    version: int

    @classmethod
    def of(cls, times: ResponseTimes) -> Self:
        minutes = {one.value: count for one, count in times.minutes.items()}
        return cls(
            store_id=times.store_id,
            response_minutes=ResponseMinutes(**minutes),
            only_opening_hours=times.only_opening_hours,
            version=times.version or 0,
        )


class StaleResponseTimes(BaseModel):
    current: ResponseTimesOut = Field(description="What is stored now.")


class CannedAnswerIn(_Said):
    title: _Title
    text: _Text


class CannedAnswerOut(BaseModel):
    id: str
    title: str
    text: str
    version: int

    @classmethod
    def of(cls, answer: CannedAnswer) -> Self:
        return cls(id=answer.id, title=answer.title, text=answer.text, version=answer.version or 0)


class StaleCannedAnswer(BaseModel):
    current: CannedAnswerOut = Field(description="The answer as it is stored now.")


class CannedAnswerTitle(BaseModel):
    id: str
    title: str


class CannedAnswerPage(BaseModel):
    items: list[CannedAnswerTitle]
    next_cursor: str | None = Field(description="Always null: there are never more than fit.")

    @classmethod
    def of(cls, titles: Iterable[tuple[str, str]]) -> Self:
        items = [CannedAnswerTitle(id=id, title=title) for id, title in titles]
        return cls(items=items, next_cursor=None)
