from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from supervisor import keys
from supervisor.entities import ID_LENGTH, Request

MOMENTS = st.integers(0, 9_000_000_000_000).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
PLACES = st.tuples(st.integers(0, 9), MOMENTS, st.text("abc234", min_size=16, max_size=16))


def test_the_key_is_made_as_documented() -> None:
    key = keys.sort_key("PENDING", 9, datetime(2026, 1, 1, tzinfo=UTC), "k" * 16)
    assert key == "PENDING._.0._.1767225600000._.kkkkkkkkkkkkkkkk"


@given(PLACES)
def test_a_key_says_what_it_was_made_of(place: tuple[int, datetime, str]) -> None:
    assert keys.said_by(keys.sort_key("PENDING", *place)) == place
    assert keys.said_by(keys.queue_key(*place)) == place


@given(PLACES, PLACES)
def test_text_order_is_most_urgent_first_then_oldest_first(
    one: tuple[int, datetime, str], other: tuple[int, datetime, str]
) -> None:
    assert len(keys.queue_key(*one)) == len(keys.queue_key(*other))
    by_key = keys.sort_key("PENDING", *one) < keys.sort_key("PENDING", *other)
    assert by_key == ((-one[0], *one[1:]) < (-other[0], *other[1:]))


@given(PLACES, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_bounds_hold_what_was_asked_from_start_until_before_the_end(
    place: tuple[int, datetime, str], length: timedelta
) -> None:
    priority, moment, _ = place
    key = keys.queue_key(*place)
    whole = length - timedelta(microseconds=length.microseconds % 1000)
    low, high = keys.between(priority, moment - whole, moment + timedelta(seconds=1))
    assert low <= key <= high
    low, high = keys.between(priority, moment - timedelta(days=10), moment)
    assert not low <= key <= high


def test_ids_are_all_of_one_width() -> None:
    ids = {Request.new_id() for _ in range(100)}
    assert len(ids) == 100
    assert {len(one) for one in ids} == {ID_LENGTH}
