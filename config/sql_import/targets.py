"""What can be imported: the targets that apps offer, and every table as it is."""

from __future__ import annotations

import importlib

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from config.sql_import.errors import unknown_name
from storage.intake import Target
from storage.table import registered_tables
from storage.table_target import PREFIX, TableTarget

MODULE = "import_targets"


def offered_targets() -> dict[str, Target]:
    """By name, from `<app>/import_targets.py`."""
    found: dict[str, Target] = {}
    for app in apps.get_app_configs():
        if app.module is not None and module_has_submodule(app.module, MODULE):
            module = importlib.import_module(f"{app.name}.{MODULE}")
            found |= {target.name: target for target in module.TARGETS}
    return found


def target_named(name: str) -> Target:
    """Raises UnusableMapping."""
    offered = offered_targets()
    if name in offered:
        return offered[name]
    tables = {PREFIX + table.logical_name(): table for table in registered_tables()}
    if name in tables:
        return TableTarget(tables[name])
    raise unknown_name("target", name, [*offered, *tables])
