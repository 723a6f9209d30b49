"""No model of the application may change without a migration."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.own_apps import own_apps
from storage.evolution.authoring.autodetector import ImpossibleChange, detect
from storage.evolution.authoring.questions import Unasked
from storage.evolution.graph import MigrationGraph
from storage.evolution.loading import load_migrations
from storage.evolution.models import state_of_models
from storage.evolution.state import Attribute, GlobalIndex, Key, State
from storage.table import registered_tables


def migrated() -> State:
    return MigrationGraph(load_migrations(own_apps())).state_at()


def missing(models: State) -> list[str]:
    """What the migrations lack to come to these models."""
    changes = detect(migrated(), models, Unasked())
    return [
        f"{app}: {step.operation.describe()}"
        for app, steps in changes.steps.items()
        for step in steps
    ]


def test_the_migrations_lead_to_the_models() -> None:
    models = state_of_models(set(own_apps()))
    assert missing(models) == [], "run manage.py makemigrations"
    assert migrated() == models


def test_every_table_of_the_application_is_looked_at() -> None:
    ours = {
        table.logical_name()
        for table in registered_tables()
        if not table.__module__.startswith("tests.")
    }
    assert set(state_of_models(set(own_apps())).tables) == ours
    assert {"accounts", "products", "audit", "migrations"} <= ours


@pytest.mark.parametrize("name", sorted(state_of_models(set(own_apps())).tables))
def test_a_change_of_any_table_would_be_noticed(name: str) -> None:
    models = state_of_models(set(own_apps()))
    table = models.table(name)
    index = GlobalIndex("new-index", Key("anything"))
    assert missing(models.with_table(table.with_index(index)))
    for kind, described in table.kinds.items():
        attribute = next(one for one in described.attributes if one not in table.key_names)
        without = table.with_kind(kind, described.without_attribute(attribute))
        assert missing(models.with_table(without))
        more = table.with_kind(kind, described.with_attribute("new", Attribute("S", null=True)))
        assert missing(models.with_table(more))
    assert missing(models.without_table(name))
    with pytest.raises(ImpossibleChange):
        missing(models.with_table(replace(table, hash_key=Key("anything"))))
