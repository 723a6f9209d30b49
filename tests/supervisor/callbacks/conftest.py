from __future__ import annotations

import pytest

from accounts.entities import Actor, User
from tests.accounts.people.company import acting, member


@pytest.fixture
def steve(alice: User) -> Actor:
    """Staff in Alice's Shop, who exists: who may not see a request any more is not called."""
    return acting(member(alice, "Steve", "staff"))
