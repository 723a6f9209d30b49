from __future__ import annotations

import pytest

from accounts.entities import User
from tests.accounts.imports import import_people, person


@pytest.fixture
def dora(alice: User) -> User:
    """Imported into Alice's Shop, without a password."""
    import_people({"email": "dora@example.com", "name": "Dora", "language": "es"}, owner=alice)
    return person("dora@example.com")
