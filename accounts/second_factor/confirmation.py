"""Proving once more who one is, before something that cannot be undone or opens doors."""

from __future__ import annotations

from accounts import attempts, passwords, repository
from accounts.entities import User
from accounts.errors import UserNotFound
from accounts.second_factor.entities import is_recovery_code
from accounts.second_factor.errors import NotConfirmed, WrongCode, WrongRecoveryCode
from accounts.second_factor.services import prove


def confirm(*, user: User, client_address: str, password: str = "", code: str = "") -> None:
    """By the password; where `user` has a second factor, by a code or a recovery code and nothing
    else, so that a stolen session and a known password do not do what needs the factor.

    Raises NotConfirmed (under `password`), WrongCode (under `code`), SecondFactorOff,
    UserNotFound, TooManyAttempts.
    """
    if code:
        _prove(user, client_address, code)
        return
    per_person, per_client = attempts.confirmations_per_person(), attempts.logins_per_client()
    client_key = attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    attempts.hit(per_person, user.email_key)
    stored = repository.get_user(user.org_id, user.user_id)
    if stored is None:
        raise UserNotFound
    if stored.second_factor_since is not None or not passwords.matches(password, stored.password):
        raise NotConfirmed
    per_person.clear(user.email_key)
    per_client.forgive(client_key)


def _prove(user: User, client_address: str, code: str) -> None:
    if not is_recovery_code(code):
        prove(user=user, client_address=client_address, code=code)
        return
    try:
        prove(user=user, client_address=client_address, recovery_code=code)
    except WrongRecoveryCode as error:
        raise WrongCode from error
