"""Setting up a second factor, proving that one has it, and switching it off."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from accounts import attempts, selectors
from accounts.audit_trail import record
from accounts.entities import Actor, User
from accounts.errors import (
    ChangedMeanwhile,
    InvalidCredentials,
    PermissionDenied,
    TooManyAttempts,
)
from accounts.second_factor import notices, repository, sealing
from accounts.second_factor.entities import (
    Proof,
    SecondFactor,
    SetUp,
    address_of,
    new_recovery_codes,
    new_secret,
    step_of,
)
from accounts.second_factor.errors import (
    SecondFactorDemanded,
    SecondFactorOff,
    SecondFactorOn,
    SecondFactorRequired,
    SetUpExpired,
    WrongCode,
    WrongRecoveryCode,
)
from storage.errors import StoreError
from storage.transactions import Transaction

_ATTEMPTS = 5


def get_own_second_factor(*, actor: Actor) -> SecondFactor:
    """One request. Raises UserNotFound."""
    return repository.get_second_factor(actor.org_id, actor.user_id)


def begin_set_up(*, actor: Actor) -> SetUp:
    """A new secret, which nothing is stored of. Raises ConfirmationNeeded, SecondFactorOn."""
    actor.require_confirmation()
    factor = get_own_second_factor(actor=actor)
    if factor.on:
        raise SecondFactorOn
    secret = new_secret()
    return _set_up(secret, sealing.seal_set_up(secret, factor.user), factor.user)


def resume_set_up(*, user: User, token: str) -> SetUp | None:
    """What `begin_set_up` made, within an hour; None for anything else. No request."""
    secret = sealing.open_set_up(token, user)
    return None if secret is None else _set_up(secret, token, user)


def switch_on(*, actor: Actor, token: str, code: str) -> tuple[str, ...]:
    """The recovery codes, which nobody is told again. `code` proves that the app has the secret.

    Raises ConfirmationNeeded, SetUpExpired, SecondFactorOn, WrongCode, TooManyAttempts,
    ChangedMeanwhile.
    """
    actor.require_confirmation()
    user = get_own_second_factor(actor=actor).user
    if user.second_factor_since is not None:
        raise SecondFactorOn
    secret = sealing.open_set_up(token, user)
    if secret is None:
        raise SetUpExpired
    per_person = attempts.second_factors_per_person()
    attempts.hit(per_person, user.email_key)
    step = step_of(code, secret, datetime.now(UTC))
    if step is None:
        raise WrongCode
    per_person.clear(user.email_key)
    codes = new_recovery_codes()
    transaction = Transaction()
    repository.switch_on(
        transaction,
        user,
        sealed=sealing.seal_secret(secret, user),
        step=step,
        recovery=[sealing.digest_of(one, user) for one in codes],
    )
    record(transaction, actor, user.audit_subject, "accounts.enable_second_factor")
    transaction.commit()
    notices.send(notices.SWITCHED_ON, user)
    return codes


def renew_recovery_codes(*, actor: Actor) -> tuple[str, ...]:
    """New ones; the old ones work no more. Raises ConfirmationNeeded, SecondFactorOff,
    ChangedMeanwhile."""
    actor.require_confirmation()
    user = _with_second_factor(actor)
    codes = new_recovery_codes()
    transaction = Transaction()
    digests = [sealing.digest_of(one, user) for one in codes]
    repository.renew_recovery_codes(transaction, user, digests)
    record(transaction, actor, user.audit_subject, "accounts.renew_recovery_codes")
    transaction.commit()
    notices.send(notices.CODES_RENEWED, user)
    return codes


def switch_off(*, actor: Actor) -> None:
    """Raises ConfirmationNeeded, SecondFactorOff, SecondFactorDemanded, also where the organisation
    has just begun to ask for one, ChangedMeanwhile."""
    actor.require_confirmation()
    if selectors.get_own_organisation(actor=actor).second_factor_required:
        raise SecondFactorDemanded
    user = _with_second_factor(actor)
    transaction = Transaction()
    repository.require_not_demanded(transaction, actor.org_id)
    _switch_off(transaction, user, actor)


def remove_second_factor(*, actor: Actor, user: User) -> None:
    """For the server itself: whoever lost phone and codes logs in with the password alone.

    Raises PermissionDenied, SecondFactorOff, ChangedMeanwhile.
    """
    if not actor.is_system:
        raise PermissionDenied
    if user.second_factor_since is None:
        raise SecondFactorOff
    switch_off_for(user=user, actor=actor)


def switch_off_for(*, user: User, actor: Actor) -> None:
    """Whoever calls this has made sure that the actor may. Raises ChangedMeanwhile."""
    _switch_off(Transaction(), user, actor)


def prove(*, user: User, client_address: str, code: str = "", recovery_code: str = "") -> Proof:
    """That somebody has the second factor of `user`, by one of the two; a recovery code is used up.

    Every attempt counts, before the code is looked at; a success takes back its own count and
    forgets those of the person. Raises WrongCode, WrongRecoveryCode, SecondFactorOff,
    TooManyAttempts.
    """
    per_client, client_key = (
        attempts.second_factors_per_client(),
        attempts.client_key(client_address),
    )
    per_person = attempts.second_factors_per_person()
    attempts.hit(per_client, client_key)
    try:
        attempts.hit(per_person, user.email_key)
    except TooManyAttempts as refusal:
        if refusal.first:
            _note_lock_out(user)
        raise
    proof = _use_code(user, code) if code else _use_recovery_code(user, recovery_code)
    per_person.clear(user.email_key)
    per_client.forgive(client_key)
    return proof


def prove_at_login(
    *, user: User, client_address: str, code: str, recovery_code: str
) -> Proof | None:
    """For programs, which send all at once; None for who needs no second factor.

    Raises SecondFactorRequired where neither was sent, InvalidCredentials, as for a wrong password,
    where it is wrong; TooManyAttempts.
    """
    if user.second_factor_since is None:
        return None
    if not (code or recovery_code):
        raise SecondFactorRequired
    try:
        return prove(
            user=user, client_address=client_address, code=code, recovery_code=recovery_code
        )
    except (WrongCode, SecondFactorOff) as error:
        raise InvalidCredentials from error


def _use_code(user: User, code: str) -> Proof:
    factor = _factor_of(user)
    secret = sealing.open_secret(factor.sealed, factor.user)
    step = None if secret is None else step_of(code, secret, datetime.now(UTC))
    if step is None or not repository.use_step(factor, step):
        raise WrongCode
    return Proof("code", len(factor.recovery))


def _use_recovery_code(user: User, code: str) -> Proof:
    for _attempt in range(_ATTEMPTS):
        factor = _factor_of(user)
        digests = set(sealing.digests_of(code, factor.user)) & factor.recovery
        if not digests:
            break
        left = len(factor.recovery) - 1
        transaction = Transaction()
        repository.use_recovery_code(transaction, factor, digests.pop())
        changes = {"recovery_codes_left": (None, left)}
        record(transaction, user.actor, user.audit_subject, "accounts.use_recovery_code", changes)
        try:
            transaction.commit()
        except ChangedMeanwhile:
            # By another use of this code, or by something that has nothing to do with it.
            continue
        notices.send(notices.CODE_USED, factor.user, left=left)
        return Proof("recovery_code", left)
    raise WrongRecoveryCode("recovery_code")


def _factor_of(user: User) -> SecondFactor:
    factor = repository.get_second_factor(user.org_id, user.user_id)
    if not factor.on:
        raise SecondFactorOff
    return factor


def _with_second_factor(actor: Actor) -> User:
    user = get_own_second_factor(actor=actor).user
    if user.second_factor_since is None:
        raise SecondFactorOff
    return user


def _switch_off(transaction: Transaction, user: User, actor: Actor) -> None:
    repository.switch_off(transaction, user)
    record(transaction, actor, user.audit_subject, "accounts.disable_second_factor")
    transaction.commit()
    notices.send(notices.SWITCHED_OFF, user, own=actor.user_id == user.user_id)


def _note_lock_out(user: User) -> None:
    """Once for each; who guesses is not helped when it cannot be noted."""
    transaction = Transaction()
    record(transaction, user.actor, user.audit_subject, "accounts.lock_second_factor")
    with suppress(StoreError):
        transaction.commit()
    notices.send(notices.LOCKED, user, own=False)


def _set_up(secret: str, token: str, user: User) -> SetUp:
    return SetUp(secret, address_of(secret, user.email), token)
