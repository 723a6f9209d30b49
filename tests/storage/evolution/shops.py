"""A made-up app with three migrations, and how tests run them."""

from __future__ import annotations

from typing import Any

from storage.evolution.drift import describe
from storage.evolution.executor import Migrator, Target
from storage.evolution.lease import KEY
from storage.evolution.ledger_table import MigrationItem
from tests.storage.evolution.projects import Project

MUGS = 'migrations.CreateTable("evolving-mugs", migrations.Key("id"))'
INDEX = 'migrations.GlobalIndex("by-brand", migrations.Key("brand"))'
BRAND = f'migrations.AddIndex("evolving-mugs", {INDEX})'


def fill(project: Project) -> None:
    project.write("shop.0001_initial", f"{MUGS}, deeds.Note('one')")
    project.write(
        "shop.0002_brand", f"{BRAND}, deeds.Note('two')", builds_on=("shop.0001_initial",)
    )
    project.write("people.0001_initial", "deeds.Note('people')", builds_on=("shop.0001_initial",))


def migrate(project: Project, *target: str, **options: Any) -> list[str]:
    steps = Migrator(project.apps).run(Target(*target), **options)
    return [f"{'-' * step.backwards}{step.migration.label}" for step in steps]


def applied(project: Project) -> list[str]:
    return sorted(".".join(key) for key in Migrator(project.apps).applied())


def indexes() -> list[str]:
    table = describe("evolving-mugs")
    return [] if table is None else list(table.state.indexes)


def run_state() -> list[Any]:
    """What a run leaves in the table while it is at work."""
    lease = MigrationItem.find(*KEY, consistent=True)
    runs = MigrationItem.slice("#run", page_size=50, consistent=True).items
    return runs if lease is None else [lease, *runs]
