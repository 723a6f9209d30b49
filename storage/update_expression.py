"""An update of one item on a condition, put together name by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UpdateExpression:
    """Values in DynamoDB's typed form. `arguments` are those of UpdateItem."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._set: list[str] = []
        self._remove: list[str] = []
        self._conditions: list[str] = []

    def set(self, name: str, value: Mapping[str, Any]) -> None:
        self._set.append(f"{self._name(name)} = {self._value(value)}")

    def remove(self, name: str) -> None:
        self._remove.append(self._name(name))

    def require(self, name: str, value: Mapping[str, Any] | None) -> None:
        if value is None:
            self._conditions.append(f"attribute_not_exists({self._name(name)})")
        else:
            self._conditions.append(f"{self._name(name)} = {self._value(value)}")

    def arguments(self) -> dict[str, Any]:
        parts = []
        if self._set:
            parts.append("SET " + ", ".join(self._set))
        if self._remove:
            parts.append("REMOVE " + ", ".join(self._remove))
        found: dict[str, Any] = {
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": {short: name for name, short in self._names.items()},
        }
        # An item that is nothing but its key is made by an update without an expression.
        if parts:
            found["UpdateExpression"] = " ".join(parts)
        if self._values:
            found["ExpressionAttributeValues"] = self._values
        return found

    def _name(self, name: str) -> str:
        return self._names.setdefault(name, f"#n{len(self._names)}")

    def _value(self, value: Mapping[str, Any]) -> str:
        short = f":v{len(self._values)}"
        self._values[short] = value
        return short
