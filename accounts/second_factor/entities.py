"""Codes, and when one is right. Pure: no framework, no store."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime

import pyotp

from accounts.entities import User

ISSUER = "Backroom"
STEP_SECONDS = 30
# Clocks of phones differ, and typing takes time: one step before and one after.
TOLERATED_STEPS = 1
RECOVERY_CODES = 10
# Crockford's: neither I, L, O nor U, so that no letter is taken for a digit. Ten are 50 bits.
CODE_LENGTH = 6
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RECOVERY_LENGTH = 10
_MISREAD = str.maketrans("oil", "011")
_GROUP = 4


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is stored of one person's. `sealed` is the encrypted secret, empty where it is off.

    `last_step` is the latest step whose code was used, `recovery` the digests of the recovery
    codes that are left.
    """

    user: User
    sealed: str = field(default="", repr=False)
    last_step: int = 0
    recovery: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def on(self) -> bool:
        return self.user.second_factor_since is not None and bool(self.sealed)


@dataclass(frozen=True, slots=True)
class SetUp:
    """A second factor that is not on yet. `token` brings it back, encrypted, with the code."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def groups(self) -> str:
        """The secret as people type it off: four letters at a time."""
        return " ".join(
            self.secret[start : start + _GROUP] for start in range(0, len(self.secret), _GROUP)
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody proved it: `how` is code or recovery_code; `left` recovery codes."""

    how: str
    left: int


def new_secret() -> str:
    """160 bits in base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def address_of(secret: str, account: str) -> str:
    """The `otpauth://` address that a QR code carries."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(
        name=account, issuer_name=ISSUER
    )


def step_at(moment: datetime) -> int:
    """The number of the 30 seconds that `moment` is in, since 1970."""
    return int(moment.timestamp()) // STEP_SECONDS


def step_of(code: str, secret: str, now: datetime) -> int | None:
    """The step that `code` belongs to, of those that count now; None where it is wrong."""
    typed = _plain(code)
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = step_at(now)
    found = None
    for step in range(max(0, current - TOLERATED_STEPS), current + TOLERATED_STEPS + 1):
        # All of them, so that the time tells nothing.
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            found = step
    return found


def new_recovery_codes() -> tuple[str, ...]:
    """As they are shown: `k3v9m-2xq7p`."""
    half = _RECOVERY_LENGTH // 2
    codes = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    )
    return tuple(f"{code[:half]}-{code[half:]}" for code in codes)


def is_recovery_code(typed: str) -> bool:
    """Rather than one of the app, which is shorter."""
    return sum(sign.isalnum() for sign in typed) > CODE_LENGTH


def plain_recovery_code(typed: str) -> str:
    """However it was typed: large or small, with or without the dash, an o for a zero."""
    return _plain(typed).casefold().translate(_MISREAD)


def _plain(typed: str) -> str:
    text = unicodedata.normalize("NFKC", typed)
    return "".join(letter for letter in text if letter.isalnum())
