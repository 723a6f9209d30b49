from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from storage.client import call
from storage.configuration import configuration, configure
from storage.engine import Engine
from storage.evolution.drift import describe
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.schema import create_tables
from tests.storage.evolution import deeds
from tests.storage.evolution.conftest import evolving as evolving
from tests.storage.evolution.conftest import project as project
from tests.storage.evolution.projects import Project

OWN = [
    "storage.0001_initial",
    "accounts.0001_initial",
    "accounts.0002_profile_and_own_sessions",
    "accounts.0003_roles_stores_tokens",
    "catalog.0001_initial",
    "catalog.0002_withheld_products",
    "supervisor.0001_initial",
]


@pytest.fixture
def empty_store() -> Iterator[None]:
    """An engine of this test's own, without any table."""
    original = configuration()
    with Engine.start(None) as engine:
        configure(replace(original, endpoint=engine.endpoint))
        yield
    configure(original)


@pytest.fixture
def reconfigure_endpoint() -> Iterator[Callable[[str], None]]:
    original = configuration()
    yield lambda endpoint: configure(replace(original, endpoint=endpoint, max_attempts=1))
    configure(original)


@pytest.fixture
def shop(project: Project, evolving: str) -> Iterator[Project]:
    """Besides our own apps one with two migrations, of which the second does not touch a table."""
    project.write(
        "shop.0001_initial", 'migrations.CreateTable("evolving-mugs", migrations.Key("id"))'
    )
    project.write("shop.0002_note", "deeds.Note('two')", builds_on=("shop.0001_initial",))
    with override_settings(INSTALLED_APPS=["config", "storage", "accounts", "catalog", "shop"]):
        # The tables of the tests are made from the models, that is as after all migrations.
        for app in ("storage", "accounts", "catalog"):
            call_command("migrate", app, fake=True, verbosity=0)
        call_command("migrate", verbosity=0)
        deeds.done.clear()
        yield project


def run(name: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_a_fresh_store_gets_all_tables_as_the_models_say(empty_store: None) -> None:
    text = run("migrate")
    for label in OWN:
        assert f"{label} is applied" in text
    assert "not as the models say" not in text
    assert run("migrate") == "Nothing to do: all of it is applied.\n"


def test_all_the_way_back_and_there_again(empty_store: None) -> None:
    run("migrate")
    run("migrate", f"-{len(OWN)}")
    assert call("ListTables", {})["TableNames"] == ["test-migrations"]
    assert "[X]" not in run("showmigrations")
    assert "catalog.0001_initial is applied" in run("migrate")


def test_the_plan_names_operations_and_does_nothing(empty_store: None) -> None:
    text = run("migrate", "--plan")
    assert "create table products" in text
    assert call("ListTables", {})["TableNames"] == []


def test_check_tells_scripts_whether_something_is_missing(empty_store: None) -> None:
    with pytest.raises(SystemExit) as exit_:
        run("migrate", "--check")
    assert exit_.value.code == 1
    run("migrate")
    assert run("migrate", "--check") == "Nothing to do.\n"


def test_backwards_by_steps_and_forwards_by_name(shop: Project) -> None:
    assert "shop.0002_note is undone" in run("migrate", "shop", "-1")
    assert deeds.done == ["-two"]
    assert "shop.0002_note is applied" in run("migrate", "shop", "0002")
    assert "shop.0002_note is undone" in run("migrate", "-1")
    assert "shop.0002_note is applied" in run("migrate", "+1")


@pytest.mark.parametrize("answer", ["no", "", "yes"])
def test_a_table_with_items_is_not_deleted_without_the_word(
    shop: Project, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    call("PutItem", {"TableName": "test-evolving-mugs", "Item": {"id": {"S": "a"}}})
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    with pytest.raises(CommandError, match="Nothing was done"):
        run("migrate", "shop", "zero")
    assert describe("evolving-mugs") is not None
    assert deeds.done == []


def test_nobody_there_to_answer_is_a_no(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_question: str) -> str:
        raise EOFError

    call("PutItem", {"TableName": "test-evolving-mugs", "Item": {"id": {"S": "a"}}})
    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(CommandError, match="Nothing was done"):
        run("migrate", "shop", "zero")


@pytest.mark.parametrize("way", ["said", "destroy", "empty"])
def test_a_table_is_deleted_when_nothing_is_lost_or_the_person_said_so(
    shop: Project, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way != "empty":
        call("PutItem", {"TableName": "test-evolving-mugs", "Item": {"id": {"S": "a"}}})

    def answer(_question: str) -> str:
        assert way == "said"
        return "delete"

    monkeypatch.setattr("builtins.input", answer)
    run("migrate", "shop", "zero", interactive=way == "said", destroy=way == "destroy")
    assert describe("evolving-mugs") is None


def test_scripts_that_ask_nothing_do_not_delete_either(shop: Project) -> None:
    call("PutItem", {"TableName": "test-evolving-mugs", "Item": {"id": {"S": "a"}}})
    with pytest.raises(CommandError, match="--destroy") as refusal:
        run("migrate", "shop", "zero", interactive=False)
    assert refusal.value.returncode == 2
    assert describe("evolving-mugs") is not None


def test_who_is_at_work_is_said(shop: Project) -> None:
    with Lease() as other, pytest.raises(CommandError, match=re.escape(other.holder)):
        run("migrate", "shop", "-1")


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["ghosts"], "There is no app ghosts"),
        (["shop", "0007"], "shop has no migration that begins with 0007"),
        (["shop", "+3"], r"\+3 is not possible"),
        (["shop", "--segments", "0"], "segments: a whole number from 1 to 64, not 0"),
        (["shop", "--capacity", "x"], "capacity: a number above 0, not x"),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(
    shop: Project, arguments: list[str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run("migrate", *arguments)


def test_a_store_that_does_not_answer_is_said(reconfigure_endpoint: Callable[[str], None]) -> None:
    reconfigure_endpoint("http://127.0.0.1:9")
    for name in ("migrate", "showmigrations"):
        with pytest.raises(CommandError, match="cannot be reached"):
            run(name)


def test_differences_are_told_after_a_run(shop: Project) -> None:
    removal = {"Delete": {"IndexName": "sku_gsi"}}
    call("UpdateTable", {"TableName": "test-products", "GlobalSecondaryIndexUpdates": [removal]})
    try:
        text = run("migrate")
    finally:
        call("DeleteTable", {"TableName": "test-products"})
        create_tables()
    assert "products: the index sku_gsi is missing" in text


def test_showmigrations_marks_what_is_applied(shop: Project) -> None:
    run("migrate", "shop", "-1")
    assert run("showmigrations", "shop") == "shop\n [X] 0001_initial\n [ ] 0002_note\n"


def test_showmigrations_in_the_order_of_the_plan(shop: Project) -> None:
    text = run("showmigrations", "--plan", "-v", "2")
    assert [line.split()[1] for line in text.splitlines()] == [
        *(label for label in OWN if not label.startswith("supervisor.")),
        "shop.0001_initial",
        "shop.0002_note",
    ]
    assert "(shop.0001_initial)" in text
    assert "UTC by" in text


def test_showmigrations_says_what_is_odd(shop: Project) -> None:
    shop.write("shop.0001_initial", 'migrations.CreateTable("evolving-cups", migrations.Key("id"))')
    (shop.folder / "shop/migrations/0002_note.py").unlink()
    shop.forget()
    text = run("showmigrations", "shop")
    assert "[X] 0001_initial (changed after it had been applied)" in text
    assert "[X] 0002_note (its file is missing)" in text


def test_showmigrations_marks_what_was_interrupted_and_what_was_only_recorded(
    shop: Project,
) -> None:
    shop.write("shop.0003_fake", "deeds.Note('three')", builds_on=("shop.0002_note",))
    run("migrate", "shop", fake=True)
    shop.write("shop.0004_fails", "deeds.Note('four')", builds_on=("shop.0003_fake",))
    deeds.failing.add("four")
    with pytest.raises(deeds.Failed):
        run("migrate")
    text = run("showmigrations", "shop")
    assert "[X] 0003_fake (recorded only)" in text
    assert "[ ] 0004_fails (half done)" in text
    with pytest.raises(SystemExit):
        run("migrate", "--check")
    (shop.folder / "shop/migrations/0004_fails.py").unlink()
    shop.forget()
    assert "[ ] 0004_fails (its file is missing; half done)" in run("showmigrations", "shop")
    with Lease() as lease:
        assert f"at work: {lease.holder}" in run("showmigrations", "shop")


def test_showmigrations_of_an_unknown_app(shop: Project) -> None:
    with pytest.raises(CommandError, match="no app ghosts"):
        run("showmigrations", "ghosts")


def test_showmigrations_on_a_fresh_store(empty_store: None) -> None:
    assert "[ ] 0001_initial" in run("showmigrations")
    assert MigrationItem.logical_name() not in call("ListTables", {})["TableNames"]


def test_the_migrations_of_other_frameworks_are_left_alone(store: None) -> None:
    assert "auth" not in run("showmigrations")
