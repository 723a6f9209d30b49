"""The command as people run it: exit codes, what it says, signals."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.entities import User
from catalog import selectors
from config.sql_import.source import Source
from tests.commands import manage, run, wait_for_change
from tests.config.sql_import.capture import rows_of
from tests.config.sql_import.sqlite import PRODUCTS, change, products
from tests.storage.faults import cancellation, injected, refusal

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "m.toml"
    path.write_text(PRODUCTS)
    return path


@pytest.fixture
def url(tmp_path: Path) -> str:
    return products(tmp_path / "p.db", 3)


def skus_of(user: User) -> list[str]:
    return sorted(product.data.sku for product in selectors.all_own_products(user.actor))


def test_it_counts_and_a_second_run_says_that_nothing_changed(
    url: str, mapping: Path, alice: User
) -> None:
    command = ("import_sql", mapping, "--url", url, "--owner", alice.email)
    said = run(*command)
    assert "3 created, 0 changed, 0 unchanged, 0 refused" in said
    assert "Target: 0 before, 3 now." in said
    assert "Nothing changed" in run(*command)
    assert skus_of(alice) == ["S-000001", "S-000002", "S-000003"]
    assert [path.name for path in mapping.parent.iterdir() if "errors" in path.name] == []


def test_a_changed_row_changes_its_product(
    url: str, mapping: Path, alice: User, tmp_path: Path
) -> None:
    command = ("import_sql", mapping, "--url", url, "--organisation", alice.org_id)
    run(*command)
    change(tmp_path / "p.db", "UPDATE items SET cents = 999 WHERE id = 2")
    assert "0 created, 1 changed, 2 unchanged, 0 refused" in run(*command)
    found = {product.data.sku: product for product in selectors.all_own_products(alice.actor)}
    assert str(found["S-000002"].data.price) == "9.99"


def test_the_address_may_come_from_the_environment(
    url: str, mapping: Path, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQL_URL", url)
    assert "3 created" in run("import_sql", mapping, "--owner", alice.email)


def test_refusals_end_in_exit_code_1_and_a_report_with_the_key_of_the_row(
    url: str, mapping: Path, alice: User, tmp_path: Path
) -> None:
    change(tmp_path / "p.db", "UPDATE items SET cents = -1 WHERE id = 2")
    change(tmp_path / "p.db", "UPDATE items SET cents = 'much' WHERE id = 3")
    with pytest.raises(SystemExit) as ended:
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
    assert ended.value.code == 1
    assert skus_of(alice) == ["S-000001"]
    found = rows_of(tmp_path / "m.toml.errors.csv")
    assert [(row["line"], row["field"], row["value"], row["key"]) for row in found] == [
        ("2", "price", "'-0.01", "id=2"),
        ("3", "price", "much", "id=3"),
    ]


def test_a_dry_run_writes_nothing_but_a_report_of_its_own(
    url: str, mapping: Path, alice: User, tmp_path: Path
) -> None:
    change(tmp_path / "p.db", "UPDATE items SET cents = -1 WHERE id = 2")
    with pytest.raises(SystemExit) as ended:
        run("import_sql", mapping, "--url", url, "--owner", alice.email, "--dry-run")
    assert ended.value.code == 1
    assert skus_of(alice) == []
    assert len(rows_of(tmp_path / "m.toml.dry-run.errors.csv")) == 1
    assert not (tmp_path / "m.toml.errors.csv").exists()


def test_fields_that_a_new_one_needs_are_named_before_anything_is_read(
    url: str, mapping: Path, alice: User
) -> None:
    mapping.write_text(PRODUCTS.replace('currency = "cur"\n', ""))
    with pytest.raises(SystemExit):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
    mapping.write_text(PRODUCTS)
    run("import_sql", mapping, "--url", url, "--owner", alice.email)
    mapping.write_text(PRODUCTS.replace('currency = "cur"\n', ""))
    said = run("import_sql", mapping, "--url", url, "--owner", alice.email)
    assert "gives no currency" in said
    assert "3 unchanged" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "{url}"], "Name the mapping"),
        (["{tmp}/m.toml"], "SQL_URL"),
        (["{tmp}/none.toml", "--url", "{url}"], "none.toml cannot be used"),
        (["{tmp}/m.toml", "--url", "{url}"], "Say for whom"),
        (["{tmp}/m.toml", "--url", "{url}", "--owner", "nobody@example.com"], "Nobody"),
        (["{tmp}/m.toml", "--url", "{url}", "--organisation", "ORG-1"], "no organisation"),
        (["{tmp}/m.toml", "--url", "{url}", "--owner", "bob@example.com"], r"\w"),
        (["{tmp}/m.toml", "--url", "sqlite:///{tmp}/none.db"], "There is no file"),
        (["{tmp}/m.toml", "--url", "oracle://u:secret@h/d"], "none of the databases"),
        (["{tmp}/m.toml", "--url", "u:secret@h"], "no address of a database"),
        (["{tmp}/m.toml", "--url", "mysql://u:se@cret@h/d"], "percent-encoded"),
        (["{tmp}/m.toml", "--url", "mysql://u:secret@127.0.0.1:1/d"], "cannot be opened"),
        (["--draft", "products", "--url", "{url}"], "--from TABLE"),
        (["--draft", "product", "--from", "items", "--url", "{url}"], "Did you mean “products”"),
        (["--draft", "products", "--from", "item", "--url", "{url}"], "Did you mean “items”"),
        (["--list", "--from", "item", "--url", "{url}"], "Did you mean “items”"),
    ],
)
def test_what_cannot_run_says_why_in_one_sentence_without_secrets(
    arguments: list[str],
    said: str,
    url: str,
    mapping: Path,
    bob: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SQL_URL", raising=False)
    filled_in = [text.replace("{url}", url).replace("{tmp}", str(tmp_path)) for text in arguments]
    with pytest.raises(CommandError, match=said) as ended:
        run("import_sql", *filled_in)
    assert ended.value.returncode == 2
    assert "\n" not in str(ended.value)
    assert "cret" not in str(ended.value)
    assert skus_of(bob) == []
    assert not (tmp_path / "none.db").exists()


def test_options_that_the_target_does_not_know_are_refused(
    url: str, mapping: Path, alice: User
) -> None:
    mapping.write_text(PRODUCTS + "\n[options]\npublis = true\n")
    with pytest.raises(CommandError, match="no option “publis”"):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)


def test_without_its_packages_it_says_what_to_install(
    mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(CommandError, match=r"requirements-sql\.txt") as ended:
        run("import_sql", mapping, "--url", "sqlite:///x.db")
    assert ended.value.returncode == 2


def test_a_store_that_refuses_is_one_sentence_and_exit_code_2(
    url: str, mapping: Path, alice: User
) -> None:
    denied = refusal("AccessDeniedException", message="User is not authorized")
    for operation in ("TransactWriteItems", "BatchGetItem"):
        with injected(operation, always=denied), pytest.raises(CommandError) as ended:
            run("import_sql", mapping, "--url", url, "--owner", alice.email)
        assert ended.value.returncode == 2
        assert f"dynamodb:{operation} is missing" in str(ended.value)


def test_a_row_that_the_store_does_not_take_is_refused(
    url: str, mapping: Path, alice: User, tmp_path: Path
) -> None:
    too_large = cancellation("ValidationError")
    with (
        injected("TransactWriteItems", too_large, too_large),
        pytest.raises(SystemExit) as ended,
    ):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
    assert ended.value.code == 1
    (found,) = rows_of(tmp_path / "m.toml.errors.csv")
    assert "does not take this product" in found["reason"]
    assert skus_of(alice) == ["S-000002", "S-000003"]


def test_counts_that_differ_are_told_loudly(
    url: str, mapping: Path, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from catalog.imports.sql_target import ProductEntries

    counts = iter([0, 2])
    monkeypatch.setattr(ProductEntries, "count", lambda _self: next(counts))
    with pytest.raises(SystemExit) as ended:
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
    assert ended.value.code == 1


def test_an_interrupted_import_stops_cleanly_and_goes_on(
    alice: User, mapping: Path, tmp_path: Path
) -> None:
    url = products(tmp_path / "many.db", 3000)
    command = ("import_sql", mapping, "--url", url, "--owner", alice.email)
    process = manage(*command)
    wait_for_change(tmp_path / "m.toml.errors.csv.checkpoint")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    done = int(re.search(r"goes on after row (\d+)", said)[1])  # type: ignore[index]
    assert 0 < done < 3000
    assert len(skus_of(alice)) == done
    said = run(*command)
    assert f"Going on after row {done}." in said
    assert "3000 created" in said
    assert "Target: 0 before, 3000 now." in said


def test_the_list_for_programs_is_json_and_nothing_else(url: str) -> None:
    document = json.loads(run("import_sql", "--list", "--json", "--url", url))
    assert document["database"] == "sqlite"
    found = {table["name"]: table for table in document["tables"]}
    assert found["items"]["rows"] == 3
    assert found["items"]["primary_key"] == ["id"]
    assert found["items"]["columns"][1] == {"name": "sku", "type": "text", "nullable": True}
    assert found["labels"]["foreign_keys"] == [
        {"columns": ["item"], "table": "items", "schema": None, "other_columns": ["id"]}
    ]


def test_the_address_in_the_list_has_no_password() -> None:
    source = Source("postgresql://u:secret@h/d?sslpassword=hidden&sslmode=require")
    assert "secret" not in source.identity
    assert "hidden" not in source.identity
    assert "sslmode=require" in source.identity
    other = Source("postgresql://u:another@h/d?sslpassword=one&sslmode=require")
    assert other.identity == source.identity


def test_the_list_for_programs_shows_the_address_as_it_was_typed(url: str) -> None:
    document = json.loads(run("import_sql", "--list", "--json", "--url", url))
    assert document["address"] == url
    shown = Source("postgres://u:secret@h/d?sslpassword=hidden&sslmode=require").address
    assert shown.startswith("postgres://u:***@h/d?")
    assert "hidden" not in shown


class _Closed(StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_who_has_enough_of_the_list_may_go(url: str) -> None:
    with pytest.raises(BrokenPipeError):
        call_command("import_sql", "--list", "--url", url, stdout=_Closed())


def test_a_mapping_that_is_cut_off_is_named(url: str, mapping: Path, alice: User) -> None:
    mapping.write_text(PRODUCTS[:-3])
    with pytest.raises(CommandError, match=r"m\.toml cannot be read as TOML"):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)


def test_a_category_with_a_slash_says_what_the_mapping_can_do(
    url: str, mapping: Path, alice: User, tmp_path: Path
) -> None:
    change(tmp_path / "p.db", "UPDATE items SET title = 'Meat/Poultry' WHERE id = 2")
    change(tmp_path / "p.db", "UPDATE items SET title = '!' WHERE id = 3")
    mapping.write_text(PRODUCTS + 'category = { path = ["title"] }\n')
    with pytest.raises(SystemExit):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
    slash, other = rows_of(tmp_path / "m.toml.errors.csv")
    assert 'replace = { "/" = " & " }' in slash["reason"]
    assert 'split = "/"' in slash["reason"]
    assert "letter or digit" in other["reason"]
    for said in ('path = ["title"], replace = { "/" = " & " }', 'column = "title", split = "/"'):
        change(tmp_path / "p.db", "DELETE FROM items WHERE id = 3")
        mapping.write_text(PRODUCTS + f"category = {{ {said} }}\n")
        assert "0 refused" in run("import_sql", mapping, "--url", url, "--owner", alice.email)


def test_organisations_say_that_they_are_imported_by_the_server(
    url: str, mapping: Path, alice: User
) -> None:
    mapping.write_text(
        'target = "organisations"\noptions.source = "old"\nsource.table = "items"\n'
        'fields.external_id = "sku"\nfields.name = "title"\n'
    )
    with pytest.raises(CommandError, match="leave out --owner and --organisation"):
        run("import_sql", mapping, "--url", url, "--owner", alice.email)
