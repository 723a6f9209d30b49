from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from catalog import services
from catalog.entities import Product
from storage.meter import Meter, measure
from tests.catalog.staff import TYPED

if TYPE_CHECKING:
    from accounts.entities import User

Visit = Callable[..., tuple[Any, Meter]]


@pytest.fixture
def visit(client: Client) -> Visit:
    """Gets a page and says what it asked of the store."""

    def get(path: str, client: Client = client, **headers: Any) -> tuple[Any, Meter]:
        with measure() as meter:
            response = client.get(path, **headers)
        return response, meter

    return get


@pytest.fixture
def log_in() -> Callable[[User], Client]:
    def logged_in(user: User) -> Client:
        from accounts.models import AuthUser

        client = Client()
        client.force_login(AuthUser.of(user))
        return client

    return logged_in


@pytest.fixture
def mug(alice: User) -> Product:
    """A draft of Alice's."""
    return services.create_product(actor=alice.actor, raw=TYPED).product


@pytest.fixture
def browser(alice: User) -> Client:
    """Logged in as Alice, for the pages of an import."""
    from tests.catalog.import_pages import browser_of

    return browser_of(alice)
