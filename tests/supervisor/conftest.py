from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from accounts.entities import Actor, Role, User
from accounts.models import AuthUser
from accounts.permissions import Grants
from accounts.stores import services as stores


@pytest.fixture
def harbour(alice: User) -> str:
    """The id of a store of Alice's Shop."""
    made = stores.create_store(
        actor=alice.actor, said={"name": "Harbour", "time_zone": "Europe/Madrid"}
    )
    return made.store.store_id


@pytest.fixture
def ana(alice: User) -> Actor:
    """A supervisor in Alice's Shop."""
    grants = Grants((Role.SUPERVISOR,))
    return replace(alice.actor, user_id="USER-ana", name="Ana", permissions=grants)


@pytest.fixture
def steve(alice: User) -> Actor:
    """Staff in Alice's Shop."""
    grants = Grants((Role.STAFF,))
    return replace(alice.actor, user_id="USER-steve", name="Steve", permissions=grants)


@pytest.fixture
def log_in() -> Callable[[User], Client]:
    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(AuthUser.of(user))
        return client

    return logged_in
