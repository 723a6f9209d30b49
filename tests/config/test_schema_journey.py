"""From a changed model to changed items, through both commands on the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from storage.client import call
from storage.configuration import table_name
from storage.evolution.drift import describe
from storage.typed import plain_item, raw_item
from tests.config.kiosk import Kiosk
from tests.storage.evolution.conftest import evolving as evolving
from tests.storage.evolution.conftest import project as project
from tests.storage.evolution.projects import Project

TABLE = "evolving-mugs"
MUG = """
class Mug(Table):
    class Meta:
        logical_name = "evolving-mugs"

    id = UnicodeAttribute(hash_key=True)
    colour = UnicodeAttribute()
    price = UnicodeAttribute(null=True)
"""
LATER = """
class ByColor(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-color"
        projection = AllProjection()

    color = UnicodeAttribute(hash_key=True)


class Cup(Table):
    class Meta:
        logical_name = "evolving-mugs"

    id = UnicodeAttribute(hash_key=True)
    color = UnicodeAttribute()
    price = NumberAttribute()
    size = UnicodeAttribute()
    version = VersionAttribute()
    by_color = ByColor()
"""
# Renamed; converted, and 7.50 where there is none; size "M" for all.
ANSWERS = "y\n1\n1\n7.50\n1\n'M'\n"


@pytest.fixture
def kiosk(project: Project, evolving: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kiosk]:
    made = Kiosk(project, monkeypatch)
    with override_settings(INSTALLED_APPS=["config", "storage", "accounts", "catalog", "kiosk"]):
        yield made
    made.forget()


def put(**item: Any) -> None:
    call("PutItem", {"TableName": table_name(TABLE), "Item": raw_item(item)})


def stored(id: str) -> dict[str, Any]:
    answer = call("GetItem", {"TableName": table_name(TABLE), "Key": raw_item({"id": id})})
    return plain_item(answer["Item"])


def test_items_follow_their_model_forwards_and_backwards(kiosk: Kiosk) -> None:
    kiosk.models(MUG)
    kiosk.run("kiosk")
    call_command("migrate", "kiosk", verbosity=0)
    put(id="a", colour="red", price="1.20")
    put(id="b", colour="blue")

    kiosk.models(LATER)
    shown = kiosk.run("kiosk", typed=ANSWERS)
    assert [line.strip() for line in shown.splitlines() if line.startswith("    ")] == [
        "- Remove kind Mug from evolving-mugs",
        "+ Add kind Cup to evolving-mugs",
        "~ Rename attribute colour of Cup in evolving-mugs to color",
        "~ Alter attribute price of Cup in evolving-mugs",
        "~ Alter attribute price of Cup in evolving-mugs",
        "+ Add attribute size to Cup in evolving-mugs",
        "+ Add attribute version to Cup in evolving-mugs",
        "+ Add index by-color to evolving-mugs",
    ]
    call_command("migrate", "kiosk", verbosity=0)
    assert stored("a") == {"id": "a", "color": "red", "price": Decimal("1.20"), "size": "M"}
    assert stored("b") == {"id": "b", "color": "blue", "price": Decimal("7.50"), "size": "M"}
    actual = describe(TABLE)
    assert actual is not None
    assert list(actual.state.indexes) == ["by-color"]

    call_command("migrate", "kiosk", "0001", verbosity=0, destroy=True)
    assert stored("a") == {"id": "a", "colour": "red", "price": "1.2"}
    assert stored("b") == {"id": "b", "colour": "blue", "price": "7.5"}


def test_a_table_changes_hands_with_its_items(kiosk: Kiosk, project: Project) -> None:
    create = f'migrations.CreateTable("{TABLE}", migrations.Key("id"))'
    project.write("cellar.0001_initial", create)
    apps = ["config", "storage", "accounts", "catalog", "cellar", "kiosk"]
    with override_settings(INSTALLED_APPS=apps):
        call_command("migrate", "cellar", verbosity=0)
        put(id="a", colour="red")
        kiosk.models(MUG)
        shown = kiosk.run("kiosk")
        assert f"+ Adopt table {TABLE}" in shown
        assert 'dependencies = [("cellar", "0001_initial")]' in kiosk.text("0001_initial")
        call_command("migrate", "kiosk", verbosity=0)
        assert stored("a") == {"id": "a", "colour": "red"}
        assert kiosk.run() == "No changes detected\n"
        call_command("migrate", "kiosk", "zero", verbosity=0)
        assert stored("a") == {"id": "a", "colour": "red"}
