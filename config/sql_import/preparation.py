"""What happens to a value before it becomes what its field takes: picked, replaced, mapped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from config.sql_import import errors, exact
from config.sql_import.errors import Refused
from config.sql_import.options import Options

NAMES = ("pick", "empty", "null", "replace", "map", "default", "up_to", "above")


def preparation(options: Options) -> Callable[[Any], Any]:
    """None stays None. Raises UnusableMapping; what it returns raises Refused."""
    steps: list[Callable[[Any], Any]] = []
    if "pick" in options:
        steps.append(_picker(options.text("pick")))
    empty = frozenset(options.texts("empty"))
    steps.append(lambda value: _or_nothing(value, empty))
    if "replace" in options:
        replacements = [
            (old, _plain_text(new, options)) for old, new in options.table("replace").items()
        ]
        steps.append(lambda value: _replaced(value, replacements))
    if "map" in options:
        steps.append(_mapper(options))
    elif "default" in options:
        raise options.refuse(errors.DEFAULT_WITHOUT_MAP)
    if "up_to" in options or "above" in options:
        steps.append(_steps(options))

    def prepare(value: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            value = step(value)
        return value

    return prepare


def _or_nothing(value: Any, empty: frozenset[str]) -> Any:
    if isinstance(value, str):
        text = value.strip()
        return None if not text or text in empty else value
    return None if isinstance(value, (list, tuple, bytes)) and not value else value


def _picker(path: str) -> Callable[[Any], Any]:
    steps = path.split(".")

    def pick(value: Any) -> Any:
        if isinstance(value, str):
            if not value.strip():
                return None
            try:
                value = json.loads(value)
            except ValueError:
                raise Refused(errors.NO_JSON) from None
        for step in steps:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and step.isascii() and step.isdigit():
                value = value[int(step)] if int(step) < len(value) else None
            else:
                return None
        return value

    return pick


def _replaced(value: Any, replacements: list[tuple[str, str]]) -> Any:
    if isinstance(value, (list, tuple)):
        return [_replaced(one, replacements) for one in value]
    if isinstance(value, str):
        for old, new in replacements:
            value = value.replace(old, new)
    return value


def _mapper(options: Options) -> Callable[[Any], Any]:
    mapped = options.table("map")
    has_default = "default" in options
    default = options.get("default")

    def find(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [find(one) for one in value if one is not None]
        key = exact.map_key(value, mapped)
        if key in mapped:
            return mapped[key]
        if key.strip() in mapped:
            return mapped[key.strip()]
        if has_default:
            return default
        raise Refused(errors.NOT_MAPPED)

    return find


def _steps(options: Options) -> Callable[[Any], Any]:
    if "up_to" not in options or "above" not in options:
        raise options.refuse(errors.ABOVE_MISSING)
    said = options.get("up_to")
    if not isinstance(said, list) or not all(
        isinstance(step, list) and len(step) == 2 and isinstance(step[1], str) for step in said
    ):
        raise options.refuse(errors.BAD_STEPS)
    steps = [(options.number(most), text) for most, text in said]
    if [most for most, _ in steps] != sorted({most for most, _ in steps}):
        raise options.refuse(errors.BAD_STEPS)
    return exact.step_finder(steps, options.text("above"))


def _plain_text(value: Any, options: Options) -> str:
    if not isinstance(value, str):
        raise options.refuse(errors.A_TEXT)
    return value
