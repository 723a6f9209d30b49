"""What becomes of one value: built once per field from its options, then called for every row."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import get_currency_precision, list_currencies

from config.sql_import import errors, exact, moments, preparation
from config.sql_import.errors import Refused
from config.sql_import.mapping import FieldMapping
from config.sql_import.options import Options
from config.sql_import.stored_files import file_converter
from storage.intake import TargetField

Converter = Callable[[Any], Any]

OF_KIND: dict[str, tuple[str, ...]] = {
    "text": ("join", "as"),
    "decimal": ("scale", "currency", "round", "factor", "decimal_sign", "group_sign"),
    "integer": (),
    "boolean": ("true", "false"),
    "moment": ("zone", "ambiguous", "missing", "format", "epoch"),
    "texts": ("split",),
    "choice": (),
}
OF_FILES = ("folder", "prefix", "ending")
TRUE = ("1", "t", "true", "y", "yes", "on")
FALSE = ("0", "f", "false", "n", "no", "off")


def converter_of(
    field: TargetField, mapped: FieldMapping, *, zone: str, folder: Path, dry_run: bool
) -> Converter:
    """Value of the source → value as `field.kind` says; None for nothing.

    Raises UnusableMapping for options that cannot be. The converter raises Refused.
    """
    options = Options(mapped.options, mapped.place)
    known = preparation.NAMES + OF_KIND[field.kind]
    becomes = options.one_of("as", ("json", "file"), "") if field.kind == "text" else ""
    options.only(known + OF_FILES if becomes == "file" else known)
    if becomes == "file":
        last = _file(options, folder, dry_run)
    elif becomes == "json":
        last = _json_text
    else:
        last = _BUILDERS[field.kind](field, options, zone)
    prepare = preparation.preparation(options)
    null = options.get("null")

    def convert(value: Any) -> Any:
        value = prepare(value)
        result = None if value is None else last(value)
        if result is None and null is not None:
            return last(null)
        return result

    if null is not None:
        try:
            last(null)
        except Refused as refused:
            raise options.refuse(refused.text) from None
    return convert


def as_text(value: Any) -> str | None:
    """Trimmed; None for what is empty then. Raises Refused for what has no text of its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return exact.plain(exact.exact(value))
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise Refused(errors.BYTES)
    if isinstance(value, (list, tuple)):
        raise Refused(errors.A_LIST)
    if isinstance(value, dict):
        raise Refused(errors.A_DOCUMENT)
    text = value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)
    return _valid(text).strip() or None


def _valid(text: str) -> str:
    if "\0" in text:
        raise Refused(errors.NUL)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused(errors.NO_TEXT) from None
    return text


def _text(_field: TargetField, options: Options, _zone: str) -> Converter:
    if "join" not in options:
        return as_text
    between = options.text("join")

    def joined(value: Any) -> str | None:
        if not isinstance(value, (list, tuple)):
            return as_text(value)
        return between.join(_members(value)) or None

    return joined


def _texts(_field: TargetField, options: Options, _zone: str) -> Converter:
    between = options.text("split")

    def members(value: Any) -> tuple[str, ...] | None:
        if between and isinstance(value, str):
            value = value.split(between)
        if not isinstance(value, (list, tuple)):
            value = [value]
        return tuple(_members(value)) or None

    return members


def _members(values: Any) -> list[str]:
    found = (as_text(value) for value in values if value is not None)
    return [text for text in found if text is not None]


def _decimal(_field: TargetField, options: Options, _zone: str) -> Converter:
    scale = options.get("scale")
    if scale is not None and (
        not isinstance(scale, int)
        or isinstance(scale, bool)
        or not 0 <= scale <= exact.MOST_DECIMALS
    ):
        raise options.refuse(errors.NUMBER_OF_DECIMALS)
    if "currency" in options:
        currency = options.text("currency")
        if currency not in list_currencies():
            raise options.refuse(errors.UNKNOWN_CURRENCY % {"value": currency})
        scale = get_currency_precision(currency)
    return exact.decimal_converter(
        scale=scale,
        rounding=options.one_of("round", tuple(exact.ROUNDING), "") or None,
        factor=options.number(options.get("factor")) if "factor" in options else None,
        decimal_sign=options.text("decimal_sign", "."),
        group_sign=options.text("group_sign"),
    )


def _integer(_field: TargetField, _options: Options, _zone: str) -> Converter:
    return exact.whole


def _boolean(_field: TargetField, options: Options, _zone: str) -> Converter:
    yes = {word.casefold() for word in options.texts("true", TRUE)}
    no = {word.casefold() for word in options.texts("false", FALSE)}

    def convert(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, bytes) and value in (b"\0", b"\1"):
            return value == b"\1"
        if isinstance(value, (int, float, Decimal)):
            value = exact.map_key(value, {})
        word = (as_text(value) or "").casefold()
        if word in yes:
            return True
        if word in no:
            return False
        raise Refused(errors.NO_BOOLEAN)

    return convert


def _moment(_field: TargetField, options: Options, zone: str) -> Converter:
    name = options.text("zone", zone)
    found = moments.zone_named(name) if name else None
    if name and found is None:
        raise options.refuse(errors.UNKNOWN_ZONE % {"value": name})
    return moments.moment_converter(
        zone=found,
        ambiguous=options.one_of("ambiguous", moments.AMBIGUOUS, "refuse"),
        missing=options.one_of("missing", moments.MISSING, "refuse"),
        written=options.text("format"),
        epoch=options.one_of("epoch", tuple(moments.EPOCHS), ""),
    )


def _choice(field: TargetField, _options: Options, _zone: str) -> Converter:
    choices = {choice.casefold(): choice for choice in field.choices}

    def convert(value: Any) -> str:
        found = choices.get((as_text(value) or "").casefold())
        if found is None:
            raise Refused(errors.NO_CHOICE % {"choices": ", ".join(field.choices)})
        return found

    return convert


def _file(options: Options, folder: Path, dry_run: bool) -> Converter:
    named = options.text("folder")
    if not named:
        raise options.refuse(errors.NEEDS_FOLDER)
    return file_converter(
        folder / named,
        prefix=options.text("prefix"),
        ending=options.text("ending"),
        dry_run=dry_run,
    )


def _json_text(value: Any) -> str | None:
    if isinstance(value, str):
        return as_text(value)
    return _valid(json.dumps(value, ensure_ascii=False, default=str))


_BUILDERS: dict[str, Callable[[TargetField, Options, str], Converter]] = {
    "text": _text,
    "decimal": _decimal,
    "integer": _integer,
    "boolean": _boolean,
    "moment": _moment,
    "texts": _texts,
    "choice": _choice,
}
