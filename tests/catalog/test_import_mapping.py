"""Columns become product fields: guessed in two languages, corrected by people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalog.entities import DATA_FIELDS
from catalog.imports.errors import UnusableMapping
from catalog.imports.mapping import (
    ColumnMapping,
    Nested,
    load_mapping,
    pairs,
    parse,
    plain_amount,
)


def mapped(row: dict[str, object], **texts: str) -> dict[str, object]:
    mapping = ColumnMapping({}).with_changes(row, texts, {})
    return mapping.apply(row)


def test_columns_named_like_the_fields_are_found() -> None:
    assert ColumnMapping.guess(DATA_FIELDS).as_texts() == {name: name for name in DATA_FIELDS}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["Title", "EAN", "Unit-Price"], {"name": "Title", "gtin": "EAN", "price": "Unit-Price"}),
        (["Código", "Nombre", "Precio"], {"sku": "Código", "name": "Nombre", "price": "Precio"}),
        (["MARCA", "Categoría"], {"brand": "MARCA", "category": "Categoría"}),
        (["colour", "weight"], {}),
    ],
)
def test_names_are_understood_in_english_and_spanish(
    columns: list[str], found: dict[str, str]
) -> None:
    assert ColumnMapping.guess(columns).as_texts() == found


def test_columns_are_joined_without_the_empty_ones() -> None:
    assert mapped({"a": "Toys", "b": "Cars"}, category="a/b") == {"category": "Toys/Cars"}
    assert mapped({"a": "Toys", "b": None}, category="a/b") == {"category": "Toys"}


def test_the_first_column_that_is_not_empty_speaks() -> None:
    assert mapped({"us": "", "eu": "3.50"}, price="us|eu") == {"price": "3.50"}


def test_a_template_needs_all_its_columns() -> None:
    assert mapped({"n": "10", "v": 1}, sku="{n}-{v}") == {"sku": "10-1"}
    assert mapped({"n": "10", "v": ""}, sku="{n}-{v}") == {"sku": ""}


def test_a_column_with_a_separator_in_its_name_is_that_column() -> None:
    assert mapped({"a/b": "x"}, name="a/b") == {"name": "x"}


def test_absent_columns_leave_their_field_out_and_empty_ones_do_not() -> None:
    mapping = ColumnMapping({}).with_changes(["n", "b"], {"name": "n", "brand": "b"}, {})
    assert mapping.apply({"b": None}) == {"brand": ""}


def test_constants_stand_where_the_file_says_nothing() -> None:
    mapping = ColumnMapping.guess(["brand"]).with_changes(["brand"], {}, {"brand": "Own"})
    assert mapping.apply({"brand": ""}) == {"brand": "Own"}
    assert mapping.apply({"brand": "Marlowick"}) == {"brand": "Marlowick"}


def test_an_empty_text_takes_a_guess_back() -> None:
    guessed = ColumnMapping.guess(["name", "stock"])
    assert guessed.with_changes(["name", "stock"], {"stock": ""}, {}).as_texts() == {"name": "name"}


def test_unknown_fields_and_columns_are_named() -> None:
    with pytest.raises(UnusableMapping, match="colour"):
        ColumnMapping({}).with_changes(["a"], {"colour": "a"}, {})
    with pytest.raises(UnusableMapping, match="“b”"):
        parse("a/b", ("a",))


def test_what_people_write_can_be_written_again() -> None:
    texts = {"category": "a/b", "price": "a|b", "sku": "{a}-{b}"}
    mapping = ColumnMapping({}).with_changes(["a", "b"], texts, {})
    assert mapping.as_texts() == texts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("12,5", "12.5"),
        ("1 234,50", "1234.50"),
        ("12.50", "12.50"),
        ("1,234", "1,234"),
        ("1.250", "1.250"),
        ("12 €", "12 €"),
        ("cheap", "cheap"),
    ],
)
def test_amounts_are_read_as_people_write_them_and_never_guessed(written: str, meant: str) -> None:
    assert plain_amount(written) == meant


@pytest.mark.parametrize(
    ("said", "stock"),
    [
        ("15", "in_stock"),
        (0, "out_of_stock"),
        ("0,00", "out_of_stock"),
        ("-2", "out_of_stock"),
        ("Agotado", "out_of_stock"),
        ("In stock", "in_stock"),
        ("low_stock", "low_stock"),
        ("maybe", "maybe"),
    ],
)
def test_stock_is_understood_as_words_and_as_pieces(said: object, stock: str) -> None:
    assert mapped({"s": said}, stock="s") == {"stock": stock}


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], [["a"]]])
def test_lists_and_objects_are_no_names(value: object) -> None:
    with pytest.raises(Nested):
        mapped({"name": value}, name="name")


def test_a_list_is_a_category() -> None:
    assert mapped({"c": ["Toys", "Cars"]}, category="c") == {"category": ["Toys", "Cars"]}


def test_pairs_and_mapping_files(tmp_path: Path) -> None:
    assert pairs(["name=Title", "brand=a=b"]) == {"name": "Title", "brand": "a=b"}
    with pytest.raises(UnusableMapping, match="Title"):
        pairs(["Title"])
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps({"columns": {"name": "Title"}, "constants": {"currency": "EUR"}}))
    assert load_mapping(path) == ({"name": "Title"}, {"currency": "EUR"})


@pytest.mark.parametrize("content", ["", "[]", '{"columns": 3}', '{"columns": {"name": 3}}'])
def test_mapping_files_of_another_form_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(content)
    with pytest.raises(UnusableMapping):
        load_mapping(path)
