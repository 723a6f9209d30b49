"""The cast: Alice owns a shop, Bob may look at it, Charlie owns another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.entities import User

PASSWORD = "correct horse battery"


def add_user(*, email: str, name: str, beside: User, roles: tuple[str, ...]) -> User:
    """A colleague in the organisation of `beside`."""
    from dataclasses import replace

    from accounts import passwords, repository
    from accounts.entities import Role, User, normalise_email
    from storage.transactions import Transaction

    user = replace(
        beside,
        user_id=User.new_id(),
        name=name,
        email=email,
        email_key=normalise_email(email),
        password=passwords.hashed(PASSWORD),
        credential_stamp=f"stamp of {name}",
        roles=tuple(Role(role) for role in roles),
        version=None,
    )
    transaction = Transaction()
    repository.add_user(transaction, user)
    transaction.commit()
    return user


@pytest.fixture
def alice(store: None) -> User:
    """Owner of Alice's Shop."""
    from accounts import services

    return services.sign_up(
        email="alice@example.com",
        password=PASSWORD,
        name="Alice",
        organisation_name="Alice's Shop",
    )


@pytest.fixture
def bob(alice: User) -> User:
    """Viewer in Alice's Shop."""
    return add_user(email="bob@example.com", name="Bob", beside=alice, roles=("viewer",))


@pytest.fixture
def charlie(store: None) -> User:
    """Owner of another organisation."""
    from accounts import services

    return services.sign_up(
        email="charlie@example.com",
        password=PASSWORD,
        name="Charlie",
        organisation_name="Charlie & Co",
    )
