from __future__ import annotations

import csv
import io
import stat
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import passwords
from accounts.entities import User
from storage.audit import history
from storage.meter import measure
from tests.accounts.actions import log_in, stored
from tests.accounts.imports import (
    change_organisation,
    import_organisations,
    import_people,
    organisation,
)
from tests.accounts.links import NEW_PASSWORD, submit
from tests.storage.faults import injected, refusal

pytestmark = pytest.mark.usefixtures("store")

BASE = "http://testserver"


def write_links(path: Path, *arguments: str, base: str = BASE) -> tuple[list[dict[str, str]], str]:
    said = io.StringIO()
    call_command("reset_links", *arguments, "--base-url", base, "--output", str(path), stdout=said)
    if not path.exists():
        return [], said.getvalue()
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))), said.getvalue()


def test_everybody_without_a_password_gets_a_link_that_works(
    client: Client, dora: User, charlie: User, tmp_path: Path
) -> None:
    import_organisations({"external_id": "7", "name": "Seven Ltd"})
    emil = {"email": "Emil@example.com", "organisation": "7"}
    gone = {"email": "gone@example.com", "organisation": "7", "deleted": True}
    import_people(emil, gone)
    path = tmp_path / "links.csv"
    rows, said = write_links(path, "--without-password", base=f"{BASE}/")
    assert {row["email"]: row["language"] for row in rows} == {
        "dora@example.com": "es",
        "Emil@example.com": "en",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert said.startswith("2 links are in ")
    for row in rows:
        assert row["link"].startswith(f"{BASE}/accounts/reset/")
        assert datetime.fromisoformat(row["expires_at"]) > datetime.now(UTC) + timedelta(days=6)
        token = row["link"].rstrip("/").rpartition("/")[2]
        assert submit(client, token).status_code == 302
        log_in(row["email"], NEW_PASSWORD)
    assert write_links(tmp_path / "again.csv", "--without-password") == (
        [],
        "Everybody there has a password already.\n",
    )


def test_links_can_be_had_for_one_organisation(dora: User, tmp_path: Path) -> None:
    import_organisations({"external_id": "7", "name": "Seven Ltd"})
    import_people({"email": "emil@example.com", "organisation": "7"})
    seven = organisation("7")
    assert seven is not None
    for number, (org_id, email) in enumerate(
        [(dora.org_id, "dora@example.com"), (seven.org_id, "emil@example.com")]
    ):
        arguments = ("--without-password", "--organisation", org_id)
        rows, _ = write_links(tmp_path / f"{number}.csv", *arguments)
        assert [(row["email"], row["organisation_id"]) for row in rows] == [(email, org_id)]
    change_organisation(replace(seven, deleted_at=datetime.now(UTC)))
    rows, _ = write_links(tmp_path / "all.csv", "--without-password")
    assert [row["email"] for row in rows] == ["dora@example.com"]


def test_links_can_be_had_for_people_by_name_also_with_a_password(
    alice: User, charlie: User, tmp_path: Path
) -> None:
    emails = ["charlie@example.com", "ALICE@example.com"]
    rows, _ = write_links(tmp_path / "links.csv", "--email", *emails)
    assert [row["email"] for row in rows] == ["charlie@example.com", "alice@example.com"]
    assert passwords.is_usable(stored(alice).password)
    (entry, *_) = history(f"user#{alice.user_id}").items
    assert (entry.action, entry.actor_id) == ("accounts.issue_reset_link", "SYSTEM")


@pytest.mark.parametrize("email", ["=1+2@example.com", "+dora@example.com", "-2@example.com"])
def test_a_spreadsheet_takes_no_address_for_a_formula(
    alice: User, tmp_path: Path, email: str
) -> None:
    import_people({"email": email}, owner=alice)
    rows, _ = write_links(tmp_path / "links.csv", "--without-password")
    assert [row["email"] for row in rows] == ["'" + email]


def test_250_links_are_three_writes(alice: User, tmp_path: Path) -> None:
    import_people(*({"email": f"p{n}@example.com"} for n in range(250)), owner=alice)
    with measure() as meter:
        rows, _ = write_links(tmp_path / "links.csv", "--without-password")
    assert len({row["link"] for row in rows}) == 250
    operations = Counter(call.operation for call in meter.calls)
    assert operations["TransactWriteItems"] == 3
    assert operations["GetItem"] == 1


@pytest.mark.parametrize(
    ("arguments", "base", "reason"),
    [
        (("--email", "nobody@example.com"), BASE, "Nobody with the address nobody@example.com"),
        (("--email", "nonsense"), BASE, "Enter an e-mail address"),
        (("--without-password", "--organisation", "ORG-x"), BASE, "There is no organisation ORG-x"),
        (("--email", "dora@example.com", "--organisation", "ORG-x"), BASE, "goes with"),
        (("--without-password",), "testserver", "Say where people reach Backroom"),
        (("--without-password",), "ftp://testserver", "Say where people reach Backroom"),
        (("--without-password",), "http://testserver/?x=1", "Say where people reach Backroom"),
        (("--without-password",), "http://a@testserver/", "Say where people reach Backroom"),
        (("--without-password",), "http://shop.example.com", "none of the names"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence_and_leaves_no_file(
    dora: User, tmp_path: Path, arguments: tuple[str, ...], base: str, reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        write_links(tmp_path / "links.csv", *arguments, base=base)
    assert list(tmp_path.iterdir()) == []


def test_links_are_not_sent_over_plain_http(dora: User, tmp_path: Path, settings: Settings) -> None:
    settings.HTTPS_ONLY = True
    with pytest.raises(CommandError, match="https://"):
        write_links(tmp_path / "links.csv", "--without-password")
    rows, _ = write_links(
        tmp_path / "links.csv", "--without-password", base="https://testserver:8443/shop/"
    )
    assert rows[0]["link"].startswith("https://testserver:8443/shop/accounts/reset/")


def test_a_file_that_is_there_is_not_touched(dora: User, tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text("precious")
    with pytest.raises(CommandError, match="exists already"):
        write_links(path, "--without-password")
    assert path.read_text() == "precious"
    with pytest.raises(CommandError, match="cannot be written"):
        write_links(tmp_path / "nowhere" / "links.csv", "--without-password")


def test_nothing_stays_of_a_file_that_could_not_be_completed(dora: User, tmp_path: Path) -> None:
    with (
        injected("TransactWriteItems", always=refusal("ThrottlingException")),
        pytest.raises(CommandError),
    ):
        write_links(tmp_path / "links.csv", "--without-password")
    assert list(tmp_path.iterdir()) == []
