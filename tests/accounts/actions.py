"""What tests of accounts do over and over."""

from __future__ import annotations

from accounts import repository, services
from accounts.entities import User
from storage.transactions import Transaction
from tests.accounts.fixtures import PASSWORD

CLIENT = "192.0.2.1"


def sign_up(email: str = "dora@example.com", **others: str) -> User:
    return services.sign_up(**{"email": email, "password": PASSWORD, **others})


def log_in(
    email: str = "alice@example.com", password: str = PASSWORD, client: str = CLIENT
) -> User:
    return services.authenticate(email=email, password=password, client_address=client)


def stored(user: User) -> User:
    found = repository.get_user(user.org_id, user.user_id)
    assert found is not None
    return found


def change(user: User) -> None:
    transaction = Transaction()
    repository.change_user(transaction, user)
    transaction.commit()
