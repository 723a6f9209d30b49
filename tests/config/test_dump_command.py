"""`dump` and `restore` as people run them: texts, exit codes, questions, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from accounts import services as accounts
from accounts.entities import User
from accounts.errors import EmailTaken
from accounts.models import AuthUser
from accounts.stores import services as stores
from catalog import services as catalog
from storage.archive.reading import open_archive
from storage.configuration import configuration, table_name
from storage.evolution.lease import Lease
from storage.evolution.ledger_table import MigrationItem
from storage.schema import create_tables
from storage.table import registered_tables
from storage.throttle import Throttle
from storage.transactions import Transaction
from supervisor import canned_answers
from supervisor import services as requests
from supervisor.knowledge import services as knowledge
from tests.accounts.fixtures import PASSWORD
from tests.catalog.staff import TYPED
from tests.storage.archive.samples import put, store_of_its_own, stored, table_names, under

ROOT = Path(__file__).resolve().parents[2]
REFUSED, COULD_NOT_RUN = 1, 2


@pytest.fixture(autouse=True)
def own_store() -> Iterator[None]:
    with store_of_its_own():
        create_tables()
        yield


@pytest.fixture
def shop() -> None:
    """Something in every table."""
    owner = accounts.sign_up(
        email="alice@example.com",
        password=PASSWORD,
        name="Alice 👩‍🌾",
        organisation_name="Alice's Shop",
    )
    for number in range(30):
        raw = {**TYPED, "name": f"Mug №{number}", "sku": f"MUG-{number}", "price": f"{number}.10"}
        catalog.create_product(actor=owner.actor, raw=raw)
    answer_a_request(owner)
    Client().force_login(AuthUser.of(owner))
    Throttle("guess", limit=5, window_seconds=3600).hit("alice@example.com")
    transaction = Transaction()
    transaction.put(MigrationItem("catalog", "0001_initial", checksum="c", summary={"items": 1}))
    transaction.commit()


def answer_a_request(owner: User) -> None:
    actor = owner.actor
    said = {"name": "Harbour", "time_zone": "Europe/Madrid"}
    store_id = stores.create_store(actor=actor, said=said).store.store_id
    asked = requests.ask(
        actor=actor,
        store_id=store_id,
        raw={"header": "May he return it? №1", "body": "", "priority": 3},
        callback_url="https://shop.example.com/hook",
    )
    requests.answer(actor=actor, store_id=store_id, request_id=asked.request.id, text="Yes 👍")
    canned_answers.add_canned_answer(actor=actor, title="Returns", text="Within a month.")
    knowledge.create_article(actor=actor, raw={"title": "Returns", "text": "Within a month."})


def names() -> list[str]:
    return [table.logical_name() for table in registered_tables()]


def run(command: str, *arguments: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def fails(code: int, command: str, *arguments: object) -> str:
    with pytest.raises(CommandError) as failure:
        run(command, *arguments)
    assert failure.value.returncode == code
    return str(failure.value)


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(text))


@pytest.mark.usefixtures("shop")
def test_everything_that_the_application_stored_is_the_same_afterwards(tmp_path: Path) -> None:
    original = {name: stored(name) for name in names()}
    assert all(original.values())
    run("dump", tmp_path / "archive")
    under("restored-")
    said = run("restore", tmp_path / "archive")
    assert "Restored" in said
    assert f"{len(original['audit']):>12}  restored-audit" in said
    assert {name: stored(name) for name in names()} == original


@pytest.mark.usefixtures("shop")
def test_what_was_restored_can_be_worked_with(tmp_path: Path) -> None:
    run("dump", tmp_path / "archive")
    under("restored-")
    run("restore", tmp_path / "archive")
    again = {"password": PASSWORD, "name": "Alice", "organisation_name": "Another"}
    with pytest.raises(EmailTaken):
        accounts.sign_up(email="alice@example.com", **again)
    bob = accounts.sign_up(email="bob@example.com", **again)
    assert catalog.create_product(actor=bob.actor, raw={**TYPED, "sku": "MUG-1"})


def test_the_summary_says_how_much_and_its_checksum(tmp_path: Path) -> None:
    said = run("dump", tmp_path / "archive")
    assert f"{len(names())} tables, 0 items, 0.0 MB" in said
    digest = (tmp_path / "archive" / "manifest.sha256").read_text().split()[0]
    assert digest in said.splitlines()
    checked = run("restore", tmp_path / "archive", "--check")
    assert digest in checked.splitlines()
    assert "The archive is whole." in checked


def test_checking_writes_nothing_and_needs_no_table(tmp_path: Path) -> None:
    run("dump", tmp_path / "archive")
    before = table_names()
    under("restored-")
    run("restore", tmp_path / "archive", "--check")
    assert table_names() == before


class TestSomeTables:
    def written(self, folder: Path) -> list[str]:
        return [line.split()[1] for line in run("restore", folder).splitlines() if "some-" in line]

    def test_can_be_named(self, tmp_path: Path) -> None:
        run("dump", tmp_path / "archive", "--table", "products", "--table", "audit")
        under("some-")
        assert self.written(tmp_path / "archive") == ["some-audit", "some-products"]

    def test_can_be_left_out(self, tmp_path: Path) -> None:
        run("dump", tmp_path / "archive", "--exclude", "sessions", "--exclude", "ephemeral")
        under("some-")
        expected = [f"some-{name}" for name in names() if name not in ("sessions", "ephemeral")]
        assert self.written(tmp_path / "archive") == expected

    def test_can_be_restored(self, tmp_path: Path) -> None:
        run("dump", tmp_path / "archive")
        under("some-")
        run("restore", tmp_path / "archive", "--table", "audit", "--table", "accounts")
        run("restore", tmp_path / "archive", "--table", "audit", "--exclude", "accounts")
        made = {name for name in table_names() if name.startswith("some-")}
        assert made == {"some-audit", "some-accounts", "some-migrations"}

    @pytest.mark.parametrize("option", ["--table", "--exclude"])
    def test_that_are_unknown_are_refused_with_those_that_are_known(
        self, tmp_path: Path, option: str
    ) -> None:
        said = fails(COULD_NOT_RUN, "dump", tmp_path / "archive", option, "productz")
        assert "no table productz; there are: accounts, audit" in said
        run("dump", tmp_path / "archive", "--table", "audit")
        said = fails(COULD_NOT_RUN, "restore", tmp_path / "archive", option, "products")
        assert "no table products; there are: audit." in said

    def test_must_be_some(self, tmp_path: Path) -> None:
        options = ("--table", "audit", "--exclude", "audit")
        assert fails(COULD_NOT_RUN, "dump", tmp_path / "a", *options) == "No table is left."


class TestTablesThatHoldSomething:
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        run("dump", tmp_path / "archive")
        put("sessions", ("session_key",), [{"session_key": {"S": "mine"}}])
        return tmp_path / "archive"

    def test_are_refused(self, archive: Path) -> None:
        said = fails(COULD_NOT_RUN, "restore", archive)
        assert f"Table {table_name('sessions')} is not empty." in said
        assert "--replace" in said
        assert len(stored("sessions")) == 1

    @pytest.mark.parametrize("option", ["--replace", "--recreate"])
    def test_are_replaced_after_a_typed_yes(
        self, archive: Path, option: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer(monkeypatch, "Yes\n")
        said = run("restore", archive, option)
        assert table_name("sessions") in said
        assert "Type yes:" in said
        assert stored("sessions") == {}

    @pytest.mark.parametrize("text", ["", "\n", "y\n", "no\n"], ids=ascii)
    @pytest.mark.parametrize("option", ["--replace", "--recreate"])
    def test_are_left_alone_after_anything_else(
        self, archive: Path, option: str, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer(monkeypatch, text)
        assert fails(COULD_NOT_RUN, "restore", archive, option) == "Nothing was written."
        assert len(stored("sessions")) == 1

    @pytest.mark.parametrize("option", ["--replace", "--recreate"])
    def test_are_replaced_without_asking_when_told_so(self, archive: Path, option: str) -> None:
        assert "Type yes" not in run("restore", archive, option, "--yes")
        assert stored("sessions") == {}

    def test_that_are_all_empty_need_no_question(self, archive: Path) -> None:
        run("restore", archive, "--replace", "--exclude", "sessions")

    @override_settings(APPLICATION_OWNS_TABLES=False)
    def test_are_not_deleted_where_infrastructure_code_made_them(self, archive: Path) -> None:
        said = fails(COULD_NOT_RUN, "restore", archive, "--recreate", "--yes")
        assert "infrastructure code makes the tables" in said
        run("restore", archive, "--replace", "--yes")
        assert stored("sessions") == {}


@pytest.mark.usefixtures("shop")
def test_an_altered_archive_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    run("dump", tmp_path / "archive")
    file = tmp_path / "archive" / "sessions" / "00001.json.gz"
    file.write_bytes(file.read_bytes()[:-1])
    before = {name: stored(name) for name in names()}
    for options in (["--check"], ["--replace", "--yes"], ["--recreate", "--yes"], []):
        said = fails(REFUSED, "restore", tmp_path / "archive", *options)
        assert said.startswith("The archive is refused, and nothing was written: ")
        assert "sessions/00001.json.gz" in said
    assert {name: stored(name) for name in names()} == before


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_what_is_no_archive_is_refused(tmp_path: Path, name: str) -> None:
    assert "is not an archive" in fails(REFUSED, "restore", tmp_path / name)


def test_a_folder_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    assert "is not an empty folder" in fails(COULD_NOT_RUN, "dump", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_half_done_migration_is_named_with_the_way_out(tmp_path: Path) -> None:
    transaction = Transaction()
    transaction.put(
        MigrationItem("#run", "catalog.0002_words", position={"backwards": False, "summaries": []})
    )
    transaction.commit()
    said = fails(COULD_NOT_RUN, "dump", tmp_path / "archive")
    assert "catalog.0002_words" in said
    assert "--unfinished" in said
    run("dump", tmp_path / "archive", "--unfinished")
    run("restore", tmp_path / "archive", "--check")


class TestOtherMigrations:
    @pytest.fixture
    def archive(self, tmp_path: Path) -> Path:
        run("dump", tmp_path / "archive")
        transaction = Transaction()
        transaction.put(MigrationItem("catalog", "0002_words", checksum="c"))
        transaction.commit()
        return tmp_path / "archive"

    def test_are_named_with_the_way_out(self, archive: Path) -> None:
        said = fails(COULD_NOT_RUN, "restore", archive, "--table", "products")
        assert said.splitlines() == [
            "In the archive other migrations are applied than here. Only here: catalog.0002_words.",
            "Nothing was written. Restore all tables, then run migrate; --other-migrations puts"
            " the items in as they are.",
        ]
        run("restore", archive, "--table", "products", "--other-migrations")

    def test_do_not_matter_when_their_record_is_restored(self, archive: Path) -> None:
        run("restore", archive, "--replace", "--yes")
        assert stored("migrations") == {}

    def test_that_are_half_done_are_named_with_the_way_out(self, archive: Path) -> None:
        transaction = Transaction()
        position = {"backwards": False, "summaries": []}
        transaction.put(MigrationItem("#run", "catalog.0003_more", position=position))
        transaction.commit()
        options = ("--table", "products", "--other-migrations")
        said = fails(COULD_NOT_RUN, "restore", archive, *options)
        assert "catalog.0003_more was interrupted" in said
        assert "Nothing was written. Finish it first with migrate, or restore all tables" in said
        run("restore", archive, "--replace", "--yes")
        assert stored("migrations") == {}

    def test_at_work_are_named(self, archive: Path) -> None:
        with Lease():
            said = fails(COULD_NOT_RUN, "restore", archive, "--replace", "--yes")
        assert "A migration or a restore is at work: " in said
        assert said.endswith("\nNothing was written.")

    def test_that_begin_while_a_person_is_asked_are_named(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Here while they answer."""
        lease = Lease()

        def answering() -> str:
            lease.__enter__()
            return "yes\n"

        monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=answering))
        try:
            said = fails(COULD_NOT_RUN, "restore", archive, "--replace")
        finally:
            lease.__exit__(None, None, None)
        assert "Another run is at work" in said
        assert said.endswith("\nNothing was written.")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    under("nowhere-")
    said = fails(COULD_NOT_RUN, "dump", tmp_path / "archive")
    assert said == "There is no table nowhere-accounts."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_dump_that_is_stopped_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    items = [{"session_key": {"S": f"{n}"}, "session_data": {"S": "x" * 900}} for n in range(9000)]
    put("sessions", ("session_key",), items)
    dump = dump_process(tmp_path / "archive")
    while not list(tmp_path.glob(".archive.unfinished-*/sessions/*.gz")):
        assert dump.poll() is None
        time.sleep(0.002)
    dump.send_signal(number)
    _out, said = dump.communicate(timeout=30)
    assert dump.returncode == COULD_NOT_RUN
    assert said == "CommandError: Stopped. Nothing was left behind.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_does_nothing_else_knows_all_tables(tmp_path: Path) -> None:
    dump = dump_process(tmp_path / "archive")
    said, _errors = dump.communicate(timeout=30)
    assert dump.returncode == 0
    assert f"{len(names())} tables" in said
    entries = open_archive(tmp_path / "archive").manifest.tables
    assert [entry.name for entry in entries] == names()


def dump_process(folder: Path) -> subprocess.Popen[str]:
    secret = "of-a-child-of-the-tests-that-is-long-enough-to-be-accepted"
    names = ("SECRET_KEY", "ACCESS_TOKEN_SECRET", "CURSOR_SECRET", "SECOND_FACTOR_SECRET")
    secrets = dict.fromkeys(names, secret)
    settings = configuration()
    environment = {
        **secrets,
        **os.environ,
        "STAGE": "local",
        "DYNAMODB_ENDPOINT": settings.endpoint or "",
        "TABLE_PREFIX": settings.table_prefix,
    }
    return subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "dump", folder],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
