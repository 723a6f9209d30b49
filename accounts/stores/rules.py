"""What may be said about a store, and how it is stored. Nothing here asks the store of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from accounts.entities import clean_name
from accounts.errors import NameMissing
from accounts.profile import clean_time_zone
from accounts.stores import errors
from accounts.stores.entities import Store
from accounts.stores.opening_hours import OpeningHours
from storage.audit import Changes
from storage.domain import Invalid

LONGEST_NUMBER = 40
LONGEST_POSTAL_CODE = 20
MOST_LINES = 4
ADDRESS_FIELDS = ("lines", "city", "region", "postal_code", "country")
FIELDS = ("name", "number", *ADDRESS_FIELDS, "time_zone", "opening_hours", "active")
# ISO 3166-1 alpha-2.
COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()
)


def cleaned(said: Mapping[str, Any]) -> dict[str, Any]:
    """Those of FIELDS that `said` has, as they are stored.

    `lines` are texts, `opening_hours` are OpeningHours or None, `active` is a bool, all others are
    texts; None is as good as empty. Raises Invalid with what is wrong with each field.
    """
    checks: dict[str, Callable[[Any], Any]] = {
        "name": _name,
        "number": lambda value: _text("number", value, LONGEST_NUMBER),
        "lines": _lines,
        "city": lambda value: _text("city", value),
        "region": lambda value: _text("region", value),
        "postal_code": lambda value: _text("postal_code", value, LONGEST_POSTAL_CODE),
        "country": _country,
        "time_zone": _time_zone,
        "opening_hours": _opening_hours,
        "active": bool,
    }
    clean: dict[str, Any] = {}
    wrong: dict[str, list[object]] = {}
    for field, check in checks.items():
        if field not in said:
            continue
        try:
            clean[field] = check(said[field])
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(errors.INVALID_STORE, fields=wrong)
    return clean


def require_all(said: Mapping[str, Any]) -> None:
    """Of what a new store cannot do without. Raises Invalid."""
    missing = [field for field in ("name", "time_zone") if not said.get(field)]
    if missing:
        fields = {field: [errors.REQUIRED] for field in missing}
        raise Invalid(errors.INVALID_STORE, fields=fields)


def onto(store: Store, clean: Mapping[str, Any]) -> Store:
    """The store with what `cleaned` gave."""
    of_address = {name: value for name, value in clean.items() if name in ADDRESS_FIELDS}
    others = {name: value for name, value in clean.items() if name not in ADDRESS_FIELDS}
    return replace(store, address=replace(store.address, **of_address), **others)


def values_of(store: Store) -> dict[str, Any]:
    """By the names of FIELDS."""
    address = {name: getattr(store.address, name) for name in ADDRESS_FIELDS}
    others = {name: getattr(store, name) for name in FIELDS if name not in ADDRESS_FIELDS}
    return {name: {**address, **others}[name] for name in FIELDS}


def differences(before: Store | None, after: Store) -> Changes:
    """For the history, in JSON's own types."""
    old = values_of(before) if before is not None else {}
    pairs = {name: (_said(old.get(name)), _said(new)) for name, new in values_of(after).items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _said(value: Any) -> Any:
    if isinstance(value, OpeningHours):
        return value.to_json()
    if isinstance(value, tuple):
        return list(value) or None
    return value if isinstance(value, bool) else value or None


def _text(field: str, value: Any, longest: int | None = None) -> str:
    if value is not None and not isinstance(value, str):
        raise _wrong(field, errors.NO_TEXT)
    text = clean_name(value or "", field=field)
    if longest is not None and len(text) > longest:
        raise _wrong(field, errors.TOO_LONG % {"limit": longest})
    return text


def _name(value: Any) -> str:
    name = _text("name", value)
    if not name:
        raise NameMissing("name")
    return name


def _lines(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise _wrong("lines", errors.NO_TEXT)
    lines = tuple(line for each in value if (line := _text("lines", each)))
    if len(lines) > MOST_LINES:
        raise _wrong("lines", errors.TOO_MANY_LINES % {"limit": MOST_LINES})
    return lines


def _country(value: Any) -> str:
    country = _text("country", value).upper()
    if country and country not in COUNTRIES:
        raise _wrong("country", errors.COUNTRY_UNKNOWN)
    return country


def _time_zone(value: Any) -> str:
    zone = clean_time_zone(_text("time_zone", value))
    if not zone:
        raise _wrong("time_zone", errors.REQUIRED)
    return zone


def _opening_hours(value: Any) -> OpeningHours | None:
    if value is not None and not isinstance(value, OpeningHours):
        raise _wrong("opening_hours", errors.HOURS_FORM)
    return value


def _wrong(field: str, message: object) -> Invalid:
    return Invalid(fields={field: [message]})
