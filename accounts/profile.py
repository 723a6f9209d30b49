"""What people say about themselves: name, language, time zone, theme."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import repository
from accounts.audit_trail import record
from accounts.entities import THEMES, User, clean_name
from accounts.errors import ChangedMeanwhile, NameMissing, ProfileChanged, UnknownChoice
from storage.domain import Invalid
from storage.transactions import Transaction

# What else there is are old names, and zones that are no places.
_AREAS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia"),
        *("Europe", "Indian", "Pacific"),
    }
)
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Profile:
    """Empty: `language` and `theme` as each device says, `time_zone` (an IANA name) UTC."""

    name: str
    language: str = ""
    time_zone: str = ""
    theme: str = ""

    @classmethod
    def of(cls, user: User) -> Profile:
        return cls(user.name, user.language, user.time_zone, user.theme)


@lru_cache(maxsize=1)
def time_zones() -> tuple[str, ...]:
    """To choose from: UTC, and the zones that are called by a place."""
    names = zoneinfo.available_timezones()
    places = (name for name in names if "/" in name and name.partition("/")[0] in _AREAS)
    return ("UTC", *sorted(places))


def zone_of(user: User) -> tzinfo:
    """UTC also where this machine does not know the zone any more."""
    if not user.time_zone:
        return UTC
    try:
        return zoneinfo.ZoneInfo(user.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return UTC


def change_profile(*, user: User, version: int, said: Mapping[str, str]) -> User:
    """Changes the fields of Profile that `said` has; the person afterwards.

    `version` is the one that whoever says it has seen. Nothing is written where nothing differs.
    Raises Invalid with what is wrong with each field, ProfileChanged, ChangedMeanwhile when the
    person is gone.
    """
    wanted = _checked(said)
    if user.version != version:
        raise ProfileChanged(user)
    changed = replace(user, **wanted)
    if changed == user:
        return user
    transaction = Transaction()
    repository.change_user(transaction, changed)
    before, after = Profile.of(user), Profile.of(changed)
    changes = {
        field.name: (getattr(before, field.name) or None, getattr(after, field.name) or None)
        for field in fields(Profile)
        if getattr(before, field.name) != getattr(after, field.name)
    }
    record(transaction, user, user.audit_subject, "accounts.change_profile", changes)
    try:
        transaction.commit()
    except ChangedMeanwhile as lost:
        current = repository.get_user(user.org_id, user.user_id)
        if current is None:
            raise
        raise ProfileChanged(current) from lost
    return replace(changed, version=version + 1)


def choose(*, user: User, said: Mapping[str, str]) -> User:
    """Like `change_profile` for what is chosen with one click: the last one holds."""
    for _attempt in range(_ATTEMPTS - 1):
        try:
            return change_profile(user=user, version=user.version or 0, said=said)
        except ProfileChanged as lost:
            user = lost.current
    return change_profile(user=user, version=user.version or 0, said=said)


def _checked(said: Mapping[str, str]) -> dict[str, Any]:
    checks: dict[str, Callable[[str], str]] = {
        "name": _name,
        "language": _language,
        "time_zone": clean_time_zone,
        "theme": _theme,
    }
    wanted: dict[str, Any] = {}
    wrong: dict[str, list[object]] = {}
    for field, check in checks.items():
        if field not in said:
            continue
        try:
            wanted[field] = check(said[field])
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(_("Please correct the marked fields."), fields=wrong)
    return wanted


def _name(text: str) -> str:
    name = clean_name(text, field="name")
    if not name:
        raise NameMissing("name")
    return name


def _language(code: str) -> str:
    known = [known for known, _name in settings.LANGUAGES]
    if code and code not in known:
        raise UnknownChoice(
            "language", _("Choose one of: %(choices)s.") % {"choices": ", ".join(known)}
        )
    return code


def _theme(theme: str) -> str:
    if theme and theme not in THEMES:
        raise UnknownChoice(
            "theme", _("Choose one of: %(choices)s.") % {"choices": ", ".join(THEMES)}
        )
    return theme


def clean_time_zone(text: str) -> str:
    """An IANA name however it is written, or the city alone; the name as IANA writes it.

    Empty for an empty text. Raises UnknownChoice under `time_zone`.
    """
    written = "_".join(text.split()).casefold()
    if not written:
        return ""
    found = _zones_by_writing().get(written)
    if found is None:
        raise UnknownChoice(
            "time_zone", _("There is no such time zone. Try Europe/Madrid, or a large city.")
        )
    return found


@lru_cache(maxsize=1)
def _zones_by_writing() -> dict[str, str]:
    # Where a city has several zones, they are names of one; the longer one is the proper one.
    by_slashes = sorted(time_zones(), key=lambda name: (name.count("/"), name))
    cities = {name.rpartition("/")[2].casefold(): name for name in by_slashes}
    return cities | {name.casefold(): name for name in zoneinfo.available_timezones()}
