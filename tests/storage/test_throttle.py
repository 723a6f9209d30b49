from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage import throttle
from storage.client import call
from storage.domain import TooMany
from storage.ephemeral import EphemeralItem
from storage.throttle import Throttle

pytestmark = pytest.mark.usefixtures("store")

ADDRESS = "alice@example.com"


class Clock:
    def __init__(self) -> None:
        self.now = float(int(time.time()) // 60 * 60)

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stands at the first second of a minute."""
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    return clock


@pytest.fixture
def per_minute() -> Throttle:
    return Throttle("login", limit=3, window_seconds=60)


def stored_items() -> list[dict[str, Any]]:
    items = call("Scan", {"TableName": EphemeralItem.physical_name(), "Limit": 100})["Items"]
    assert isinstance(items, list)
    return items


def allowed(limit: Throttle, key: str = ADDRESS) -> bool:
    try:
        limit.hit(key)
    except TooMany:
        return False
    return True


def test_up_to_the_limit_nothing_happens_and_then_it_is_too_many(
    clock: Clock, per_minute: Throttle
) -> None:
    assert [allowed(per_minute) for _ in range(5)] == [True, True, True, False, False]


def test_retry_after_is_what_is_left_of_the_window(clock: Clock, per_minute: Throttle) -> None:
    for passed, left in ((0, 60), (0.5, 60), (20, 40), (59.9, 1)):
        start = clock.now
        clock.now += passed
        for _ in range(3):
            allowed(per_minute)
        with pytest.raises(TooMany) as caught:
            per_minute.hit(ADDRESS)
        assert caught.value.retry_after == left
        clock.now = start


def test_the_next_window_starts_anew(clock: Clock, per_minute: Throttle) -> None:
    assert [allowed(per_minute) for _ in range(4)][-1] is False
    clock.now += 60
    assert allowed(per_minute)


def test_keys_and_names_count_apart(clock: Clock, per_minute: Throttle) -> None:
    for _ in range(4):
        allowed(per_minute)
    assert allowed(per_minute, "bob@example.com")
    assert allowed(Throttle("sign-up", limit=3, window_seconds=60))


def test_many_threads_never_get_more_than_the_limit(clock: Clock) -> None:
    limit = Throttle("login", limit=10, window_seconds=60)
    with ThreadPoolExecutor(16) as pool:
        granted = list(pool.map(lambda _: allowed(limit), range(60)))
    assert granted.count(True) == 10


def test_clearing_forgets_the_attempts(clock: Clock, per_minute: Throttle) -> None:
    for _ in range(4):
        allowed(per_minute)
    per_minute.clear(ADDRESS)
    assert [allowed(per_minute) for _ in range(4)] == [True, True, True, False]


def test_forgiving_takes_back_one_attempt(clock: Clock, per_minute: Throttle) -> None:
    for _ in range(20):
        per_minute.hit(ADDRESS)
        per_minute.forgive(ADDRESS)
    assert [allowed(per_minute) for _ in range(4)] == [True, True, True, False]


def test_forgiving_what_never_was_gives_no_credit(clock: Clock, per_minute: Throttle) -> None:
    for _ in range(5):
        per_minute.forgive(ADDRESS)
    assert [allowed(per_minute) for _ in range(4)] == [True, True, True, False]
    clock.now += 60
    per_minute.forgive(ADDRESS)
    assert [allowed(per_minute) for _ in range(4)] == [True, True, True, False]


def test_no_address_is_stored(clock: Clock, per_minute: Throttle) -> None:
    per_minute.hit(ADDRESS)
    (item,) = stored_items()
    assert "alice" not in str(item)
    assert item["key"]["S"].startswith("throttle#login#")


def test_who_has_no_secret_cannot_tell_whose_attempts_they_are(
    clock: Clock, per_minute: Throttle, reconfigure: Callable[..., None]
) -> None:
    per_minute.hit(ADDRESS)
    reconfigure(cursor_secret=b"another secret")
    per_minute.hit(ADDRESS)
    assert len({item["key"]["S"] for item in stored_items()}) == 2


def test_counters_expire_after_their_window(clock: Clock, per_minute: Throttle) -> None:
    per_minute.hit(ADDRESS)
    (item,) = stored_items()
    assert clock.now + 60 <= int(item["expires_at"]["N"]) <= clock.now + 120
