"""Mapping files that cannot be, each told with its place; those that the project brings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from accounts.entities import User
from catalog import selectors
from config.sql_import.conversion import converter_of
from config.sql_import.errors import UnusableMapping
from config.sql_import.mapping import SqlMapping, load_mapping, parse_mapping
from config.sql_import.targets import offered_targets, target_named
from tests.commands import ROOT, run
from tests.config.sql_import.sqlite import made

GOOD = """
target = "products"
[source]
table = "items"
[fields]
sku = "sku"
"""
SHIPPED = sorted(ROOT.glob("*/sql_mappings/*.toml"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("target = ", "TOML"),
        ("[source]\ntable = 't'\n[fields]\nsku = 's'", "“target” is missing"),
        ("target = 'products'\n[fields]\nsku = 's'", "“source” is missing"),
        ("target = 'products'\n[source]\ntable = 't'", "“fields” is missing"),
        (GOOD.replace("target", "taget"), "Did you mean “target”"),
        (GOOD.replace("table =", "tabel ="), "Did you mean “table”"),
        (GOOD.replace('"items"', "5"), "must be a text"),
        (GOOD.replace('"items"', '"items"\norder_by = "id"'), "must be a list"),
        (GOOD.replace('"items"', '"items"\norder_by = [1]'), "a list of texts"),
        (GOOD.replace("[source]", "[join]\n[source]"), "must be a list"),
        (GOOD + "name = 5", "a column or a table"),
        (GOOD + "name = {}", "exactly one of column, first"),
        (GOOD + "name = { column = 'a', value = 'b' }", "exactly one of column, first"),
        (GOOD + "name = { first = [] }", "[fields] name"),
        (GOOD + "name = { template = 'x' }", "no column in braces"),
        (GOOD + "name = { children = 'x' }", "Possible: nothing"),
        (GOOD + "[[join]]\ntable = 'a'\n[[join]]\ntable = 'a'", "used twice"),
        (GOOD + "[[join]]\ntable = 'a'\non = { a = 1 }", "a table of columns"),
        (GOOD + "[[join]]\ntable = 'a'\non = {}", "a table of columns"),
        (GOOD + "[[children]]\ntable = 'a'", "“column” is missing"),
        (GOOD + "[[children]]\ntable = 'a'\ncolum = 'x'", "Did you mean “column”"),
    ],
)
def test_what_cannot_be_is_told(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(UnusableMapping) as found:
        load_mapping(path)
    assert said in str(found.value)


def test_only_what_a_mapping_says_counts_for_its_digest() -> None:
    def digest(text: str) -> str:
        return parse_mapping(tomllib.loads(text), folder=Path()).digest

    assert digest(GOOD) == digest("# a comment\n" + GOOD.replace("=", " = "))
    assert digest(GOOD) != digest(GOOD.replace('"sku"', '"code"'))


def test_a_byte_order_mark_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_mapping(path).target == "products"


def test_unknown_targets_are_refused_with_those_there_are() -> None:
    with pytest.raises(UnusableMapping, match=r"products.*table:accounts"):
        target_named("product_s")
    assert target_named("table:audit").key == ("subject", "at")


def test_every_app_that_offers_targets_is_asked() -> None:
    modules = {path.parent.name for path in ROOT.glob("*/import_targets.py")}
    assert "catalog" in modules
    found = {type(target).__module__.partition(".")[0] for target in offered_targets().values()}
    assert found == modules


def documented() -> SqlMapping:
    text = (ROOT / "docs" / "import-sql.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return parse_mapping(tomllib.loads(example), folder=Path())


@pytest.mark.parametrize("path", [None, *SHIPPED], ids=lambda path: path.name if path else "docs")
def test_the_mappings_that_the_project_brings_fit_their_targets(path: Path | None) -> None:
    mapping = load_mapping(path) if path else documented()
    target = target_named(mapping.target)
    known = {field.name: field for field in target.fields}
    given = {field.name for field in mapping.fields}
    assert given <= set(known)
    assert set(target.key) <= given
    for field in mapping.fields:
        zone = mapping.source.zone
        converter_of(known[field.name], field, zone=zone, folder=Path(), dry_run=True)


def test_the_project_brings_some() -> None:
    assert "northwind_products.toml" in {path.name for path in SHIPPED}


SHOP = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, parent_id INT, name TEXT);
CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, sku TEXT, article_no TEXT, title TEXT, details TEXT, maker_id INT,
    category_id INT, price_cents INT, currency TEXT, ean TEXT, pieces INT, active BOOLEAN,
    deleted_at DATETIME
);
CREATE TABLE item_pictures (id INTEGER PRIMARY KEY, item_id INT, position INT, address TEXT);
INSERT INTO categories VALUES (1, NULL, 'Kitchen'), (2, 1, 'Mugs');
INSERT INTO makers VALUES (1, 'Alder');
INSERT INTO items VALUES
    (1, 'A', 'X', 'Mug', '-', 1, 2, 1250, 'USD', '4006381333931', 3, 1, NULL),
    (2, NULL, 'B', 'Jug', 'Tall.', NULL, 1, 99, NULL, NULL, NULL, NULL, NULL),
    (3, 'C', NULL, 'Gone', NULL, NULL, NULL, 1, NULL, NULL, 0, 0, '2024-01-01');
INSERT INTO item_pictures VALUES (1, 1, 2, '/b.jpg'), (2, 1, 1, '/a.jpg');
"""


def test_the_mapping_to_copy_from_does_what_its_comments_say(alice: User, tmp_path: Path) -> None:
    url = made(tmp_path / "shop.db", SHOP)
    path = tmp_path / "m.toml"
    path.write_text((ROOT / "catalog" / "sql_mappings" / "shop_products.toml").read_text())
    run("import_sql", path, "--url", url, "--owner", alice.email)
    found = {product.data.sku: product.data for product in selectors.all_own_products(alice.actor)}
    assert set(found) == {"A", "B"}
    mug, jug = found["A"], found["B"]
    assert (str(mug.price), mug.currency, mug.brand) == ("12.50", "USD", "Alder")
    assert (mug.category, mug.image_url) == (("Kitchen", "Mugs"), "/a.jpg")
    assert (mug.stock, mug.status, mug.description) == ("low_stock", "public", "")
    assert (jug.category, jug.currency, jug.description) == (("Kitchen",), "EUR", "Tall.")
    assert (jug.stock, jug.status) == ("in_stock", "draft")
