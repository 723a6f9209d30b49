from __future__ import annotations

import pytest
from hypothesis import given

from accounts.stores.errors import HoursNotUnderstood
from accounts.stores.opening_hours import WHOLE_DAY, OpeningHours
from accounts.stores.spoken_hours import read_day, read_week, written
from tests.accounts.stores.test_opening_hours import days


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00–13:00, 16:00–20:00", "09:00–13:00, 16:00–20:00"),
        ("16-20; 9-13", "09:00–13:00, 16:00–20:00"),
        ("9-13", "09:00–13:00"),
        ("9:30-13.15", "09:30–13:15"),
        ("9h30 - 13h", "09:30–13:00"),
        ("9:00 am - 5:00 pm", "09:00–17:00"),
        ("9AM–5PM", "09:00–17:00"),
        ("9 a.m. to 5 p.m.", "09:00–17:00"),
        ("9-5 pm", "09:00–17:00"),
        ("1-5 pm", "13:00–17:00"),
        ("9-12 pm", "09:00–12:00"),
        ("12 am - 5 am", "00:00–05:00"),
        ("12 pm-12 am", "12:00–24:00"),
        ("11:30 pm - 2 am", "23:30–02:00"),
        ("22:00-02:00", "22:00–02:00"),
        ("22-6", "22:00–06:00"),
        ("10:00-02:00", "10:00–02:00"),
        ("9 a 13 y 16 a 20", "09:00–13:00, 16:00–20:00"),
        ("24 h", "00:00–24:00"),
        ("Open 24 hours", "00:00–24:00"),
        ("0-24", "00:00–24:00"),
        ("00:00-00:00", "00:00–24:00"),
        ("closed", ""),
        (" Cerrado ", ""),
        ("", ""),
    ],
)
def test_hours_are_understood_as_people_type_them(text: str, expected: str) -> None:
    assert written(read_day(text)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nine to five", "Write the hours like"),
        ("9-", "Write the hours like"),
        ("9", "Write the hours like"),
        ("9-13 maybe", "Write the hours like"),
        ("x" * 500, "Write the hours like"),
        ("25-26", "no such time"),
        ("9:60-10:00", "no such time"),
        ("13 pm - 2 pm", "no such time"),
        ("24-3", "no such time"),
        ("10-9", "10:00–21:00"),
        ("9-9", "09:00–21:00"),
        ("9 pm - 5", "21:00–05:00"),
        ("14-5 pm", "14:00–17:00"),
        ("9am-5", "“9am-5” write 09:00–17:00"),
        ("10:00-10:00", "24 h"),
        ("9-13, 12-14", "overlap"),
        ("1-2,3-4,5-6,7-8,9-10,11-12,13-14", "at most 6"),
    ],
)
def test_what_cannot_be_understood_is_said_beside_the_field(text: str, reason: str) -> None:
    with pytest.raises(HoursNotUnderstood, match=r".") as refused:
        read_day(text)
    assert reason in str(refused.value)
    assert list(refused.value.fields) == ["opening_hours"]


def test_where_clocks_have_twelve_hours_the_evening_is_meant() -> None:
    assert written(read_day("10-9:30", twelve_hours=True)) == "10:00–21:30"
    assert written(read_day("9-13", twelve_hours=True)) == "09:00–13:00"
    assert written(read_day("22-6", twelve_hours=True)) == "22:00–06:00"


@given(days)
def test_what_is_shown_is_understood_again(intervals: tuple[object, ...]) -> None:
    ordered = OpeningHours((intervals, *((),) * 6)).week[0]  # type: ignore[arg-type]
    if all(each.closes - each.opens != 24 * 60 or each.opens == 0 for each in ordered):
        assert read_day(written(ordered)) == ordered


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mon: 10-9:30; Thurs: 10-9; Sun: 11-7",
            {0: "10:00–21:30", 3: "10:00–21:00", 6: "11:00–19:00"},
        ),
        ("Mon-Fri 9-13, 16-20; Sat: closed", dict.fromkeys(range(5), "09:00–13:00, 16:00–20:00")),
        (
            "lunes a viernes: 9-13\nsábado: 10-14",
            {**dict.fromkeys(range(5), "09:00–13:00"), 5: "10:00–14:00"},
        ),
        ("Sat–Mon: 9-13", dict.fromkeys((5, 6, 0), "09:00–13:00")),
        ("Mon, Wed & Fri: 9-12", dict.fromkeys((0, 2, 4), "09:00–12:00")),
    ],
)
def test_a_week_is_understood_in_one_text(text: str, expected: dict[int, str]) -> None:
    hours = read_week(text, twelve_hours=True)
    assert hours is not None
    assert {place: written(day) for place, day in enumerate(hours.week) if day} == expected


def test_a_week_can_be_open_always_or_not_said() -> None:
    assert read_week("24/7") == OpeningHours((WHOLE_DAY,) * 7)
    assert read_week("  ") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mon: 9-13; Monday: 16-20", "A day comes twice"),
        ("M: 9-13", "Name the days"),
        ("S: 9-13", "Name the days"),
        ("Feastday: 9-13", "Name the days"),
        ("always", "Write the hours like"),
        ("9-13", "Write the hours like"),
    ],
)
def test_a_week_that_is_not_understood_is_refused(text: str, reason: str) -> None:
    with pytest.raises(HoursNotUnderstood, match=r".") as refused:
        read_week(text)
    assert reason in str(refused.value)
