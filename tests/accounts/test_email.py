from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.entities import normalise_email
from accounts.errors import InvalidEmail

local_parts = st.text(
    st.sampled_from("abcXYZ019!#$%&'*+/=?^_`{|}~-éÉßñÑİıſ"), min_size=1, max_size=20
)
domains = st.sampled_from(["example.com", "EXAMPLE.com", "mail.Example.org", "bücher.example"])
addresses = st.builds("{}@{}".format, local_parts, domains)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("alice@example.com", "alice@example.com"),
        ("  Alice@Example.COM\n", "alice@example.com"),
        ("alice+shop@example.com", "alice+shop@example.com"),
        ("a.l.i.c.e@example.com", "a.l.i.c.e@example.com"),
        ("jose\u0301@example.com", "jos\u00e9@example.com"),
        ("alice@B\u00dcCHER.example", "alice@xn--bcher-kva.example"),
        ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
    ],
)
def test_one_spelling(typed: str, stored: str) -> None:
    assert normalise_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "alice",
        "alice@",
        "@example.com",
        "alice@localhost",
        "alice@[127.0.0.1]",
        "alice@127.0.0.1",
        "alice@example..com",
        "alice@-example.com",
        "alice@example.com.",
        ".alice@example.com",
        "alice.@example.com",
        "al..ice@example.com",
        "al ice@example.com",
        "al\nice@example.com",
        "al\u200bice@example.com",
        '"alice"@example.com',
        "alice@bob@example.com",
        "alice@exa mple.com",
        "<alice@example.com>",
        "al\ud800ice@example.com",
        "a" * 65 + "@example.com",
        "alice@" + "a" * 64 + ".com",
        "alice@" + ".".join(["a" * 60] * 5) + ".com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidEmail) as refused:
        normalise_email(typed)
    assert "email" in refused.value.fields


@given(addresses)
def test_normalising_twice_changes_nothing(address: str) -> None:
    once = normalise_email(address)
    assert normalise_email(once) == once


@given(addresses)
def test_case_and_surrounding_space_never_make_another_address(address: str) -> None:
    assert normalise_email(f" {address.swapcase()}\t") == normalise_email(address.swapcase())
    assert normalise_email(address.casefold()) == normalise_email(address)


@given(st.text(max_size=300))
def test_any_text_is_either_normalised_to_a_storable_key_or_refused(text: str) -> None:
    try:
        address = normalise_email(text)
    except InvalidEmail:
        return
    assert 3 <= len(address.encode()) <= 254
    assert normalise_email(address) == address
    assert address.count("@") == 1
