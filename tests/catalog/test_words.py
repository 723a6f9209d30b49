from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.words import LONGEST_SLUG, STOP_WORDS, normalise, slugify, words


def test_normalise_ignores_case_accents_and_punctuation() -> None:
    assert normalise("  Café-Molido  250 g! ") == "cafe molido 250 g"
    assert normalise("JARRÓN") == normalise("jarron")
    assert normalise("Øl & Łódź, Straße") == "ol lodz strasse"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_normal_form_has_single_spaces_only_between_words(text: str) -> None:
    assert normalise(text) == " ".join(normalise(text).split())


def test_words_are_distinct_in_order_and_without_stop_words() -> None:
    assert words("The cup of the Cup for tea") == ["cup", "tea"]
    assert words("Jarra de té con asa") == ["jarra", "te", "asa"]


@given(st.text())
def test_words_never_contain_separators_of_keys(text: str) -> None:
    for word in words(text):
        assert word not in STOP_WORDS
        assert not {" ", "!", "#", "@", "/"} & set(word)


@given(st.text(max_size=300))
def test_slugs_are_short_and_safe_in_a_path(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= LONGEST_SLUG
    assert not set(slug) & set("/?#%& ")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@given(st.text(max_size=300))
def test_a_slug_is_its_own_slug(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)


def test_a_name_without_letters_still_gets_a_slug() -> None:
    assert slugify("★★★") == "product"
