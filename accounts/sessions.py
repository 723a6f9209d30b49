"""Django's SESSION_ENGINE on DynamoDB.

A session lasts SESSION_COOKIE_AGE from its last change, which in practice is the login: looking
at pages does not prolong it. Anonymous visitors have none. The login itself is part of the data,
so that it moves along when the key changes, and is repeated beside it for the index.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import (
    VALID_KEY_CHARS,
    CreateError,
    SessionBase,
    UpdateError,
)
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from accounts import repository
from accounts.devices import device_of
from accounts.entities import Device, SessionLogin, SessionRecord
from storage.errors import StoreError

LAST_USE_PRECISION = timedelta(hours=1)
_KEY_LENGTH = 32
_LOGIN = "login"
_CONFIRMED = "confirmed"
_ID_BYTES = 12


class SessionStore(SessionBase):
    _last_seen: datetime | None = None

    def load(self) -> dict[str, Any]:
        """One read. An expired session is as good as none: the store deletes it days later."""
        record = repository.get_session(self.session_key) if self.session_key else None
        if record is None or record.expires_at <= datetime.now(UTC):
            self._session_key = None
            return {}
        self._last_seen = record.last_seen
        return dict(self.decode(record.data))

    def remember_login(self, user_pk: str, user_agent: str) -> None:
        """To be saved with the session. A second login in the same session is a new one."""
        device = device_of(user_agent)
        self.confirm()
        self[_LOGIN] = {
            "id": secrets.token_urlsafe(_ID_BYTES),
            "user": user_pk,
            "at": int(datetime.now(UTC).timestamp()),
            "device": [device.browser, device.system],
        }

    def confirm(self) -> None:
        """Whoever is logged in has just proved it once more; to be saved with the session."""
        self[_CONFIRMED] = int(datetime.now(UTC).timestamp())

    @property
    def confirmed_at(self) -> datetime | None:
        said = self.get(_CONFIRMED)
        return None if said is None else datetime.fromtimestamp(said, UTC)

    @property
    def login(self) -> SessionLogin | None:
        """None where nobody is logged in, and in sessions from before this was remembered."""
        return _login_in(self._get_session())  # type: ignore[attr-defined]  # not in the stubs

    def note_use(self) -> None:
        """One write when the last one is more than LAST_USE_PRECISION ago, else none.

        Nobody misses it when it fails, and it brings back no session that was ended meanwhile.
        """
        now = datetime.now(UTC)
        due = self._last_seen is not None and now - self._last_seen >= LAST_USE_PRECISION
        if due and self.session_key is not None and not self.modified:
            with suppress(StoreError):
                repository.note_use(self.session_key, now, not_since=now - LAST_USE_PRECISION)

    def exists(self, session_key: str | None) -> bool:
        return session_key is not None and repository.get_session(session_key) is not None

    def _get_new_session_key(self) -> str:
        """Without asking the store whether it is free: `create` puts under a condition."""
        return get_random_string(_KEY_LENGTH, VALID_KEY_CHARS)

    async def _aget_new_session_key(self) -> str:
        return self._get_new_session_key()

    def create(self) -> None:
        while True:
            self._session_key = self._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Raises CreateError when the key is taken, UpdateError when the session was ended."""
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # not in the stubs
        record = SessionRecord(
            self.encode(data),
            self.get_expiry_date().astimezone(UTC),
            login=_login_in(data),
            last_seen=datetime.now(UTC),
        )
        if not repository.save_session(self.session_key, record, create=must_create):
            raise CreateError if must_create else UpdateError
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if key is not None:
            repository.delete_session(key)

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: DynamoDB deletes what its TTL attribute says."""


def remember_login(sender: object, request: HttpRequest, user: Any, **_: object) -> None:  # noqa: ARG001  # a signal's
    request.session.remember_login(user.account.pk, request.META.get("HTTP_USER_AGENT", ""))  # type: ignore[attr-defined]


def _login_in(data: dict[str, Any]) -> SessionLogin | None:
    said = data.get(_LOGIN)
    if said is None:
        return None
    at = datetime.fromtimestamp(said["at"], UTC)
    return SessionLogin(said["id"], said["user"], at, Device(*said["device"]))
