"""Somebody who is being erased, and what stays of it. Pure: no framework, no store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from accounts.entities import User


@dataclass(frozen=True, slots=True)
class Erasure:
    """While it is under way, `email`, `email_key` and `name` say what to look for; then they are
    empty, and ids are all that stays.

    `swept_at` is when everything was gone for the first time. What the person was doing at the
    moment of the erasure may have been written later, so it is looked for once more when nothing
    from before can still be under way; `done` after that.
    """

    org_id: str
    user_id: str
    begun_at: datetime
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    email_key: str = field(default="", repr=False)
    swept_at: datetime | None = None
    done: bool = False
    version: int | None = None

    @classmethod
    def of(cls, user: User) -> Erasure:
        now = datetime.now(UTC).replace(microsecond=0)
        return cls(user.org_id, user.user_id, now, user.name, user.email, user.email_key)

    @property
    def pk(self) -> str:
        """As in User."""
        return f"{self.org_id}.{self.user_id}"

    @property
    def audit_subject(self) -> str:
        return f"user#{self.user_id}"

    def swept(self, *, done: bool) -> Erasure:
        """With ids only."""
        now = datetime.now(UTC).replace(microsecond=0)
        return replace(self, name="", email="", email_key="", swept_at=now, done=done)

    def is_named_by(self, value: Any) -> bool:
        """Whether a value, of those that JSON has, is or contains the name or the address."""
        if isinstance(value, dict):
            return any(map(self.is_named_by, value.values()))
        if isinstance(value, list | tuple):
            return any(map(self.is_named_by, value))
        if not isinstance(value, str):
            return False
        # A name can be a word of anything, an address is only itself.
        text = value.casefold()
        return (bool(self.name) and value == self.name) or any(
            address and address.casefold() in text for address in (self.email, self.email_key)
        )
