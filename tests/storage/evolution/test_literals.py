from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.evolution.authoring.layout import quoted, quoted_bytes
from storage.evolution.authoring.literals import literal


@pytest.mark.parametrize(
    ("text", "type", "value"),
    [
        ("'red'", "S", "red"),
        (' "red" ', "S", "red"),
        ("7", "N", 7),
        ("-7", "N", -7),
        ("0.10", "N", Decimal("0.10")),
        ("-1_000.50", "N", Decimal("-1000.50")),
        ("1e3", "N", Decimal("1E+3")),
        ("b'x'", "B", b"x"),
        ("True", "BOOL", True),
        ("None", "NULL", None),
        ("['a', 1.5, None]", "L", ["a", Decimal("1.5"), None]),
        ("{'a': {'b': 0.1}}", "M", {"a": {"b": Decimal("0.1")}}),
        ("{'a', 'b'}", "SS", {"a", "b"}),
        ("{1, 2.50}", "NS", {1, Decimal("2.50")}),
        ("{b'a'}", "BS", {b"a"}),
    ],
)
def test_a_value_is_typed_as_python_writes_it(text: str, type: str, value: Any) -> None:
    found = literal(text, type)
    assert found == value
    assert found.__class__ is value.__class__


@pytest.mark.parametrize("digits", ["0.10", "-7.0", "1.000000000000000000000000000000000001"])
def test_every_digit_counts(digits: str) -> None:
    assert str(literal(digits, "N")) == digits


@pytest.mark.parametrize(
    ("text", "type", "reason"),
    [
        ("red", "S", 'not a value of Python; write for instance "text"'),
        ("", "S", "not a value"),
        ("1 +", "N", "not a value"),
        ("-True", "N", "not a value"),
        ("open('x')", "S", "not a value"),
        ("{[]}", "L", "not a value"),
        ("{1: 2}", "M", "not a value"),
        ("{**{}}", "M", "not a value"),
        ("(" * 500, "L", "not a value"),
        ("7", "S", "stored as N, not as S"),
        ("'7'", "N", "stored as S, not as N"),
        ("1", "BOOL", "stored as N, not as BOOL"),
        ("{'a', 1}", "SS", "only texts, only numbers or only bytes"),
        ("1j", "N", "cannot hold a complex"),
        ("...", "S", "cannot hold a ellipsis"),
    ],
)
def test_anything_else_says_what_to_type(text: str, type: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        literal(text, type)


@given(st.text())
def test_a_text_written_into_a_file_is_read_as_it_was(text: str) -> None:
    assert literal(quoted(text), "S") == text


@given(st.binary())
def test_bytes_too(content: bytes) -> None:
    assert literal(quoted_bytes(content), "B") == content
