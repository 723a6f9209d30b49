from __future__ import annotations

from typing import Any

import pytest

from accounts.entities import User
from tests.accounts.personal_data.zephyrine import lived_in


@pytest.fixture(autouse=True)
def settled(settings: Any, store: None) -> None:
    """Nothing is under way from before an erasure."""
    settings.REMOVAL_SETTLES_SECONDS = -1


@pytest.fixture
def zephyrine(alice: User, charlie: User) -> User:
    """Staff of Alice's Shop, who has used everything there is."""
    return lived_in(alice, charlie)
