"""DynamoDB's typed form and plain Python values, without loss in either direction.

`{"S": "a"}` ↔ "a", `{"N": "1.50"}` ↔ Decimal("1.50"), `{"B": b"…"}` ↔ bytes, `{"BOOL": true}` ↔
bool, `{"NULL": true}` ↔ None, lists and maps of these, and sets of str, Decimal or bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Plain = Any
RawItem = dict[str, dict[str, Any]]
PlainItem = dict[str, Plain]


def plain_item(raw: Mapping[str, Mapping[str, Any]]) -> PlainItem:
    return {name: plain_value(value) for name, value in raw.items()}


def raw_item(plain: Mapping[str, Plain]) -> RawItem:
    """Raises TypeError for a value that DynamoDB cannot hold."""
    return {name: raw_value(value) for name, value in plain.items()}


def plain_value(value: Mapping[str, Any]) -> Plain:
    ((kind, content),) = value.items()
    if kind in ("S", "B", "BOOL"):
        return content
    if kind == "N":
        return Decimal(content)
    if kind == "NULL":
        return None
    if kind == "M":
        return plain_item(content)
    if kind == "L":
        return [plain_value(member) for member in content]
    if kind == "NS":
        return {Decimal(number) for number in content}
    if kind in ("SS", "BS"):
        return set(content)
    raise TypeError(f"DynamoDB knows no type {kind!r}")


def raw_value(value: Plain) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, (int, Decimal)):
        return {"N": number_text(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, (bytes, bytearray)):
        return {"B": bytes(value)}
    if isinstance(value, Mapping):
        return {"M": raw_item(value)}
    if isinstance(value, (set, frozenset)):
        return _raw_set(value)
    if isinstance(value, (list, tuple)):
        return {"L": [raw_value(member) for member in value]}
    raise TypeError(f"DynamoDB cannot hold a {type(value).__name__}: {value!r}")


def number_text(value: int | Decimal) -> str:
    """Raises TypeError for infinity and what is not a number."""
    if isinstance(value, int):
        return str(value)
    if not value.is_finite():
        raise TypeError(f"DynamoDB cannot hold the number {value}")
    return format(value, "f") if -20 < value.adjusted() < 20 else str(value)


def _raw_set(members: set[Any] | frozenset[Any]) -> dict[str, Any]:
    if not members:
        raise TypeError("DynamoDB holds no empty sets")
    if all(isinstance(member, str) for member in members):
        return {"SS": sorted(members)}
    if all(isinstance(member, bytes) for member in members):
        return {"BS": sorted(members)}
    if all(
        isinstance(member, (int, Decimal)) and not isinstance(member, bool) for member in members
    ):
        return {"NS": [number_text(member) for member in sorted(members)]}
    raise TypeError("a set holds only texts, only numbers or only bytes")
