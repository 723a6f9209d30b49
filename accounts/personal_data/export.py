"""Everything that is kept about one person, as one JSON document, written while it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from accounts import repository, selectors
from accounts.audit_trail import record
from accounts.entities import Actor, User, normalise_email
from accounts.errors import UserNotFound
from accounts.personal_data.keepers import Section, keepers
from accounts.second_factor import notices
from storage.transactions import Transaction

FORMAT = "backroom-personal-data"
VERSION = 1
_EXPORTED = notices.Notice(
    _("Your data was downloaded"),
    _("Somebody who is logged in as you took along everything that is kept about you."),
)


def export_own_data(*, actor: Actor) -> Iterator[bytes]:
    """The document, piece by piece. Leaves an audit entry and tells the person by mail, for it may
    be a stranger who has got hold of a session.

    Raises ConfirmationNeeded, UserNotFound, before there is a piece.
    """
    actor.require_confirmation()
    user = selectors.get_own_membership(actor=actor).user
    _record(actor, user)
    notices.send(_EXPORTED, user)
    return document_of(user)


def export_user(*, actor: Actor, email: str) -> Iterator[bytes]:
    """For the server itself: of whoever has this address, deleted or not; leaves an audit entry.

    Raises UserNotFound, InvalidEmail.
    """
    membership = repository.membership_by_email(normalise_email(email))
    if membership is None or not actor.is_system:
        raise UserNotFound
    _record(actor, membership.user)
    return document_of(membership.user)


def document_of(user: User) -> Iterator[bytes]:
    """`{"format": …, "version": …, "made_at": …, "<keeper>": {"<section>": …}}`."""
    head = {"format": FORMAT, "version": VERSION, "made_at": datetime.now(UTC)}
    yield _json(head).removesuffix(b"}")
    for keeper in keepers():
        yield b",\n" + _json(keeper.name) + b":{"
        for number, section in enumerate(keeper.export(user)):
            yield b",\n" if number else b"\n"
            yield from _section(section)
        yield b"}"
    yield b"}\n"


def _record(actor: Actor, user: User) -> None:
    transaction = Transaction()
    record(transaction, actor, user.audit_subject, "accounts.export_user")
    transaction.commit()


def _section(section: Section) -> Iterator[bytes]:
    yield _json(section.name) + b":"
    if isinstance(section.content, Mapping):
        yield _json(section.content)
        return
    yield b"["
    for number, row in enumerate(section.content):
        yield (b",\n" if number else b"\n") + _json(row)
    yield b"]"


def _json(value: Any) -> bytes:
    """Moments in whole seconds, UTC."""
    options = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
    return orjson.dumps(value, default=_listed, option=options)


def _listed(value: Any) -> Any:
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError
