"""Finding the migration files of the apps, and reading them."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from storage.evolution.errors import BadMigration
from storage.evolution.migration import LoadedMigration, Migration
from storage.evolution.operation import Operation

FOLDER = "migrations"


def load_migrations(apps: Iterable[str]) -> list[LoadedMigration]:
    """Every migration of these packages, by app in the given order, then by name.

    Raises BadMigration.
    """
    return [migration for app in apps for migration in _of_app(app)]


def migrations_module(app: str) -> str:
    return f"{app}.{FOLDER}"


def migrations_folder(app: str) -> Path | None:
    """Where the app's migration files are; None where it has no such package yet."""
    spec = importlib.util.find_spec(migrations_module(app))
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _of_app(app: str) -> list[LoadedMigration]:
    folder = migrations_folder(app)
    if folder is None:
        return []
    names = sorted(
        module.name
        for module in pkgutil.iter_modules([str(folder)])
        if not module.ispkg and module.name[0] not in "_~"
    )
    return [_load(app, name) for name in names]


def _load(app: str, name: str) -> LoadedMigration:
    module = importlib.import_module(f"{migrations_module(app)}.{name}")
    found = getattr(module, "Migration", None)
    if not (isinstance(found, type) and issubclass(found, Migration)):
        raise BadMigration(f"{app}.{name} has no class Migration made of storage's own")
    for operation in found.operations:
        if not isinstance(operation, Operation):
            raise BadMigration(f"{app}.{name}: {operation!r} is not an operation")
    return LoadedMigration(
        app=app,
        name=name,
        dependencies=tuple((str(one), str(other)) for one, other in found.dependencies),
        operations=tuple(found.operations),
        checksum=_checksum(module),
    )


def _checksum(module: ModuleType) -> str:
    """Of the source text; line ends and spaces at line ends do not count."""
    try:
        source = inspect.getsource(module)
    except OSError:  # installed as bytecode only
        return ""
    lines = (line.rstrip() for line in source.strip().splitlines())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
