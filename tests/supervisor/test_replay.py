"""Incidents of a real help desk, replayed: everything ends where the log says."""

from __future__ import annotations

import pytest

from accounts.entities import User
from tests.catalog.import_files import sample_data
from tests.supervisor.help_desk import Desk, open_desk
from tests.supervisor.incidents import LOG, Do, Line, read_log

# Of all, which are for `python -m benchmarks.incident_replay`. Among these something of everything
# happens.
EVERY, FIRST = 8, 1


@pytest.fixture
def lines() -> list[Line]:
    return read_log(sample_data(LOG), every=EVERY, first=FIRST)


@pytest.fixture
def desk(alice: User, lines: list[Line]) -> Desk:
    """Without the log, nothing is made ready."""
    return open_desk(alice)


def test_a_help_desk_ends_where_its_log_says(desk: Desk, lines: list[Line]) -> None:
    desk.replay(lines)
    assert all(desk.done[do] for do in Do), desk.done
    desk.assert_ended()
