"""Django's SESSION_ENGINE on DynamoDB.

A session lasts SESSION_COOKIE_AGE from its last change, which in practice is the login: looking
at pages neither writes nor prolongs it. Anonymous visitors have none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.base import (
    VALID_KEY_CHARS,
    CreateError,
    SessionBase,
    UpdateError,
)
from django.utils.crypto import get_random_string

from accounts import repository
from accounts.entities import SessionRecord

_KEY_LENGTH = 32


class SessionStore(SessionBase):
    def load(self) -> dict[str, Any]:
        """One read. An expired session is as good as none: the store deletes it days later."""
        record = repository.get_session(self.session_key) if self.session_key else None
        if record is None or record.expires_at <= datetime.now(UTC):
            self._session_key = None
            return {}
        return dict(self.decode(record.data))

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
        record = SessionRecord(self.encode(data), self.get_expiry_date().astimezone(UTC))
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
