"""The board of the day for programs: `/api/v1/organisation/requests/board`."""

from __future__ import annotations

import datetime
from typing import Self

from ninja import Query, Router
from pydantic import BaseModel, Field

from accounts.api_auth import BearerAuth
from accounts.conditional import ApiRequest
from supervisor.board import MEDIAN, NINETIETH, Tally
from supervisor.board_selectors import Board, board_of

router = Router(tags=["Requests"], auth=BearerAuth())


class BoardQuery(BaseModel):
    day: datetime.date | None = Field(None, description="Where each store is; today without it.")
    store: str = Field("", description="The id of a store; all that you reach without it.")


class TallyOut(BaseModel):
    """Response times in seconds, at most 19 % away from the time itself; null without answers."""

    asked: int
    answered: int
    timed_out: int
    cancelled: int
    median_seconds: int | None
    ninetieth_percentile_seconds: int | None

    @classmethod
    def of(cls, tally: Tally) -> Self:
        return cls(
            asked=tally.asked,
            answered=tally.answered,
            timed_out=tally.timed_out,
            cancelled=tally.cancelled,
            median_seconds=_seconds(tally, MEDIAN),
            ninetieth_percentile_seconds=_seconds(tally, NINETIETH),
        )


class NamedTallyOut(BaseModel):
    id: str
    name: str
    counts: TallyOut


class BoardOut(BaseModel):
    """Stores where something happened, by name. `people` is null for who may not answer."""

    day: datetime.date
    stores: list[NamedTallyOut]
    people: list[NamedTallyOut] | None

    @classmethod
    def of(cls, board: Board) -> Self:
        stores = [
            NamedTallyOut(id=store.store_id, name=store.name, counts=TallyOut.of(tally))
            for store, tally in board.stores
        ]
        people = None
        if board.people is not None:
            people = [
                NamedTallyOut(id=person.user_id, name=person.name, counts=TallyOut.of(tally))
                for person, tally in board.people
            ]
        return cls(day=board.day, stores=stores, people=people)


@router.get(
    "",
    operation_id="get_request_board",
    summary="Count what happened to requests on a day",
    response={200: BoardOut, (401, 403, 404, 422, 503): None},
)
def get_request_board(request: ApiRequest, query: Query[BoardQuery]) -> BoardOut:
    """What is overdue is counted as timed out once that is stored, within a minute or so."""
    return BoardOut.of(board_of(request.auth, day=query.day, store_id=query.store))


def _seconds(tally: Tally, share: float) -> int | None:
    time = tally.response_time(share)
    return None if time is None else round(time.total_seconds())
