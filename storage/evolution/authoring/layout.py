"""Python expressions laid out as the formatter of this project lays them out.

What fits into a line is in one; everything else has a line for each member and a comma after
the last, which the formatter leaves as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

WIDTH = 100
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Group:
    """A call or a display: `opening`, members with what stands before each, `closing`."""

    opening: str
    members: tuple[tuple[str, Expression], ...]
    closing: str


Expression = str | Group


def laid_out(expression: Expression, *, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """`indent` counts levels; `before` and `after` are the columns taken in the first and in the
    last line."""
    flat = _flat(expression)
    room = WIDTH - len(INDENT) * indent - before - after
    if isinstance(expression, str) or not expression.members or width(flat) <= room:
        return flat
    return "\n".join(
        [
            expression.opening,
            *(_member(lead, value, indent + 1) for lead, value in expression.members),
            INDENT * indent + expression.closing,
        ]
    )


def _member(lead: str, value: Expression, indent: int) -> str:
    text = laid_out(value, indent=indent, before=width(lead), after=1)
    line = f"{INDENT * indent}{lead}{text},"
    # A text cannot be broken; without any space the linter does not mind.
    if isinstance(value, str) and width(line) > WIDTH and " " in line.strip():
        line += "  # noqa: E501"
    return line


def _flat(expression: Expression) -> str:
    if isinstance(expression, str):
        return expression
    inside = ", ".join(lead + _flat(value) for lead, value in expression.members)
    one_of_a_tuple = expression.opening == "(" and len(expression.members) == 1
    return f"{expression.opening}{inside}{',' if one_of_a_tuple else ''}{expression.closing}"


def width(text: str) -> int:
    """Columns in a terminal."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def quoted(text: str) -> str:
    """In double quotes unless that takes more escapes."""
    return _in_quotes(text, str.isprintable)


def quoted_bytes(content: bytes) -> str:
    return "b" + _in_quotes(content.decode("latin-1"), lambda byte: " " <= byte <= "~")


def _in_quotes(text: str, is_printable: Callable[[str], bool]) -> str:
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escaped(one, quote, is_printable) for one in text)}{quote}"


def _escaped(character: str, quote: str, is_printable: Callable[[str], bool]) -> str:
    if character in (quote, "\\"):
        return "\\" + character
    if is_printable(character):
        return character
    return repr(character)[1:-1] if not character.isprintable() else f"\\x{ord(character):02x}"
