"""A real PostgreSQL with the Northwind sample database: everything arrives exactly, once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError

from accounts.entities import User
from catalog import selectors
from catalog.entities import Product
from tests.commands import ROOT, manage, run, wait_for_change
from tests.config.sql_import.conftest import postgres_connection
from tests.config.sql_import.servers import ENCODED, PASSWORD, Server

MAPPING = ROOT / "catalog" / "sql_mappings" / "northwind_products.toml"
pytestmark = pytest.mark.usefixtures("store")

# Asked of the database itself, prices as the text that it shows.
EXPECTED = """
SELECT 'NW-' || lpad(product_id::text, 3, '0'), product_name, quantity_per_unit, company_name,
    category_name, unit_price::text, units_in_stock, discontinued
FROM products LEFT JOIN categories USING (category_id) LEFT JOIN suppliers USING (supplier_id)
"""


def imported(url: str, *arguments: object, folder: Path) -> str:
    return run("import_sql", MAPPING, "--url", url, "--errors", folder / "errors.csv", *arguments)


def products_of(user: User) -> dict[str, Product]:
    return {product.data.sku: product for product in selectors.all_own_products(user.actor)}


def rows_of(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(EXPECTED).fetchall()


def test_all_products_with_their_categories_and_suppliers_arrive_exactly(
    northwind: str, alice: User, tmp_path: Path
) -> None:
    said = imported(northwind, "--owner", alice.email, folder=tmp_path)
    assert "77 created, 0 changed, 0 unchanged, 0 refused" in said
    assert "Source: 77 rows, 77 dealt with." in said
    assert "Target: 0 before, 77 now." in said
    rows, found = rows_of(northwind), products_of(alice)
    assert len(rows) == len(found) == 77
    for sku, name, quantity, supplier, category, price, pieces, discontinued in rows:
        data = found[sku].data
        assert (data.name, data.description, data.brand) == (name, quantity, supplier)
        assert "/".join(data.category) == category
        assert (data.price, data.currency) == (Decimal(price), "USD")
        stock = "out_of_stock" if pieces == 0 else "low_stock" if pieces <= 10 else "in_stock"
        assert (data.stock, data.status) == (stock, "archived" if discontinued else "public")
        assert (data.image_url, data.gtin) == ("", "")


def test_prices_stored_as_real_become_exact_decimals(
    northwind: str, alice: User, tmp_path: Path
) -> None:
    imported(northwind, "--owner", alice.email, folder=tmp_path)
    found = products_of(alice)
    assert str(found["NW-005"].data.price) == "21.35"
    assert str(found["NW-041"].data.price) == "9.65"
    assert all(product.data.price.as_tuple().exponent == -2 for product in found.values())


def test_a_second_run_changes_nothing(northwind: str, alice: User, tmp_path: Path) -> None:
    imported(northwind, "--owner", alice.email, folder=tmp_path)
    before = products_of(alice)
    said = imported(northwind, "--owner", alice.email, folder=tmp_path)
    assert "0 created, 0 changed, 77 unchanged, 0 refused" in said
    assert "Nothing changed" in said
    assert products_of(alice) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(
    northwind: str, alice: User, tmp_path: Path
) -> None:
    said = imported(northwind, "--owner", alice.email, "--dry-run", folder=tmp_path)
    assert "77 would be created" in said
    assert products_of(alice) == {}
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_the_source_can_be_written(northwind: str) -> None:
    from config.sql_import.errors import UnusableSource
    from config.sql_import.source import Source

    with pytest.raises(UnusableSource, match="read-only"), Source(northwind).snapshot() as snapshot:
        snapshot.connection.exec_driver_sql("DELETE FROM order_details")


def test_the_import_sees_one_moment_of_the_source(postgresql: Server, northwind: str) -> None:
    from config.sql_import.source import Source

    with (
        Source(northwind).snapshot() as snapshot,
        postgres_connection(postgresql, "northwind") as other,
    ):
        count = "SELECT count(*) FROM region"
        before = snapshot.connection.exec_driver_sql(count).scalar()
        other.execute("INSERT INTO region VALUES (99, 'Nowhere')")
        try:
            assert snapshot.connection.exec_driver_sql(count).scalar() == before
        finally:
            other.execute("DELETE FROM region WHERE region_id = 99")


def test_the_list_is_readable_in_80_columns(northwind: str) -> None:
    said = run("import_sql", "--list", "--url", northwind)
    assert "products (table, 77 rows)" in said
    assert "→ categories.category_id" in said
    assert said.count("(table, ") == 14
    assert max(map(len, said.splitlines())) <= 80


def test_the_draft_of_products_needs_a_currency_and_nothing_else(
    northwind: str, alice: User, tmp_path: Path
) -> None:
    draft = run("import_sql", "--draft", "products", "--from", "products", "--url", northwind)
    assert 'category = { path = ["categories.category_name"] }' in draft
    assert 'brand = "suppliers.company_name"' in draft
    path = tmp_path / "m.toml"
    path.write_text(draft.replace('# currency = { value = "…" }', 'currency = { value = "USD" }'))
    with pytest.raises(SystemExit):
        run("import_sql", path, "--url", northwind, "--owner", alice.email)
    found = products_of(alice)
    # Two categories have a slash in their names, which only a person can decide about.
    refused = sum("/" in row[4] for row in rows_of(northwind))
    assert len(found) == 77 - refused
    assert found["3"].data.category == ("Condiments",)
    assert found["3"].data.brand == "Exotic Liquids"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "wr%40ng"}, "password authentication failed"),
        ({"password": PASSWORD}, "percent-encoded"),
        ({"port": 1}, "refused"),
        ({"database": "southwind"}, "“?southwind”?.*does not exist|does not exist"),
    ],
    ids=["password", "signs", "port", "database"],
)
def test_what_cannot_be_reached_is_one_sentence_without_the_password(
    change: dict[str, Any], said: str, postgresql: Server
) -> None:
    url = postgresql.url(**{"database": "postgres", **change})
    with pytest.raises(CommandError, match=said) as found:
        run("import_sql", "--list", "--url", url)
    assert found.value.returncode == 2
    assert "\n" not in str(found.value)
    for secret in ("wr%40ng", "wr@ng", PASSWORD, ENCODED, "ss/w"):
        assert secret not in str(found.value)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('table = "products"', 'table = "product"', "Did you mean “products”"),
        ("suppliers.company_name", "suppliers.company", "Did you mean “company_name”"),
        ('"product_name"', '"productname"', "Did you mean “product_name”"),
    ],
    ids=["table", "joined column", "column"],
)
def test_wrong_names_are_one_sentence_with_the_right_one(
    before: str, after: str, said: str, northwind: str, alice: User, tmp_path: Path
) -> None:
    path = tmp_path / "m.toml"
    path.write_text(MAPPING.read_text().replace(before, after))
    with pytest.raises(CommandError, match=said) as found:
        run("import_sql", path, "--url", northwind, "--owner", alice.email)
    assert found.value.returncode == 2


def test_a_killed_import_goes_on_where_it_was(
    postgresql: Server, alice: User, tmp_path: Path
) -> None:
    with postgres_connection(postgresql) as connection:
        connection.execute("CREATE DATABASE many")
    with postgres_connection(postgresql, "many") as connection:
        connection.execute(
            "CREATE TABLE items AS SELECT n AS id, 'S-' || n AS sku, (n % 90 + 0.95)::real AS price"
            " FROM generate_series(1, 2000) n"
        )
        connection.execute("ALTER TABLE items ADD PRIMARY KEY (id)")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'target = "products"\n[source]\ntable = "items"\n[fields]\nsku = "sku"\nname = "sku"\n'
        'price = "price"\ncurrency = { value = "EUR" }\n'
    )
    command = ("import_sql", mapping, "--owner", alice.email, "--quiet")
    environ = {"SQL_URL": postgresql.url("many")}
    process = manage(*command, **environ)
    wait_for_change(tmp_path / "m.toml.errors.csv.checkpoint")
    process.kill()
    process.communicate()
    process = manage(*command, **environ)
    said, _ = process.communicate(timeout=100)
    assert process.returncode == 0, said
    assert "Going on after row" in said
    assert "Target: 0 before, 2000 now." in said
    found = products_of(alice)
    assert len(found) == 2000
    assert str(found["S-7"].data.price) == "7.95"
