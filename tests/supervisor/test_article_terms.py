from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.knowledge.entities import Content, Terms
from supervisor.knowledge.terms import (
    LOOKED_UP_OF_ONE,
    MOST_LOOKED_UP,
    MOST_TERMS,
    Posting,
    fits,
    query_of,
    ranked,
    terms_in,
    terms_of,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Size", "sizes"),
        ("Devolución", "DEVOLUCIONES"),
        ("glass", "glasses"),
        ("café", "Cafes"),
        ("Straße", "strasse"),
        ("box", "Boxes"),
    ],
)
def test_case_accents_and_number_make_no_other_term(one: str, other: str) -> None:
    assert terms_in(one) == terms_in(other) != []


def test_what_every_question_says_is_no_term() -> None:
    assert terms_in("What can he do? ¿Qué puede hacer?") == []
    assert terms_in("May he return it without the receipt?") == ["return", "without", "receipt"]


def test_numbers_stay_as_they_are() -> None:
    assert terms_in("30 60 1966 2000s") == ["30", "60", "1966", "2000"]


@given(st.text(max_size=120), st.text(max_size=400), st.frozensets(st.text(max_size=30)))
def test_an_article_never_has_more_terms_than_a_transaction_takes(
    title: str, text: str, tags: frozenset[str]
) -> None:
    terms = terms_of(Content(title, text, tags))
    assert len(terms.title) + len(terms.text) == len(terms.all) <= MOST_TERMS
    assert len(query_of(title, text).looked_up) <= MOST_LOOKED_UP


def test_a_long_text_is_found_by_what_it_says_most_often() -> None:
    filler = " ".join(f"word{number}x" for number in range(200))
    terms = terms_of(Content("Receipts", f"{filler} refund refunds voucher {filler} Refund."))
    assert {"refund"} <= terms.text
    assert terms.title == {"receipt"}
    assert len(terms.all) == MOST_TERMS


def posting(name: str, title: str, text: str = "") -> Posting:
    return Posting(name, "", Terms(frozenset(title.split()), frozenset(text.split())))


def test_the_best_come_first() -> None:
    query = query_of("Refund without receipt", "The mug is broken")
    both = posting("both", "refund receipt")
    in_title = posting("in title", "refund")
    in_text = posting("in text", "other", "refund")
    of_body = posting("of body", "other", "mug")
    found = {"refund": [of_body, in_text, in_title, both], "receipt": [both], "mug": [of_body]}
    assert [one.article_id for one in ranked(query, found)][:3] == ["both", "in title", "in text"]


def test_a_rare_word_says_more_than_a_common_one() -> None:
    common = [posting(str(number), "refund") for number in range(LOOKED_UP_OF_ONE)]
    rare = posting("rare", "walnut")
    found = {"refund": common, "walnut": [rare]}
    assert ranked(query_of("walnut refund"), found)[0] == rare


@pytest.mark.parametrize(
    ("title", "text", "is_offered"),
    [("refund", "", True), ("other", "refund", False), ("other", "refund receipt", True)],
)
def test_one_word_somewhere_is_no_reason_to_offer(title: str, text: str, is_offered: bool) -> None:
    query = query_of("Refund without receipt")
    assert fits(query, posting("it", title, text)) is is_offered
