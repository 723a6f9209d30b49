"""The mappings that come with the application, from a database to people who can log in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

import accounts
from accounts import repository
from accounts.entities import Role, User
from accounts.errors import InvalidCredentials
from accounts.tables import AccountItem
from storage.audit import AuditItem
from storage.client import call
from tests.accounts.actions import change, log_in
from tests.accounts.imports import organisation, person
from tests.accounts.links import NEW_PASSWORD, use
from tests.catalog.import_files import sample_data

pytestmark = pytest.mark.usefixtures("store")

MAPPINGS = Path(accounts.__file__).parent / "sql_mappings"
BCRYPT = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
SCHEMA = """
CREATE TABLE organisations (id INTEGER PRIMARY KEY, name TEXT, deleted_at TEXT);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, org_id INTEGER REFERENCES organisations, email TEXT,
    full_name TEXT, nickname TEXT, role TEXT, locale TEXT, password_hash TEXT,
    created_at TEXT, deleted_at TEXT
);
INSERT INTO organisations VALUES
    (1, 'Seven Ltd', NULL), (2, 'Eight Ltd', NULL), (3, 'Gone Ltd', '2020-01-01 00:00:00');
"""
JOINED = "2019-03-05 08:30:00"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript(SCHEMA)
        yield connection


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """A copy, for reports go beside a mapping."""
    return Path(shutil.copytree(MAPPINGS, tmp_path / "mappings"))


def add(database: sqlite3.Connection, *people: tuple[Any, ...]) -> None:
    """(organisation, address, name, role, locale, deleted at)"""
    database.executemany(
        "INSERT INTO users (org_id, email, full_name, role, locale, deleted_at, created_at,"
        f" password_hash) VALUES (?, ?, ?, ?, ?, ?, '{JOINED}', '{BCRYPT}')",
        people,
    )
    database.commit()


def import_sql(mapping: Path, *arguments: str) -> tuple[str, int]:
    """What it said, and its exit code."""
    said = io.StringIO()
    address = f"sqlite:///{mapping.parent.parent / 'old.db'}"
    try:
        call_command(
            "import_sql", str(mapping), "--url", address, "--quiet", *arguments, stdout=said
        )
    except SystemExit as end:
        return said.getvalue(), int(str(end.code))
    return said.getvalue(), 0


def refused(mapping: Path) -> list[tuple[str, str]]:
    report = mapping.with_name(mapping.name + ".errors.csv")
    rows = csv.DictReader(io.StringIO(report.read_text(encoding="utf-8-sig")))
    return [(row["line"], row["field"]) for row in rows]


def test_two_tables_become_organisations_and_their_people(
    database: sqlite3.Connection, mappings: Path
) -> None:
    add(
        database,
        (1, "Anna@example.com", "Anna Abt", "admin", "es_ES", None),
        (1, "ben@example.com", None, "editor", None, None),
        (2, "cleo@example.com", "Cleo", None, "en", "2021-06-01 12:00:00"),
        (3, "dan@example.com", "Dan", "admin", "en", None),
        (2, "ANNA@example.com", "Anna again", "admin", "en", None),
        (2, "no address", "Eve", "admin", "en", None),
    )
    organisations, people = mappings / "organisations.toml", mappings / "people.toml"
    said, code = import_sql(organisations)
    assert (code, said.splitlines()[0]) == (0, "2 created, 0 changed, 0 unchanged, 0 refused.")
    for expected in ("3 created, 0 changed, 0 unchanged", "0 created, 0 changed, 3 unchanged"):
        said, code = import_sql(people)
        assert code == 1
        assert said.startswith(f"{expected}, 3 refused.")
        assert refused(people) == [("4", "organisation"), ("5", "email"), ("6", "email")]
    said, code = import_sql(organisations)
    assert (code, said.splitlines()[0]) == (0, "0 created, 0 changed, 2 unchanged, 0 refused.")

    anna, ben, cleo = (person(f"{name}@example.com") for name in ("anna", "ben", "cleo"))
    seven, eight = organisation("1"), organisation("2")
    assert seven is not None
    assert eight is not None
    assert (anna.org_id, ben.org_id, cleo.org_id) == (seven.org_id, seven.org_id, eight.org_id)
    assert (anna.name, anna.roles, anna.language) == ("Anna Abt", (Role.OWNER,), "es")
    assert (ben.name, ben.roles, ben.language) == ("ben", (Role.STAFF,), "")
    assert (cleo.roles, cleo.deleted_at is None) == ((Role.VIEWER,), False)
    assert anna.created_at.isoformat() == "2019-03-05T08:30:00+00:00"


def test_roles_given_here_survive_a_second_run_unless_the_mapping_says_otherwise(
    database: sqlite3.Connection, mappings: Path
) -> None:
    add(
        database,
        (1, "anna@example.com", "Anna", "admin", "en", None),
        (1, "ben@example.com", "Ben", "guest", "en", None),
    )
    people = mappings / "people.toml"
    for mapping in (mappings / "organisations.toml", people):
        assert import_sql(mapping)[1] == 0
    assert person("ben@example.com").roles == (Role.VIEWER,)
    change(replace(person("ben@example.com"), roles=(Role.STAFF,)))
    said, code = import_sql(people)
    assert (code, said.splitlines()[0]) == (0, "0 created, 0 changed, 2 unchanged, 0 refused.")
    assert person("ben@example.com").roles == (Role.STAFF,)

    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("# change_roles = true", "change_roles = true"))
    said, code = import_sql(people)
    assert (code, said.splitlines()[0]) == (0, "0 created, 1 changed, 1 unchanged, 0 refused.")
    assert person("ben@example.com").roles == (Role.VIEWER,)


def test_hashes_stay_where_they_are_and_a_link_lets_people_in(
    database: sqlite3.Connection, mappings: Path, tmp_path: Path
) -> None:
    add(database, (1, "anna@example.com", "Anna", "admin", "en", None))
    for name in ("organisations", "people"):
        assert import_sql(mappings / f"{name}.toml")[1] == 0
    for table in (AccountItem, AuditItem):
        assert BCRYPT not in str(call("Scan", {"TableName": table.physical_name()}))
    with pytest.raises(InvalidCredentials):
        log_in("anna@example.com", BCRYPT)
    path = tmp_path / "links.csv"
    call_command(
        *("reset_links", "--without-password", "--base-url", "http://testserver"),
        *("--output", str(path)),
        stdout=io.StringIO(),
    )
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    use(row["link"].rstrip("/").rpartition("/")[2])
    assert log_in("anna@example.com", NEW_PASSWORD).is_owner


def test_of_750_synthetic_people_744_arrive_once(
    alice: User, database: sqlite3.Connection, mappings: Path
) -> None:
    path = sample_data("users_synthetic_aws/cstore_users.json.gz")
    users = json.loads(gzip.decompress(path.read_bytes()))
    add(database, *((None, user["email"], user["name"], None, "en", None) for user in users))
    mapping = mappings / "people.toml"
    for expected in (
        "744 created, 0 changed, 0 unchanged, 6 refused.",
        "0 created, 0 changed, 744 unchanged, 6 refused.",
    ):
        said, code = import_sql(mapping, "--owner", alice.email)
        assert (code, said.splitlines()[0]) == (1, expected)
        assert "Source: 750 rows, 750 dealt with." in said
    assert {field for _, field in refused(mapping)} == {"email"}
    assert repository.count_users(alice.org_id) == 745
    assert person("keith.rivera@example.com").name == "Keith Rivera"
