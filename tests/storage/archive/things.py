"""An app with one table, whose items a migration counts up, and another gives a new name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.archive.progress import Progress, Tell
from storage.client import call
from storage.configuration import table_name
from storage.evolution.errors import MigrationError
from storage.evolution.executor import Migrator, Target
from tests.storage.archive.samples import put, stored
from tests.storage.evolution.projects import Project

THINGS, LEDGER = "things", "migrations"
ITEMS = 600
CREATE = (
    'migrations.CreateTable("things", migrations.Key("id"), kinds={"Thing": migrations.Kind('
    '{"id": migrations.Attribute("S"), "n": migrations.Attribute("N")})})'
)
COUNT_UP = 'migrations.TransformItems("things", up, down)'
RENAME = 'migrations.RenameAttribute("things", "Thing", "n", "m")'
UP_AND_DOWN = """
import pathlib

calls = []

def up(item):
    calls.append(item["id"])
    if len(calls) > {stop_after}:
        raise RuntimeError
    item["n"] += 1

def down(item):
    item["n"] -= 1

"""


@pytest.fixture
def shop(project: Project) -> Project:
    """An app with one migration, which is applied, and items of which each has `n` 0."""
    project.write("shop.0001_initial", CREATE)
    migrate(project)
    put(THINGS, ("id",), [{"id": {"S": f"{n:04}"}, "n": {"N": "0"}} for n in range(ITEMS)])
    return project


def migrate(project: Project, *target: str) -> None:
    Migrator(project.apps).run(Target(*target))


def add_counting(project: Project, *, stop_after: int = 10**9) -> None:
    body = UP_AND_DOWN.format(stop_after=stop_after)
    project.write("shop.0002_up", COUNT_UP, builds_on=("shop.0001_initial",), body=body)


def add_rename(project: Project) -> None:
    project.write("shop.0002_rename", RENAME, builds_on=("shop.0001_initial",))


def interrupt_counting(project: Project) -> None:
    add_counting(project, stop_after=ITEMS - 50)
    with pytest.raises(MigrationError):
        migrate(project)
    project.forget()
    assert values() == {0, 1}


def values(attribute: str = "n") -> set[int | None]:
    found = (item.get(attribute) for item in stored(THINGS).values())
    return {int(value["N"]) if value else None for value in found}


def recorded() -> set[str]:
    return {item["app"]["S"] for item in stored(LEDGER).values()}


def once(deed: Callable[[], object]) -> Tell:
    """Does it when something is told for the first time."""
    done: list[Progress] = []

    def tell(progress: Progress) -> None:
        done.append(progress)
        if len(done) == 1:
            deed()

    return tell


def apply_by_hand(app: str, name: str, at: str = "then") -> None:
    item = {"app": {"S": app}, "name": {"S": name}, "at": {"S": at}}
    call("PutItem", {"TableName": table_name(LEDGER), "Item": item})
