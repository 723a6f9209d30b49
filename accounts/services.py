"""Signing up, logging in, logging out, changing a password."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from accounts import attempts, notices, passwords, repository
from accounts.audit_trail import record
from accounts.entities import (
    Actor,
    Organisation,
    Role,
    User,
    clean_name,
    normalise_email,
)
from accounts.errors import (
    ChangedMeanwhile,
    EmailTaken,
    InvalidCredentials,
    NotTheOwner,
    SignUpClosed,
    UserNotFound,
    WrongPassword,
)
from accounts.language import language_of_page
from storage.errors import StoreError
from storage.transactions import Transaction

_FIRST_VERSION = 1


def sign_up(
    *,
    email: str,
    password: str,
    name: str = "",
    organisation_name: str = "",
    client_address: str | None = None,
) -> User:
    """A new organisation with its owner, the e-mail marker and the audit entries, or nothing.

    `client_address` is whose attempts are counted; None is a command on the server itself, which
    is neither counted nor subject to SIGN_UP_OPEN. Without a name the part before the @ stands in,
    without an organisation name the person's name.

    Raises InvalidEmail, InvalidName, WeakPassword, EmailTaken, SignUpClosed, TooManyAttempts.
    """
    if client_address is not None and not settings.SIGN_UP_OPEN:
        raise SignUpClosed
    email_key = normalise_email(email)
    name = clean_name(name, field="name") or email.strip().rpartition("@")[0]
    organisation_name = clean_name(organisation_name, field="organisation")
    organisation = Organisation.founded(organisation_name or name)
    user = User(
        org_id=organisation.org_id,
        user_id=User.new_id(),
        name=name,
        email=email.strip(),
        email_key=email_key,
        password="",
        credential_stamp=User.new_stamp(),
        roles=(Role.OWNER,),
        language=language_of_page(),
        created_at=organisation.created_at,
        updated_at=organisation.updated_at,
    )
    passwords.require_strong(password, user)
    if client_address is not None:
        attempts.hit(attempts.sign_ups_per_client(), attempts.client_key(client_address))
    user = replace(user, password=passwords.hashed(password))

    transaction = Transaction()
    repository.add_organisation(transaction, organisation)
    repository.add_user(transaction, user)
    record(transaction, user, organisation.audit_subject, "accounts.add_organisation")
    record(transaction, user, user.audit_subject, "accounts.sign_up")
    transaction.commit()
    return replace(user, version=_FIRST_VERSION)


def ensure_owner(
    *, email: str, password: str, name: str = "", organisation_name: str = ""
) -> tuple[User, bool]:
    """The owner with this address, signed up where there is none; (owner, whether created).

    An existing account keeps name and password. Raises NotTheOwner when the address has another
    role, or another organisation than a name that was given; InvalidEmail, InvalidName,
    WeakPassword.
    """
    try:
        user = sign_up(
            email=email, password=password, name=name, organisation_name=organisation_name
        )
    except EmailTaken:
        owner = find_owner(email=email, organisation_name=organisation_name)
        if owner is None:
            raise NotTheOwner from None
        return owner, False
    return user, True


def find_owner(*, email: str, organisation_name: str = "") -> User | None:
    """The owner with this address; None where nobody has it. Raises as `ensure_owner` does."""
    named = clean_name(organisation_name, field="organisation")
    membership = repository.membership_by_email(normalise_email(email))
    if membership is None:
        return None
    is_named = not named or named == membership.organisation.name
    if not (membership.active and membership.user.is_owner and is_named):
        raise NotTheOwner
    return membership.user


def authenticate(*, email: str, password: str, client_address: str) -> User:
    """The person with this address and password, in an organisation that is not deleted.

    Every attempt counts, before the password is looked at; a success takes back its own count and
    forgets the failures of the address. An unknown address costs the same reads and the same
    hashing as a wrong password.

    Raises InvalidCredentials, TooManyAttempts.
    """
    client_key, address_key = attempts.client_key(client_address), attempts.address_key(email)
    per_client, per_address = attempts.logins_per_client(), attempts.logins_per_address()
    attempts.hit(per_client, client_key)
    attempts.hit(per_address, address_key)

    user = _person_with_password(address_key, password)
    per_address.clear(address_key)
    per_client.forgive(client_key)
    return user


def log_in(*, user: User, via: str, second_factor: str = "") -> None:
    """Leaves the audit entry, and notes the moment, once nothing more is asked for.

    `via` is `session` or `token`; `second_factor` is `code`, `recovery_code`, or empty.
    """
    changes: dict[str, tuple[object, object]] = {"via": (None, via)}
    if second_factor:
        changes["second_factor"] = (None, second_factor)
    transaction = Transaction()
    record(transaction, user, user.audit_subject, "accounts.log_in", changes)
    transaction.commit()
    with suppress(StoreError):
        repository.note_login(user, datetime.now(UTC))


def unlock(*, actor: Actor, user: User) -> None:
    """Forgets the attempts that were counted against a person. Raises PermissionDenied."""
    actor.require("accounts.change_user", user.org_id)
    attempts.forget_person(user.email_key)
    transaction = Transaction()
    record(transaction, actor, user.audit_subject, "accounts.unlock")
    transaction.commit()


def log_out(*, user: User) -> None:
    transaction = Transaction()
    record(transaction, user, user.audit_subject, "accounts.log_out")
    transaction.commit()


def change_password(
    *, user: User, current_password: str, new_password: str, client_address: str
) -> User:
    """Ends all sessions and access tokens of the person; the caller renews the one at hand.
    Tells the person by mail.

    Attempts count with those to confirm, so that nobody outside keeps a person from this. Raises
    WrongPassword, WeakPassword (under `new_password`), TooManyAttempts, UserNotFound,
    ChangedMeanwhile.
    """
    per_person, per_client = attempts.confirmations_per_person(), attempts.logins_per_client()
    client_key = attempts.client_key(client_address)
    attempts.hit(per_client, client_key)
    attempts.hit(per_person, user.email_key)
    stored = repository.get_user(user.org_id, user.user_id)
    if stored is None:
        raise UserNotFound
    if not passwords.matches(current_password, stored.password):
        raise WrongPassword(fields={"current_password": [WrongPassword.message]})
    per_person.clear(user.email_key)
    per_client.forgive(client_key)
    passwords.require_strong(new_password, stored, field="new_password")

    changed = replace(
        stored,
        password=passwords.hashed(new_password),
        credential_stamp=User.new_stamp(),
        updated_at=datetime.now(UTC),
    )
    transaction = Transaction()
    repository.change_user(transaction, changed)
    record(transaction, user, user.audit_subject, "accounts.change_password")
    transaction.commit()
    notices.tell_of_new_password(changed)
    return replace(changed, version=(stored.version or 0) + 1)


def _person_with_password(email_key: str, password: str) -> User:
    membership = repository.membership_by_email(email_key)
    if (
        membership is None
        or not membership.active
        or not passwords.is_usable(membership.user.password)
    ):
        passwords.spend_the_time_of_a_check(password)
        raise InvalidCredentials
    user = membership.user
    outdated: list[str] = []
    if not passwords.matches(password, user.password, outdated.append):
        raise InvalidCredentials
    return _with_renewed_hash(user, password) if outdated else user


def _with_renewed_hash(user: User, password: str) -> User:
    """The stamp stays, so this ends no session. Whoever changed the account meanwhile wins; if that
    was the password, or the account is gone, the one that was typed does not count any more."""
    transaction = Transaction()
    repository.change_user(transaction, replace(user, password=passwords.hashed(password)))
    with suppress(ChangedMeanwhile):
        transaction.commit()
    stored = repository.get_user(user.org_id, user.user_id)
    if stored is None or not stored.may_log_in or stored.credential_stamp != user.credential_stamp:
        raise InvalidCredentials
    return stored
