"""Stores as JSON says them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from accounts.entities import LONGEST_NAME
from accounts.stores.entities import Address, State, Store
from accounts.stores.errors import DATE_TWICE, HOURS_FORM, HOURS_OVERLAP, HoursNotUnderstood
from accounts.stores.opening_hours import (
    DAYS,
    MOST_EXCEPTIONS,
    MOST_INTERVALS,
    Interval,
    OpeningHours,
)
from accounts.stores.rules import LONGEST_NUMBER, LONGEST_POSTAL_CODE, MOST_LINES
from accounts.stores.selectors import LARGEST_PAGE, PAGE
from storage.pages import Page

Text = Annotated[str, Field(max_length=LONGEST_NAME)]
IntervalText = Annotated[
    str, Field(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$", examples=["09:00-13:00"])
]
DayOut = list[str]
DayIn = Annotated[list[IntervalText], Field(max_length=MOST_INTERVALS)]


class AddressIn(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    lines: Annotated[list[Text], Field(max_length=MOST_LINES)] = []
    city: Text = ""
    region: Text = ""
    postal_code: Annotated[str, Field(max_length=LONGEST_POSTAL_CODE)] = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$", description="ISO 3166 alpha-2.")] = ""


class AddressOut(BaseModel):
    lines: list[str]
    city: str
    region: str
    postal_code: str
    country: str

    @classmethod
    def of(cls, address: Address) -> Self:
        return cls(
            lines=list(address.lines),
            city=address.city,
            region=address.region,
            postal_code=address.postal_code,
            country=address.country,
        )


class ExceptionIn(BaseModel):
    """A date with other times than its weekday; without times it is closed."""

    model_config = ConfigDict(extra="forbid")

    date: date
    times: DayIn = []


class ExceptionOut(BaseModel):
    date: date
    times: DayOut


class OpeningHoursIn(BaseModel):
    """What begins on each day, in the time of the store; `22:00-02:00` goes on over midnight and
    `00:00-24:00` is the whole day. A day without times is closed. `exceptions` are dates with other
    times, each once."""

    model_config = ConfigDict(extra="forbid")

    monday: DayIn = []
    tuesday: DayIn = []
    wednesday: DayIn = []
    thursday: DayIn = []
    friday: DayIn = []
    saturday: DayIn = []
    sunday: DayIn = []
    exceptions: Annotated[list[ExceptionIn], Field(max_length=MOST_EXCEPTIONS)] = []

    def hours(self) -> OpeningHours:
        """Raises HoursNotUnderstood."""
        if len({each.date for each in self.exceptions}) < len(self.exceptions):
            raise HoursNotUnderstood(DATE_TWICE)
        week = tuple(_intervals(getattr(self, name)) for name in DAYS)
        exceptions = tuple((each.date, _intervals(each.times)) for each in self.exceptions)
        try:
            return OpeningHours(week, exceptions)
        except ValueError as error:
            raise HoursNotUnderstood(HOURS_OVERLAP) from error


class OpeningHoursOut(BaseModel):
    monday: DayOut
    tuesday: DayOut
    wednesday: DayOut
    thursday: DayOut
    friday: DayOut
    saturday: DayOut
    sunday: DayOut
    exceptions: list[ExceptionOut]

    @classmethod
    def of(cls, hours: OpeningHours) -> Self:
        exceptions = [
            ExceptionOut(date=day, times=[*map(str, times)]) for day, times in hours.exceptions
        ]
        return cls(**{**hours.to_json(), "exceptions": exceptions})


class StoreChange(BaseModel):
    """What shall change; null goes back to the default."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)] | None = None
    number: Annotated[str, Field(max_length=LONGEST_NUMBER)] | None = None
    address: AddressIn | None = Field(None, description="As a whole; null empties it.")
    time_zone: str | None = Field(None, description="IANA, such as Europe/Madrid.")
    opening_hours: OpeningHoursIn | None = Field(
        None, strict=False, description="As a whole; null where nobody said."
    )
    active: bool | None = None

    def said(self) -> dict[str, Any]:
        """What was sent, as the services take it. Raises HoursNotUnderstood."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "address" in sent:
            address = sent.pop("address") or AddressIn()
            sent |= address.model_dump()
        if sent.get("opening_hours") is not None:
            sent["opening_hours"] = sent["opening_hours"].hours()
        if "active" in sent and sent["active"] is None:
            sent["active"] = True
        return sent


class StoreIn(StoreChange):
    """A new store."""

    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, examples=["High Street"])]
    time_zone: str = Field(description="IANA.", examples=["Europe/Madrid"])


class StoreOut(BaseModel):
    id: str
    name: str
    number: str
    address: AddressOut
    time_zone: str
    opening_hours: OpeningHoursOut | None = Field(description="Null where nobody said.")
    active: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int

    @classmethod
    def of(cls, store: Store) -> Self:
        hours = store.opening_hours
        return cls(
            id=store.store_id,
            name=store.name,
            number=store.number,
            address=AddressOut.of(store.address),
            time_zone=store.time_zone,
            opening_hours=None if hours is None else OpeningHoursOut.of(hours),
            active=store.active,
            created_at=store.created_at,
            updated_at=store.updated_at,
            deleted_at=store.deleted_at,
            version=store.version or 0,
        )


class StaleStore(BaseModel):
    current: StoreOut = Field(description="The store as it is stored now.")


class StoresQuery(BaseModel):
    state: State = Field(State.ACTIVE, description="Each state is a list of its own.")
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE)


class StorePage(BaseModel):
    items: list[StoreOut]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")

    @classmethod
    def of(cls, page: Page[Store]) -> Self:
        return cls(items=[StoreOut.of(store) for store in page.items], next_cursor=page.next_cursor)


def _intervals(texts: list[str]) -> tuple[Interval, ...]:
    try:
        return tuple(Interval.parse(text) for text in texts)
    except ValueError as error:
        raise HoursNotUnderstood(HOURS_FORM) from error
