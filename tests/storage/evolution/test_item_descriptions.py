"""What operations on attributes say of themselves, for plans and questions."""

from __future__ import annotations

import pytest

from storage.evolution.operation import Operation
from storage.migrations import (
    AddAttribute,
    AlterAttribute,
    Attribute,
    RemoveAttribute,
    RenameAttribute,
)
from tests.storage.evolution.gadgets import TABLE

TEXT = Attribute("S")


@pytest.mark.parametrize(
    "operation, description",
    [
        (AddAttribute(TABLE, "Note", "a", TEXT), f"add attribute a to Note in {TABLE}"),
        (RemoveAttribute(TABLE, "Note", "a"), f"remove attribute a from Note in {TABLE}"),
        (AlterAttribute(TABLE, "Note", "a", TEXT), f"alter attribute a of Note in {TABLE}"),
        (RenameAttribute(TABLE, "Note", "a", "b"), f"rename attribute a of Note in {TABLE} to b"),
    ],
    ids=["add", "remove", "alter", "rename"],
)
def test_each_says_what_it_does(operation: Operation, description: str) -> None:
    assert operation.describe() == description


@pytest.mark.parametrize(
    "operation, touches",
    [
        (AddAttribute(TABLE, "Note", "a", TEXT), False),
        (AddAttribute(TABLE, "Note", "a", TEXT, default=None), False),
        (AddAttribute(TABLE, "Note", "a", TEXT, default=""), True),
        (AddAttribute(TABLE, "Note", "a", TEXT, compute=str), True),
        (RemoveAttribute(TABLE, "Note", "a"), True),
        (RemoveAttribute(TABLE, "Note", "a", purge=False), False),
        (AlterAttribute(TABLE, "Note", "a", TEXT), False),
        (AlterAttribute(TABLE, "Note", "a", TEXT, forwards=str), True),
        (RenameAttribute(TABLE, "Note", "a", "b"), True),
    ],
)  # fmt: skip
def test_each_says_whether_it_reads_items(operation: Operation, touches: bool) -> None:
    assert operation.touches_items is touches


@pytest.mark.parametrize(
    "operation, forwards, backwards",
    [
        (AddAttribute(TABLE, "Note", "a", TEXT), False, False),
        (AddAttribute(TABLE, "Note", "a", TEXT, default=""), False, True),
        (AddAttribute(TABLE, "Note", "a", TEXT, compute=str), False, True),
        (RemoveAttribute(TABLE, "Note", "a", default=""), True, False),
        (RemoveAttribute(TABLE, "Note", "a", purge=False), False, False),
        (AlterAttribute(TABLE, "Note", "a", TEXT, forwards=str), False, False),
        (RenameAttribute(TABLE, "Note", "a", "b"), False, False),
    ],
    ids=["add", "default", "compute", "purge", "keep", "alter", "rename"],
)
def test_each_says_what_it_destroys(operation: Operation, forwards: bool, backwards: bool) -> None:
    said = operation.destroys(backwards=False), operation.destroys(backwards=True)
    assert [bool(one) for one in said] == [forwards, backwards]
    values = f"the values of a in Note of {TABLE}"
    assert all(one.startswith(values) for one in said if one)
