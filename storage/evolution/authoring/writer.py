"""From proposed migrations to files that a person likes to read, and that linters accept."""

from __future__ import annotations

import builtins
import importlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from storage import migrations as vocabulary
from storage.evolution.authoring.layout import (
    INDENT,
    WIDTH,
    Expression,
    Group,
    laid_out,
    quoted,
    quoted_bytes,
)
from storage.evolution.authoring.proposal import Proposal, Step
from storage.evolution.errors import BadMigration
from storage.evolution.loading import FOLDER, migrations_folder

_IMPORT = "from storage import migrations"
# How many arguments need no name to be understood; elsewhere it is those without a default.
_POSITIONAL = {
    "AlterStream": 1,
    "AlterThroughput": 1,
    "AlterTimeToLive": 1,
    "CreateTable": 1,
    "GlobalIndex": 1,
    "Key": 2,
    "LocalIndex": 1,
    "Throughput": 0,
}
_BRACKETS: dict[type, tuple[str, str]] = {
    tuple: ("(", ")"),
    list: ("[", "]"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
}


class UnwritableValue(BadMigration):
    """A value of an operation has no form in a file."""


def source_of(proposal: Proposal) -> str:
    """The text of the migration file. Raises UnwritableValue."""
    names = _Names()
    dependencies = names.expression(list(proposal.dependencies))
    lead = f"{INDENT}dependencies = "
    lines = [
        "class Migration(migrations.Migration):",
        lead + laid_out(dependencies, indent=1, before=len(lead) - len(INDENT)),
        "",
    ]
    if proposal.steps:
        lines.append(f"{INDENT}operations = [")
        for step in proposal.steps:
            lines.extend(_step(step, names))
        lines.append(f"{INDENT}]")
    else:
        lines.append(f"{INDENT}operations = []")
    return "\n".join([*names.imports(), "", "", *lines, ""])


def _step(step: Step, names: _Names) -> Iterator[str]:
    margin = INDENT * 2
    for remark in step.remarks:
        yield from textwrap.wrap(
            remark, WIDTH, initial_indent=f"{margin}# ", subsequent_indent=f"{margin}# "
        )
    yield margin + laid_out(names.expression(step.operation), indent=2, after=1) + ","


class _Names:
    """Turns values into expressions, and remembers what these have to import."""

    def __init__(self) -> None:
        self._imported: set[tuple[str, str]] = set()

    def imports(self) -> list[str]:
        grouped: dict[str, set[str]] = {}
        for module, name in self._imported:
            grouped.setdefault(module, set()).add(name)
        lines = {
            module: f"from {module} import {', '.join(sorted(grouped[module]))}"
            for module in sorted(grouped)
        }
        standard = [line for module, line in lines.items() if _is_standard(module)]
        others = [line for module, line in lines.items() if not _is_standard(module)]
        return [*standard, *([""] if standard else []), *sorted([*others, _IMPORT])]

    def expression(self, value: Any) -> Expression:
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, bytes):
            return quoted_bytes(value)
        if value is None or isinstance(value, int):
            return repr(value)
        if isinstance(value, Decimal) and value.is_finite():
            self._imported.add(("decimal", "Decimal"))
            return f"Decimal({quoted(str(value))})"
        if isinstance(value, Mapping):
            return self._mapping(value)
        if type(value) in _BRACKETS:
            return self._display(value)
        if is_dataclass(value) and not isinstance(value, type):
            return self._call(value)
        return self._reference(value)

    def _mapping(self, value: Mapping[Any, Any]) -> Group:
        members = tuple(
            (f"{laid_out(self.expression(key))}: ", self.expression(member))
            for key, member in value.items()
        )
        return Group("{", members, "}")

    def _display(self, value: Iterable[Any]) -> Group:
        members: Iterable[Any] = value
        if isinstance(value, (set, frozenset)):
            if not value:
                raise UnwritableValue("an empty set cannot be written or stored")
            members = sorted(value)
        opening, closing = _BRACKETS[type(value)]
        return Group(opening, tuple(("", self.expression(member)) for member in members), closing)

    def _call(self, value: Any) -> Group:
        name = type(value).__name__
        if getattr(vocabulary, name, None) is not type(value):
            raise UnwritableValue(f"migration files cannot name {name}")
        members = tuple(
            (lead, self.expression(argument)) for lead, argument in _arguments(name, value)
        )
        return Group(f"migrations.{name}(", members, ")")

    def _reference(self, value: Any) -> str:
        for name in dir(vocabulary):
            if getattr(vocabulary, name) is value:
                return f"migrations.{name}"
        module = getattr(value, "__module__", "") or ""
        function = getattr(value, "__qualname__", "")
        if not (function.isidentifier() and _is_found(module, function, value)):
            raise UnwritableValue(f"{value!r} cannot be written into a file")
        if module != builtins.__name__:
            self._imported.add((module, function))
        return str(function)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _is_found(module: str, name: str, value: Callable[..., Any]) -> bool:
    return bool(module) and getattr(importlib.import_module(module), name, None) is value


def _arguments(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What stands before each argument, and the argument; those at their default are left out."""
    declared = [field for field in fields(value) if field.init]
    required = [field for field in declared if not field.kw_only and not _has_default(field)]
    positional = declared[: _POSITIONAL.get(name, len(required))]
    for field in positional:
        argument = getattr(value, field.name)
        if not _is_default(field, argument):
            yield "", argument
    for field in declared[len(positional) :]:
        argument = getattr(value, field.name)
        if not _is_default(field, argument):
            yield f"{field.name}=", argument


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _is_default(field: Field[Any], argument: Any) -> bool:
    if field.default_factory is not MISSING:
        return bool(argument == field.default_factory())
    return bool(argument == field.default)


def path_of(proposal: Proposal) -> Path:
    return folder_for(proposal.app) / f"{proposal.name}.py"


def folder_for(app: str) -> Path:
    """Where the migration files of an app are, or will be. Raises BadMigration."""
    spec = find_spec(app)
    if spec is None or not spec.submodule_search_locations:
        raise BadMigration(f"{app} is not a package that could hold migrations")
    return migrations_folder(app) or Path(spec.submodule_search_locations[0]) / FOLDER


def make_package(app: str) -> Path | None:
    """Makes the package `migrations` of an app. Its `__init__.py`, or None if it was there."""
    marker = folder_for(app) / "__init__.py"
    marker.parent.mkdir(exist_ok=True)
    try:
        marker.open("x").close()
    except FileExistsError:
        return None
    importlib.invalidate_caches()
    return marker


def write(proposal: Proposal) -> Path:
    """The whole file or none; the package has to be there. Raises BadMigration where a file of
    this name exists."""
    path = path_of(proposal)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(source_of(proposal), encoding="utf-8")
        # Unlike a rename this never replaces what somebody else wrote meanwhile.
        os.link(draft, path)
    except FileExistsError as error:
        raise BadMigration(f"{path} exists already") from error
    finally:
        draft.unlink(missing_ok=True)
    importlib.invalidate_caches()
    return path
