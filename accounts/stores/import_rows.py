"""What a row of another system says about a store. Nothing here asks the store of data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.intake.rows import refusal
from accounts.stores import errors
from accounts.stores.entities import Store, number_key
from accounts.stores.rules import cleaned, onto
from accounts.stores.spoken_hours import read_week
from accounts.stores.time_zones import time_zone_of
from storage.domain import Invalid
from storage.intake import Entry, Refusal

_SAME_HERE = ("name", "number", "city", "region", "postal_code", "country", "time_zone")
_LINES = ("address", "address_2")


@dataclass(frozen=True, slots=True)
class StoreRow:
    """`clean` is what the row has a word on, as `rules.cleaned` gives it; `lines` those of the
    address, by the names of their fields."""

    line: int
    number: str
    clean: Mapping[str, Any]
    lines: Mapping[str, str]

    def onto(self, store: Store) -> Store:
        """Equal to `store` where the row says nothing new."""
        clean = {name: value for name, value in self.clean.items() if name != "time_zone"}
        if self.lines:
            stored = dict(zip(_LINES, store.address.lines, strict=False))
            lines = {**stored, **self.lines}
            clean["lines"] = tuple(lines[name] for name in _LINES if lines.get(name))
        changed = onto(store, clean)
        address = changed.address
        zone = self.clean.get("time_zone") or store.time_zone
        zone = zone or time_zone_of(address.country, address.region)
        return onto(changed, {"time_zone": zone})


def read_row(entry: Entry, *, twelve_hours: bool) -> StoreRow | list[Refusal]:
    said, refusals = _said(entry, twelve_hours=twelve_hours)
    lines: dict[str, str] = {}
    clean: dict[str, Any] = {}
    try:
        clean = cleaned(said)
    except Invalid as error:
        refusals += _refusals(entry, error.fields)
    for name in _LINES:
        if name not in entry.values:
            continue
        try:
            given = entry.values[name]
            lines[name] = "".join(cleaned({"lines": [given] if given else ()})["lines"])
        except Invalid as error:
            refusals += _refusals(entry, {name: error.fields["lines"]})
    if "number" in clean and not clean["number"]:
        refusals.append(_refusal(entry, "number", errors.REQUIRED))
    return refusals or StoreRow(entry.line, clean["number"], clean, lines)


def incomplete(row: StoreRow, new: Store) -> list[Refusal]:
    """What a new store cannot do without and the row does not say."""
    missing = {"name": errors.REQUIRED} if not new.name else {}
    if not new.time_zone:
        missing["time_zone"] = errors.NO_TIME_ZONE
    return [refusal(row.line, field, reason) for field, reason in missing.items()]


def number_in(values: Mapping[str, Any]) -> str | None:
    """The key of the number; None where a row has no usable one."""
    number = values.get("number")
    try:
        return number_key(cleaned({"number": number})["number"]) or None
    except Invalid:
        return None


def _said(entry: Entry, *, twelve_hours: bool) -> tuple[dict[str, Any], list[Refusal]]:
    """In the words of `rules.cleaned`, which finds out what is wrong with them."""
    values = entry.values
    said = {name: values[name] for name in _SAME_HERE if name in values}
    said.setdefault("number", None)
    if not said.get("time_zone"):
        said.pop("time_zone", None)
    if values.get("active") is not None:
        said["active"] = values["active"]
    refusals: list[Refusal] = []
    if "opening_hours" in values:
        text = values["opening_hours"] or ""
        try:
            said["opening_hours"] = read_week(text, twelve_hours=twelve_hours)
        except Invalid as error:
            refusals = _refusals(entry, error.fields)
    return said, refusals


def _refusals(entry: Entry, fields: Mapping[str, list[object]]) -> list[Refusal]:
    return [_refusal(entry, field, text) for field, texts in fields.items() for text in texts]


def _refusal(entry: Entry, field: str, reason: object) -> Refusal:
    return refusal(entry.line, field, reason, entry.values.get(field))
