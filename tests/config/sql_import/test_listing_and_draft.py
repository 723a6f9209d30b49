"""What comes before a mapping: a list of what there is, and a first draft."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from accounts.entities import User
from catalog import selectors
from config.sql_import import draft
from config.sql_import.draft import singular, words_of
from tests.commands import run
from tests.config.sql_import.sqlite import change, made

SHOP = """
CREATE TABLE categories (id INTEGER PRIMARY KEY, category_name TEXT NOT NULL);
CREATE TABLE "Maker" (id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE products (
    "productId" INTEGER PRIMARY KEY, "ProductName" VARCHAR(40) NOT NULL, "priceCents" INTEGER,
    currency CHAR(3), category_id INT REFERENCES categories (id), manufacturer INT REFERENCES
    "Maker" (id), quantity INT, status TEXT, picture BLOB, created DATETIME, parent_id INT
    REFERENCES products ("productId")
);
CREATE TABLE product_labels (
    product INT REFERENCES products ("productId"), label TEXT, PRIMARY KEY (product, label)
);
CREATE VIEW cheap AS SELECT "productId", "ProductName" FROM products WHERE "priceCents" < 100;
INSERT INTO categories VALUES (1, 'Mugs');
INSERT INTO "Maker" VALUES (1, 'Alder');
INSERT INTO products VALUES (1, 'Blue mug', 250, 'EUR', 1, 1, 5, 'public', NULL, NULL, NULL),
    (2, 'Red mug', 350, 'EUR', NULL, NULL, 0, 'draft', NULL, NULL, 1);
"""


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return made(tmp_path / "shop.db", SHOP)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ProductName", "product name"),
        ("product_name", "product name"),
        ("EAN13", "ean13"),
        ("unit-price", "unit price"),
    ],
)
def test_words_of_names(name: str, words: str) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("word", "one"),
    [("categories", "category"), ("boxes", "box"), ("glass", "glass"), ("products", "product")],
)
def test_one_of_several(word: str, one: str) -> None:
    assert singular(word) == one


def test_the_list_says_kinds_rows_types_and_keys(shop: str) -> None:
    lines = run("import_sql", "--list", "--url", shop).splitlines()
    assert "products (table, 2 rows)" in lines
    assert "categories (table, 1 row)" in lines
    assert "cheap (view, 0 rows)" in lines
    found = {
        line.split()[0]: line.split(maxsplit=1)[1].strip() for line in lines if line[:1] == " "
    }
    assert found["productId"].endswith("key")
    assert found["manufacturer"].endswith("→ Maker.id")
    assert found["ProductName"] == "varchar(40)"
    assert found["quantity"].endswith("may be null")


def test_a_view_that_is_broken_does_not_hide_the_others(shop: str, tmp_path: Path) -> None:
    change(tmp_path / "shop.db", "CREATE VIEW broken AS SELECT x FROM nowhere")
    said = run("import_sql", "--list", "--url", shop)
    assert "broken (view, rows not counted)" in said
    assert "no such table" in said
    assert "products (table, 2 rows)" in said


def test_long_names_and_types_are_folded_at_80_columns(tmp_path: Path) -> None:
    names = ", ".join(f'"{"long_" * 12}{number}" TEXT NOT NULL' for number in range(3))
    url = made(tmp_path / "l.db", f"CREATE TABLE t ({names}, PRIMARY KEY ({'long_' * 12}1))")
    assert max(map(len, run("import_sql", "--list", "--url", url).splitlines())) <= 80


def test_an_empty_database_is_no_trouble(tmp_path: Path) -> None:
    url = made(tmp_path / "e.db", "CREATE TABLE t (id INT); DROP TABLE t")
    assert "There are no tables." in run("import_sql", "--list", "--url", url)


def test_the_draft_guesses_columns_and_the_names_behind_keys(shop: str) -> None:
    lines = run("import_sql", "--draft", "products", "--from", "products", "--url", shop)
    assert 'sku = "productId"' in lines
    assert 'name = "ProductName"  # varchar(40)\n' in lines
    assert 'price = { column = "priceCents", factor = "0.01" }' in lines
    assert 'currency = "currency"' in lines
    assert 'category = { path = ["categories.category_name"] }' in lines
    assert 'brand = "Maker.title"' in lines
    assert 'on = { category_id = "id" }' in lines


def test_the_draft_asks_about_what_it_cannot_know(shop: str) -> None:
    lines = run("import_sql", "--draft", "products", "--from", "products", "--url", shop)
    assert "DECIDE: stock ← quantity" in lines
    assert 'map = { "0" = "…", "5" = "…" }' in lines
    # Every value is a state already, so there is nothing to decide.
    assert '\nstatus = "status"' in lines
    assert '# image_url = { column = "picture", as = "file"' in lines
    assert '# zone = "Europe/Madrid"' in lines
    assert "#   created: datetime, may be null" in lines
    assert "# product_labels points here" in lines


def test_the_draft_shows_many_values_as_steps(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MOST_VALUES", 1)
    lines = run("import_sql", "--draft", "products", "--from", "products", "--url", shop)
    assert '# stock = { column = "quantity", up_to = [[0, "…"]], above = "…" }' in lines


def test_a_draft_without_open_decisions_can_be_run(shop: str, alice: User, tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(run("import_sql", "--draft", "products", "--from", "products", "--url", shop))
    assert "2 created" in run("import_sql", path, "--url", shop, "--owner", alice.email)
    found = {product.data.sku: product.data for product in selectors.all_own_products(alice.actor)}
    assert (found["1"].brand, found["1"].category, str(found["1"].price)) == (
        "Alder",
        ("Mugs",),
        "2.50",
    )


def test_the_draft_of_a_view_asks_for_an_order(shop: str) -> None:
    lines = run("import_sql", "--draft", "products", "--from", "cheap", "--url", shop)
    assert "# order_by = " in lines
    assert "# price = " in lines
    assert "DECIDE: no column was recognised" in lines


def test_there_is_a_draft_for_every_table_of_backroom(shop: str) -> None:
    lines = run("import_sql", "--draft", "table:ephemeral", "--from", "products", "--url", shop)
    assert 'target = "table:ephemeral"' in lines
    assert "# expires_at = " in lines


CRM = """
CREATE TABLE companies (id INTEGER PRIMARY KEY, company_name TEXT NOT NULL);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, mail TEXT NOT NULL, full_name TEXT,
    company_id INT REFERENCES companies (id), lang TEXT, created DATETIME, deleted_at DATETIME
);
INSERT INTO companies VALUES (1, 'Alder');
INSERT INTO users VALUES (1, 'dora@example.com', 'Dora', 1, 'es', NULL, NULL);
"""


def test_a_draft_of_people_recognises_what_others_call_their_columns(tmp_path: Path) -> None:
    url = made(tmp_path / "crm.db", CRM)
    said = run("import_sql", "--draft", "people", "--from", "users", "--url", url)
    fields = tomllib.loads(said)["fields"]
    assert fields == {
        "email": "mail",
        "name": "full_name",
        "organisation": "company_id",
        "language": "lang",
        "created_at": "created",
        "deleted_at": "deleted_at",
    }
    companies = run("import_sql", "--draft", "organisations", "--from", "companies", "--url", url)
    assert tomllib.loads(companies)["fields"] == {"external_id": "id", "name": "company_name"}
    for draft_said in (said, companies):
        assert '[options]\n# source = "old-crm"  # DECIDE: ' in draft_said


def test_a_draft_for_a_bare_table_names_the_option_that_it_needs(tmp_path: Path) -> None:
    url = made(tmp_path / "crm.db", CRM)
    said = run("import_sql", "--draft", "table:accounts", "--from", "users", "--url", url)
    assert "[options]\n# raw = true  # DECIDE: " in said


def test_a_draft_says_what_to_do_with_slashes_in_categories(shop: str) -> None:
    said = run("import_sql", "--draft", "products", "--from", "products", "--url", shop)
    path = 'path = ["categories.category_name"], replace = { "/" = " & " }'
    assert f"#   category = {{ {path} }}" in said
    assert '#   category = { column = "categories.category_name", split = "/" }' in said
