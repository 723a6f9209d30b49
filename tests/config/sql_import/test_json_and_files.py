"""What a row leaves behind: members of JSON, files, and its key in the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from config.sql_import import errors
from config.sql_import.errors import UnusableMapping
from storage.intake import Entry, Outcome, Refusal
from storage.intake_report import VALUE_SHOWN
from tests.config.sql_import.capture import Captured, captured, column
from tests.config.sql_import.sqlite import SHOP, change, made


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return made(tmp_path / "shop.db", SHOP)


def test_what_is_no_json_cannot_be_picked_from(shop: str, tmp_path: Path) -> None:
    mapping = "[source]\ntable = 'items'\n[fields]\nsku = 'sku'\n"
    picked = mapping + "code = { column = 'extra', pick = 'code.1' }\n"
    found = captured(shop, "sku code", picked, tmp_path)
    assert found.reasons == {("2", "code"): str(errors.NO_JSON)}
    change(tmp_path / "shop.db", "CREATE TABLE notes (item INT REFERENCES items (id), day DATE)")
    children = "[[children]]\ntable = 'notes'\ncolumn = 'day'\norder_by = ['day']\n"
    for said in (
        "column = 'made'",
        "first = ['sku', 'made']",
        "column = 'categories.id'",
        "children = 'notes'",
    ):
        more = f"code = {{ {said}, pick = 'a' }}\n"
        start = mapping.replace(
            "[fields]", "[[join]]\ntable = 'categories'\n" + children + "[fields]"
        )
        with pytest.raises(UnusableMapping, match=r"\[fields\] code: .* and no JSON"):
            captured(shop, "sku code", start + more, tmp_path)


def test_a_type_that_sqlite_does_not_know_may_hold_json(tmp_path: Path) -> None:
    url = made(
        tmp_path / "b.db",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, extra JSONB);"
        'INSERT INTO items VALUES (1, \'{"a": "x"}\');',
    )
    mapping = "[source]\ntable = 'items'\n[fields]\nsku = 'id'\n"
    mapping += "code = { column = 'extra', pick = 'a' }\n"
    assert captured(url, "sku code", mapping, tmp_path).values == [{"sku": "1", "code": "x"}]


FILES = """
[source]
table = "pictures"
[fields]
sku = "sku"
price = "price"
picture = { column = "content", as = "file", folder = "files" }
"""


class Picky(Captured):
    """Refuses what is called `odd`."""

    def process(self, entries: Sequence[Entry]) -> Outcome:
        good = [entry for entry in entries if entry.values["sku"] != "odd"]
        outcome = super().process(good)
        for entry in entries:
            if entry not in good:
                outcome.refuse([Refusal(entry.line, "sku", "odd")])
        return outcome


def test_files_are_stored_only_for_rows_that_are_accepted(tmp_path: Path) -> None:
    url = made(
        tmp_path / "f.db",
        "CREATE TABLE pictures (id INTEGER PRIMARY KEY, sku TEXT, price TEXT, content BLOB);"
        "INSERT INTO pictures VALUES (1, 'A', '1', x'01'), (2, 'A', '1', x'02'),"
        " (3, 'B', 'much', x'03'), (4, 'odd', '1', x'04'), (5, 'C', '1', x'05');",
    )
    found = captured(url, "sku price:decimal picture", FILES, tmp_path, writer=Picky())
    names = {path.name for path in (tmp_path / "files").iterdir()}
    assert names == {value["picture"] for value in found.values}
    assert column(found.values, "sku") == ["A", "C"]
    assert all(type(value["picture"]) is str for value in found.values)
    assert found.progress.counts.refused == 3


def test_a_long_key_is_shortened_in_the_report(tmp_path: Path) -> None:
    url = made(tmp_path / "k.db", "CREATE TABLE items (id TEXT PRIMARY KEY, price TEXT)")
    change(tmp_path / "k.db", f"INSERT INTO items VALUES ('{'k' * 5000}', 'much')")
    mapping = "[source]\ntable = 'items'\n[fields]\nsku = 'id'\nprice = 'price'\n"
    (refused,) = captured(url, "sku price:decimal", mapping, tmp_path).refusals
    assert refused["key"] == f"id={'k' * (VALUE_SHOWN - 3)}"
