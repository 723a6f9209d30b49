"""Names that are not there, and what cannot be opened, read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.sql_import.errors import UnusableMapping, UnusableSource
from config.sql_import.source import Source
from tests.config.sql_import.capture import captured, run_of
from tests.config.sql_import.sqlite import SHOP, made, sqlite_url


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return made(tmp_path / "shop.db", SHOP)


@pytest.mark.parametrize(
    ("source", "fields", "said"),
    [
        ("table = 'itmes'", "sku = 'sku'", "Did you mean “items”"),
        ("table = 'items'", "sku = 'skuu'", "Did you mean “sku”"),
        ("table = 'items'", "sku = 'sku'\ntitel = 'title'", "Possible: sku, title"),
        ("table = 'items'", "sku = 'categories.name'", "there is no “categories.name”"),
        ("table = 'items'\norder_by = ['x']", "sku = 'sku'", "there is no “x”"),
        ("table = 'items'\n[[join]]\ntable = 'tags'", "sku = 'sku'", "no foreign key leads"),
        ("table = 'items'\n[[join]]\ntable = 'items'", "sku = 'sku'", "used twice"),
        (
            "table = 'items'\n[[join]]\ntable = 'tags'\non = { id = 'idd' }",
            "sku = 'sku'",
            "Did you mean “id”",
        ),
        (
            "table = 'items'\n[[children]]\ntable = 'tags'\ncolumn = 'name'",
            "sku = 'sku'",
            "no foreign key leads from tags to items",
        ),
        (
            "table = 'items'\n[[children]]\ntable = 'item_tags'\ncolumn = 'name'",
            "sku = 'sku'",
            "there is no “name”",
        ),
        ("table = 'items'", "title = 'title'", "gives no sku"),
        ("table = 'items'\nschema = 'shop'", "sku = 'sku'", "there is no “shop”"),
    ],
)
def test_names_that_do_not_exist_are_refused_with_those_that_do(
    source: str, fields: str, said: str, shop: str, tmp_path: Path
) -> None:
    mapping = f"[source]\n{source}\n[fields]\n{fields}"
    with pytest.raises(UnusableMapping) as found:
        run_of(shop, "sku title", mapping, tmp_path)
    assert said in str(found.value)


def test_sql_that_the_database_refuses_is_one_sentence(shop: str, tmp_path: Path) -> None:
    mapping = "[source]\ntable = 'items'\nwhere = 'absent = 1'\n[fields]\nsku = 'sku'"
    with pytest.raises(UnusableSource, match="no such column: absent") as found:
        captured(shop, "sku", mapping, tmp_path)
    assert "\n" not in str(found.value)


def test_the_source_cannot_be_written(shop: str) -> None:
    with (
        pytest.raises(UnusableSource, match=r"read-?only"),
        Source(shop).snapshot() as snapshot,
    ):
        snapshot.connection.exec_driver_sql("DELETE FROM items")


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.db", "There is no file"), ("text.db", "not a database"), ("", "no address")],
)
def test_what_is_no_database_is_said_and_left_alone(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is a text. " * 100)
    url = sqlite_url(tmp_path / name) if name else "sqlite://"
    with pytest.raises(UnusableSource, match=said):
        run_of(url, "sku", "[source]\ntable = 't'\n[fields]\nsku = 'sku'", tmp_path)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("scheme", "options", "said"),
    [
        ("mysql", "sslmode=require", "sslmode"),
        ("mysql", "connect_timeout=x", "follows “\\?”"),
        ("mysql", "charset=nope", "follows “\\?”"),
        ("mysql", "ssl_ca=/nope.pem", "No such file"),
        ("mysql", "cursorclass=x", "cannot be opened"),
        ("postgresql", "foo=bar", "foo"),
    ],
)
def test_options_in_the_address_that_do_not_suit_the_driver_are_one_sentence(
    scheme: str, options: str, said: str
) -> None:
    with pytest.raises(UnusableSource, match=said) as found:
        Source(f"{scheme}://user:sekretpw@127.0.0.1:1/db?{options}").check()
    assert "sekret" not in str(found.value)
    assert "\n" not in str(found.value)
    assert found.value.__suppress_context__
    assert found.value.__cause__ is None
