"""One item, one line: the format DYNAMODB_JSON of DynamoDB's own exports.

`{"Item":{"id":{"S":"a"},"price":{"N":"1.50"},"photo":{"B":"aGk="}}}`. Numbers stay texts, so none
of their 38 digits is lost.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from storage.typed import RawItem

# 400 KB of the most wasteful contents (control characters, lists of nothing) stay below it.
LONGEST_LINE = 8 * 1024 * 1024
DEEPEST = 32
SIGNIFICANT_DIGITS = 38
LARGEST_EXPONENT, SMALLEST_EXPONENT = 125, -130
_LONGEST_NUMBER = 400
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d{1,19})?", re.ASCII)

Converter = Callable[[Any, int], Any]


class NotAnItem(ValueError):
    """The message goes on after the place: "line 3 " + "is not JSON"."""


def line_of(item: RawItem) -> bytes:
    """With the attributes in order, because the store gives them in any."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps({"Item": item}, default=_base64, option=options)


def item_of(line: bytes) -> RawItem:
    """Raises NotAnItem for everything that DynamoDB would not have written."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotAnItem("is not JSON") from error
    if type(value) is not dict or value.keys() != {"Item"} or type(value["Item"]) is not dict:
        raise NotAnItem('is not an object with "Item" only')
    item: RawItem = value["Item"]
    for name, attribute in item.items():
        try:
            _convert(attribute, 0)
        except NotAnItem as error:
            raise NotAnItem(f"has an attribute {name} that {error}") from error
    return item


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"DynamoDB returned a {type(value).__name__}")


def _convert(value: Any, depth: int) -> None:
    """Checks a typed value and puts bytes where base64 is."""
    if type(value) is not dict or len(value) != 1:
        raise NotAnItem("has not one type")
    ((kind, content),) = value.items()
    convert = _CONTENTS.get(kind)
    if convert is None:
        raise NotAnItem("has a type that DynamoDB does not know")
    value[kind] = convert(content, depth)


def _text(content: Any, _depth: int) -> str:
    if type(content) is not str:
        raise NotAnItem("is no S")
    return content


def _boolean(content: Any, _depth: int) -> bool:
    if type(content) is not bool:
        raise NotAnItem("is no BOOL")
    return content


def _null(content: Any, _depth: int) -> bool:
    if content is not True:
        raise NotAnItem("is no NULL")
    return True


def _binary(content: Any, _depth: int) -> bytes:
    if type(content) is not str:
        raise NotAnItem("is no B")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAnItem("is no B") from error


def _number(content: Any, _depth: int) -> str:
    if type(content) is not str:
        raise NotAnItem("is no N")
    if not _PLAIN_NUMBER.fullmatch(content):
        _check_number(content)
    return content


def _check_number(text: str) -> None:
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise NotAnItem("is no N")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise NotAnItem("is no N") from error
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    is_held = SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT or not digits
    if len(digits) > SIGNIFICANT_DIGITS or not is_held:
        raise NotAnItem("is a number beyond what DynamoDB holds")


def _list(content: Any, depth: int) -> list[Any]:
    if type(content) is not list:
        raise NotAnItem("is no L")
    _convert_members(content, depth + 1)
    return content


def _map(content: Any, depth: int) -> dict[str, Any]:
    if type(content) is not dict:
        raise NotAnItem("is no M")
    _convert_members(content.values(), depth + 1)
    return content


def _convert_members(members: Iterable[Any], depth: int) -> None:
    if depth > DEEPEST:
        raise NotAnItem("is nested deeper than DynamoDB allows")
    for member in members:
        _convert(member, depth)


def _set_of(
    convert: Converter, identity: Callable[[Any], Any] = lambda member: member
) -> Converter:
    def converted(content: Any, depth: int) -> list[Any]:
        if type(content) is not list or not content:
            raise NotAnItem("is no set")
        members = [convert(member, depth) for member in content]
        if len(set(map(identity, members))) != len(members):
            raise NotAnItem("has a member of its set twice")
        return members

    return converted


_CONTENTS: dict[str, Converter] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "L": _list,
    "M": _map,
    "SS": _set_of(_text),
    "NS": _set_of(_number, Decimal),
    "BS": _set_of(_binary),
}
