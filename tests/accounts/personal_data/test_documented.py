"""The list of what is kept about people is complete: it has every attribute there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from storage.table import kinds_of

DOCUMENT = Path(__file__).parents[3] / "docs" / "personal-data.md"
TABLES = ("accounts", "sessions", "audit", "ephemeral")


def documented(table: str) -> set[str]:
    """The attributes in the first cells of the rows under the heading of a table."""
    text = DOCUMENT.read_text(encoding="utf-8")
    section = re.split(r"^##", text.partition(f"\n### {table}\n")[2], flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize("table", TABLES)
def test_every_attribute_is_in_the_list(table: str) -> None:
    stored = {
        attribute.attr_name
        for kind in kinds_of(table)
        for attribute in kind.get_attributes().values()
    }
    assert len(stored) > 4
    assert documented(table) == stored
