"""The options of one field, each asked for in its kind."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from config.sql_import import errors, exact
from config.sql_import.errors import Refused, UnusableMapping, unknown_name


class Options:
    """Every method raises UnusableMapping."""

    def __init__(self, said: Mapping[str, Any], place: str) -> None:
        self._said = said
        self.place = place

    def __contains__(self, name: str) -> bool:
        return name in self._said

    def get(self, name: str) -> Any:
        return self._said.get(name)

    def only(self, known: tuple[str, ...]) -> None:
        for name in self._said:
            if name not in known:
                raise unknown_name(self.place, name, known)

    def text(self, name: str, default: str = "") -> str:
        value = self._said.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, errors.A_TEXT)
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if name in self and value not in choices:
            raise self._wrong(name, errors.ONE_OF % {"names": ", ".join(choices)})
        return value

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._said.get(name, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise self._wrong(name, errors.LIST_OF_TEXTS)
        return tuple(value)

    def table(self, name: str) -> Mapping[str, Any]:
        value = self._said.get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, errors.TABLE)
        return value

    def refuse(self, reason: object) -> UnusableMapping:
        return UnusableMapping(
            errors.OPTION_VALUE % {"place": self.place, "reason": str(reason).rstrip(".")}
        )

    def number(self, value: Any) -> Decimal:
        try:
            return exact.exact(value)
        except Refused:
            raise self.refuse(errors.NOT_A_NUMBER_OPTION % {"value": value}) from None

    def _wrong(self, name: str, kind: object) -> UnusableMapping:
        return UnusableMapping(
            errors.WRONG_KIND % {"place": self.place, "name": name, "kind": kind}
        )
