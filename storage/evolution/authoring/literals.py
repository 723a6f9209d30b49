"""Values that a person types, as Python writes them, for an attribute of a certain type."""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import Any

from storage.typed import Plain, raw_value

_EXAMPLES = {
    "S": '"text"',
    "N": "1.50",
    "B": 'b"bytes"',
    "BOOL": "True or False",
    "NULL": "None",
    "L": '["a", 1]',
    "M": '{"a": 1}',
    "SS": '{"a", "b"}',
    "NS": "{1, 2}",
    "BS": '{b"a", b"b"}',
}


def literal(text: str, type: str) -> Plain:
    """The value that `text` writes, as it is stored in an attribute of this DynamoDB type.

    Numbers with a fraction become exact decimals. Raises ValueError with one sentence.
    """
    try:
        value = _exact(ast.parse(text.strip(), mode="eval").body, text.strip())
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(
            f"{text.strip()} is not a value of Python; write for instance {_EXAMPLES[type]}"
        ) from None
    try:
        ((found, _),) = raw_value(value).items()
    except TypeError as error:
        raise ValueError(str(error)) from error
    if found != type:
        raise ValueError(
            f"{text.strip()} would be stored as {found}, not as {type};"
            f" write for instance {_EXAMPLES[type]}"
        )
    return value


def _exact(node: ast.expr, source: str) -> Plain:
    """What ast.literal_eval would say, but with the digits that were typed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return Decimal((ast.get_source_segment(source, node) or "").replace("_", ""))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        number = _exact(node.operand, source)
        if isinstance(number, bool) or not isinstance(number, (int, Decimal)):
            raise ValueError(source)
        return -number if isinstance(node.op, ast.USub) else number
    if isinstance(node, ast.List):
        return [_exact(member, source) for member in node.elts]
    if isinstance(node, ast.Set):
        return {_hashable(_exact(member, source)) for member in node.elts}
    if isinstance(node, ast.Dict):
        return {
            _text(key, source): _exact(value, source)
            for key, value in zip(node.keys, node.values, strict=True)
        }
    if isinstance(node, ast.Constant):
        return node.value
    raise ValueError(source)


def _hashable(value: Any) -> Any:
    hash(value)
    return value


def _text(node: ast.expr | None, source: str) -> str:
    key = _exact(node, source) if node else None
    if not isinstance(key, str):
        raise ValueError(source)
    return key
