"""Numbers stay exact, times become UTC."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sql_import import errors
from config.sql_import.conversion import converter_of
from config.sql_import.exact import shortest_of_single
from config.sql_import.mapping import FieldMapping
from storage.intake import TargetField
from tests.config.sql_import.converting import convert, refused


class TestDecimal:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            (Decimal("12.50"), "12.50"),
            (7, "7"),
            (0.1, "0.1"),
            (2.55, "2.55"),
            (1e-7, "1E-7"),
            (" -3.5 ", "-3.5"),
            ("1e3", "1E+3"),
            (".5", "0.5"),
            ("", None),
            (None, None),
        ],
        ids=repr,
    )
    def test_is_exact(self, value: Any, number: str | None) -> None:
        expected = None if number is None else Decimal(number)
        assert convert("decimal", value) == expected

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("1,5", errors.NO_NUMBER),
            ("12 EUR", errors.NO_NUMBER),
            ("0x10", errors.NO_NUMBER),
            ("1_000", errors.NO_NUMBER),
            ("٣", errors.NO_NUMBER),
            (True, errors.NO_NUMBER),
            (b"1", errors.NO_NUMBER),
            (["1"], errors.NO_NUMBER),
            (float("inf"), errors.NOT_FINITE),
            (Decimal("NaN"), errors.NOT_FINITE),
            ("1e9999", errors.TOO_LARGE),
            (Decimal("1e-130"), errors.TOO_LARGE),
            ("1" * 39, errors.TOO_LARGE),
        ],
        ids=repr,
    )
    def test_what_is_none_is_refused(self, value: Any, reason: object) -> None:
        assert refused("decimal", value) == str(reason)

    def test_thirty_eight_digits_are_kept(self) -> None:
        number = "1234567890123456789012345678.9012345678"
        assert str(convert("decimal", number)) == number

    def test_more_decimals_than_the_scale_are_refused_unless_rounding_is_said(self) -> None:
        assert str(convert("decimal", 18, scale=2)) == "18.00"
        assert refused("decimal", "2.555", scale=2) == str(errors.TOO_MANY_DECIMALS % {"scale": 2})
        assert str(convert("decimal", "2.555", scale=2, round="half_up")) == "2.56"
        assert str(convert("decimal", "2.545", scale=2, round="half_even")) == "2.54"

    @pytest.mark.parametrize(
        ("currency", "text"), [("EUR", "5.00"), ("JPY", "5"), ("KWD", "5.000")]
    )
    def test_a_currency_says_the_decimals(self, currency: str, text: str) -> None:
        assert str(convert("decimal", 5, currency=currency)) == text

    def test_cents_become_units(self) -> None:
        assert str(convert("decimal", 1999, factor="0.01")) == "19.99"
        assert str(convert("decimal", 10, factor="0.01", scale=2)) == "0.10"

    @pytest.mark.parametrize(
        ("text", "number"),
        [("1.234.567,50", "1234567.50"), ("12,5", "12.5"), ("-1.000", "-1000"), ("7", "7")],
    )
    def test_amounts_as_text_are_read_as_declared(self, text: str, number: str) -> None:
        assert str(convert("decimal", text, decimal_sign=",", group_sign=".")) == number

    @pytest.mark.parametrize("text", ["1.2,5", "12.34.567,0", "1,234.50"])
    def test_misplaced_signs_are_refused(self, text: str) -> None:
        refused("decimal", text, decimal_sign=",", group_sign=".")

    @given(st.floats(width=32, allow_nan=False, allow_infinity=False))
    def test_four_byte_floats_are_the_shortest_decimal_that_means_them(self, value: float) -> None:
        number = shortest_of_single(value)
        assert struct.pack("<f", float(number)) == struct.pack("<f", value)
        assert len(number.as_tuple().digits) <= 9

    @given(st.decimals(0, 10_000, places=2))
    def test_prices_survive_four_bytes(self, price: Decimal) -> None:
        (as_stored,) = struct.unpack("<f", struct.pack("<f", float(price)))
        assert shortest_of_single(as_stored) == price


class TestInteger:
    @pytest.mark.parametrize("value", [3, 3.0, "3", Decimal("3.00")], ids=repr)
    def test_is_whole(self, value: Any) -> None:
        assert convert("integer", value) == 3

    def test_fractions_are_refused(self) -> None:
        assert refused("integer", "3.5") == str(errors.NOT_WHOLE)


class TestMoment:
    noon = datetime.fromisoformat("2024-07-01T12:00")

    @pytest.mark.parametrize(
        "value",
        [
            datetime(2024, 7, 1, 14, tzinfo=timezone(timedelta(hours=2))),
            "2024-07-01T12:00:00Z",
            "2024-07-01 14:00:00+02",
            "2024-07-01 12:00:00.000+00:00",
        ],
        ids=str,
    )
    def test_a_zone_of_its_own_wins(self, value: Any) -> None:
        found = convert("moment", value, zone="America/New_York")
        assert found == self.noon.replace(tzinfo=UTC)
        assert found.utcoffset() == timedelta(0)

    def test_without_a_zone_the_declared_one_counts(self) -> None:
        assert convert("moment", self.noon, zone="Europe/Madrid").hour == 10
        assert convert("moment", date(2024, 7, 1), zone="Europe/Madrid") == datetime(
            2024, 6, 30, 22, tzinfo=UTC
        )
        assert refused("moment", self.noon) == str(errors.ZONE_NEEDED)

    def test_the_field_can_say_another_zone_than_the_source(self) -> None:
        mapped = FieldMapping("f", "column", ("c",), None, {"zone": "UTC"})
        field = TargetField("f", "moment")
        found = converter_of(field, mapped, zone="Asia/Tokyo", folder=Path(), dry_run=True)
        assert found(self.noon) == self.noon.replace(tzinfo=UTC)

    def test_the_hour_that_exists_twice(self) -> None:
        value = datetime.fromisoformat("2024-10-27T02:30")
        madrid: dict[str, Any] = {"zone": "Europe/Madrid"}
        assert refused("moment", value, **madrid) == str(errors.AMBIGUOUS)
        assert convert("moment", value, ambiguous="first", **madrid).hour == 0
        assert convert("moment", value, ambiguous="second", **madrid).hour == 1

    def test_the_hour_that_does_not_exist(self) -> None:
        value = datetime.fromisoformat("2024-03-31T02:30")
        madrid: dict[str, Any] = {"zone": "Europe/Madrid"}
        assert refused("moment", value, **madrid) == str(errors.LEFT_OUT)
        moved = convert("moment", value, missing="forward", **madrid)
        assert moved == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)

    def test_text_in_a_declared_form(self) -> None:
        found = convert("moment", "31/12/2023", format="%d/%m/%Y", zone="UTC")
        assert found == datetime(2023, 12, 31, tzinfo=UTC)
        assert refused("moment", "12/31/2023", format="%d/%m/%Y") == str(errors.NO_MOMENT)

    @pytest.mark.parametrize(
        ("value", "unit"), [(1719835200, "s"), ("1719835200000", "ms"), (1719835200000000, "us")]
    )
    def test_numbers_since_1970(self, value: Any, unit: str) -> None:
        assert convert("moment", value, epoch=unit) == self.noon.replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        "value",
        ["infinity", "-infinity", "0000-00-00", "2024-02-30", "0044-03-15 BC", "soon", 5, b"x"],
        ids=repr,
    )
    def test_what_is_none_is_refused(self, value: Any) -> None:
        assert refused("moment", value, zone="UTC") == str(errors.NO_MOMENT)

    def test_the_ends_of_the_calendar_are_refused_and_do_not_end_the_import(self) -> None:
        assert refused("moment", "0001-01-01T00:00", zone="Asia/Tokyo") == str(errors.MOMENT_RANGE)
        assert refused("moment", 10**30, epoch="s") == str(errors.MOMENT_RANGE)
