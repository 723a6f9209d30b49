"""Dates and times into UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from config.sql_import import errors
from config.sql_import.errors import Refused
from config.sql_import.exact import exact

AMBIGUOUS = ("refuse", "first", "second")
MISSING = ("refuse", "forward")
EPOCHS = {"s": Decimal(1_000_000), "ms": Decimal(1000), "us": Decimal(1)}
_START = datetime(1970, 1, 1, tzinfo=UTC)


def zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def moment_converter(
    *,
    zone: ZoneInfo | None,
    ambiguous: str,
    missing: str,
    written: str,
    epoch: str,
) -> Callable[[Any], datetime]:
    """`written` is a format for strptime, ISO 8601 where it is empty."""

    def convert(value: Any) -> datetime:
        try:
            return in_utc(_moment(value, written, epoch))
        except OverflowError:
            raise Refused(errors.MOMENT_RANGE) from None

    def in_utc(moment: datetime) -> datetime:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if zone is None:
            raise Refused(errors.ZONE_NEEDED)
        return _settled(moment, zone, ambiguous, missing).astimezone(UTC)

    return convert


def _moment(value: Any, written: str, epoch: str) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  # the caller's zone
    if epoch and not isinstance(value, bool):
        microseconds = exact(value) * EPOCHS[epoch]
        return _START + timedelta(microseconds=int(microseconds))
    if not isinstance(value, str):
        raise Refused(errors.NO_MOMENT)
    try:
        if written:
            return datetime.strptime(value.strip(), written)  # noqa: DTZ007  # the caller's zone
        return datetime.fromisoformat(value.strip())
    except ValueError:
        raise Refused(errors.NO_MOMENT) from None


def _settled(moment: datetime, zone: ZoneInfo, ambiguous: str, missing: str) -> datetime:
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    if exists:
        if ambiguous == "refuse":
            raise Refused(errors.AMBIGUOUS)
        return first if ambiguous == "first" else second
    if missing == "refuse":
        raise Refused(errors.LEFT_OUT)
    # The offset before the gap leads to the same distance behind it.
    return first
