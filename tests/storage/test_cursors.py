from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.cursors import LONGEST, open_sealed, seal
from storage.errors import InvalidCursor

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
payloads = st.dictionaries(st.text(), documents, max_size=5)
purposes = st.text(max_size=60)


@given(payloads, purposes)
def test_a_payload_comes_back_as_it_was(payload: dict[str, Any], purpose: str) -> None:
    assert open_sealed(seal(payload, purpose=purpose), purpose=purpose) == payload


@given(payloads, purposes)
def test_a_cursor_needs_no_escaping_in_an_address(payload: dict[str, Any], purpose: str) -> None:
    assert set(seal(payload, purpose=purpose)) <= set(ALPHABET)


@given(payloads, purposes, purposes)
def test_it_is_useless_for_another_purpose(
    payload: dict[str, Any], purpose: str, other: str
) -> None:
    text = seal(payload, purpose=purpose)
    if other == purpose:
        return
    with pytest.raises(InvalidCursor):
        open_sealed(text, purpose=other)


@given(payloads, st.data())
def test_any_other_character_breaks_it(payload: dict[str, Any], data: st.DataObject) -> None:
    text = seal(payload, purpose="list")
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(text[place], "")))
    with pytest.raises(InvalidCursor):
        open_sealed(text[:place] + other + text[place + 1 :], purpose="list")


@given(payloads)
def test_there_is_no_other_way_to_write_it(payload: dict[str, Any]) -> None:
    """Base64 ignores the last bits of the last character, and takes + for - and padding."""
    text = seal(payload, purpose="list")
    others = [text[:-1] + last for last in ALPHABET]
    others += [text.replace("-", "+").replace("_", "/"), text + "=" * (-len(text) % 4)]
    for other in set(others) - {text}:
        with pytest.raises(InvalidCursor):
            open_sealed(other, purpose="list")


@given(payloads, st.data())
def test_any_flipped_bit_breaks_it(payload: dict[str, Any], data: st.DataObject) -> None:
    text = seal(payload, purpose="list")
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    with pytest.raises(InvalidCursor):
        open_sealed(base64.urlsafe_b64encode(raw).decode().rstrip("="), purpose="list")


@given(payloads, st.integers(0, 40), st.text(alphabet=ALPHABET + "=+/ \n", max_size=5))
def test_cutting_or_adding_breaks_it(payload: dict[str, Any], cut: int, added: str) -> None:
    text = seal(payload, purpose="list")
    changed = text[: max(0, len(text) - cut)] + added
    if changed == text:
        return
    with pytest.raises(InvalidCursor):
        open_sealed(changed, purpose="list")


@given(st.text() | st.text(alphabet=ALPHABET + "=+/"), purposes)
def test_arbitrary_text_is_refused_and_nothing_worse(text: str, purpose: str) -> None:
    with pytest.raises(InvalidCursor):
        open_sealed(text, purpose=purpose)


@pytest.mark.parametrize("text", ["", "=", "\udc80", "A" * (LONGEST + 1), "-" * 44, "é" * 8])
def test_odd_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        open_sealed(text, purpose="list")


def test_another_secret_makes_all_cursors_worthless(reconfigure: Callable[..., None]) -> None:
    text = seal({"key": 1}, purpose="list")
    reconfigure(cursor_secret=b"another secret")
    with pytest.raises(InvalidCursor):
        open_sealed(text, purpose="list")


def test_without_a_secret_nothing_is_signed(reconfigure: Callable[..., None]) -> None:
    reconfigure(cursor_secret=b"")
    with pytest.raises(RuntimeError, match="cursor_secret"):
        seal({}, purpose="list")
