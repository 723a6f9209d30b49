"""Bar charts as numbers, for templates to draw as SVG. Pure.

Lengths are in units of the drawing, WIDTH wide. Each row has a name above its bars, and each bar
its value as text behind it, so that nothing is told by colour or length alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 360
_LONGEST_BAR = 170
_NAME_HEIGHT = 18
_BAR_HEIGHT = 14
_BAR_STEP = 18
_GAP = 12
_LONGEST_NAME = 48
MOST_ROWS = 25


@dataclass(frozen=True, slots=True)
class Value:
    """`kind` is a class of the style sheet; `text` says the value with its unit."""

    kind: str
    amount: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    y: int
    width: float
    height: int
    text: str
    text_x: float
    text_y: int


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    height: int
    rows: tuple[Row, ...]


def bar_chart(named: Sequence[tuple[str, Sequence[Value]]]) -> Chart:
    """Of the first MOST_ROWS; all bars to one scale."""
    named = named[:MOST_ROWS]
    largest = max((value.amount for _, values in named for value in values), default=0)
    scale = _LONGEST_BAR / largest if largest > 0 else 0
    rows = []
    y = 0
    for name, values in named:
        first = y + _NAME_HEIGHT
        bars = [_bar(value, first + place * _BAR_STEP, scale) for place, value in enumerate(values)]
        rows.append(Row(_cut(name), y + _NAME_HEIGHT - 5, tuple(bars)))
        y = first + len(values) * _BAR_STEP + _GAP
    return Chart(WIDTH, max(0, y - _GAP), tuple(rows))


def _bar(value: Value, y: int, scale: float) -> Bar:
    width = round(max(0.0, value.amount) * scale, 1)
    return Bar(value.kind, y, width, _BAR_HEIGHT, value.text, width + 6, y + _BAR_HEIGHT - 3)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
