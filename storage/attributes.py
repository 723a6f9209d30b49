"""Attribute types that PynamoDB lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING


class DecimalAttribute(Attribute[Decimal]):
    """An exact number; PynamoDB's own number attribute goes through floats."""

    attr_type = NUMBER

    def serialize(self, value: Decimal) -> str:
        return format(value, "f")

    def deserialize(self, value: str) -> Decimal:
        return Decimal(value)


class DocumentAttribute(Attribute[Any]):
    """A JSON document in one string: cheaper to read than a map, for what is never queried."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        return orjson.dumps(value).decode()

    def deserialize(self, value: str) -> Any:
        return orjson.loads(value)
