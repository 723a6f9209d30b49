"""What is stored about the secret that signs an organisation's calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict
from storage.transactions import Transaction
from supervisor.callbacks import sealing
from supervisor.settings_tables import SettingItem, of_organisation

_KIND = "callback-secret"


class SecretChanged(Exception):
    """Somebody else made or replaced it at the same moment."""


class SecretUnreadable(Conflict):
    """Something is stored, at `version`, that no key of this process opens: perhaps another process
    has the right one."""

    code = "callback_secret_unreadable"
    message = _("The secret cannot be read here. Look at SECOND_FACTOR_SECRET, or replace it.")

    def __init__(self, version: int | None) -> None:
        super().__init__()
        self.version = version


@dataclass(frozen=True, slots=True)
class EarlierSecret:
    text: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """`earlier` are those before, newest first, each of them valid for a while."""

    org_id: str
    current: str
    since: datetime
    earlier: tuple[EarlierSecret, ...] = ()
    version: int | None = None

    def __repr__(self) -> str:
        return f"SigningSecret({self.org_id!r}, since={self.since!r})"

    @property
    def audit_subject(self) -> str:
        return f"callback-secret#{self.org_id}"

    @property
    def earlier_until(self) -> datetime | None:
        """When none but the current one is valid any more; None where there never was another."""
        return max((one.until for one in self.earlier), default=None)

    def valid_at(self, now: datetime) -> tuple[str, ...]:
        return (self.current, *(one.text for one in self.earlier if now < one.until))


def get_secret(org_id: str) -> SigningSecret | None:
    """One strongly consistent read. Raises SecretUnreadable."""
    item = SettingItem.find(of_organisation(org_id), _KIND, consistent=True)
    if item is None:
        return None
    document = item.document
    current = sealing.opened(document["sealed"], org_id)
    if current is None:
        raise SecretUnreadable(item.version)
    earlier = (
        EarlierSecret(text, _moment(one["until"]))
        for one in document["earlier"]
        if (text := sealing.opened(one["sealed"], org_id)) is not None
    )
    return SigningSecret(org_id, current, _moment(document["since"]), tuple(earlier), item.version)


def save_secret(transaction: Transaction, secret: SigningSecret) -> SigningSecret:
    """A new one, or over the version that was read; the commit raises SecretChanged. Returns what
    is stored after it."""
    document = {
        "sealed": sealing.seal(secret.current, secret.org_id),
        "since": secret.since.isoformat(),
        "earlier": [
            {"sealed": sealing.seal(one.text, secret.org_id), "until": one.until.isoformat()}
            for one in secret.earlier
        ],
    }
    known: dict[str, Any] = {} if secret.version is None else {"version": secret.version}
    owner = of_organisation(secret.org_id)
    item = SettingItem(owner, _KIND, org_id=secret.org_id, document=document, **known)
    transaction.put(item, on_failure=SecretChanged)
    return replace(secret, version=(secret.version or 0) + 1)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
