"""Two branches of migrations in one app: what each does, and whether they get into each
other's way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from storage.evolution.authoring.naming import merge_name
from storage.evolution.authoring.proposal import Proposal
from storage.evolution.graph import MigrationGraph
from storage.evolution.migration import LoadedMigration
from storage.evolution.operation import Operation

_EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """What leads to the migration called `name`, without what the other branches share."""

    name: str
    migrations: tuple[LoadedMigration, ...]

    @property
    def operations(self) -> list[Operation]:
        return [one for migration in self.migrations for one in migration.operations]


def branches(graph: MigrationGraph, app: str) -> list[Branch]:
    ancestors = {key: graph.ancestors(key) for key in graph.leaves(app)}
    shared = set.intersection(*ancestors.values())
    return [
        Branch(
            leaf[1],
            tuple(
                graph.migrations[key]
                for key in graph.order
                if key[0] == app and key in keys - shared
            ),
        )
        for leaf, keys in ancestors.items()
    ]


def overlap(branches: Iterable[Branch]) -> list[str]:
    """What more than one branch touches: tables, kinds of item, or `everything`. Sorted."""
    touched = [list(_all_touched(branch.operations)) for branch in branches]
    found = {
        _shared_text(one, other)
        for mine, yours in combinations(touched, 2)
        for one in mine
        for other in yours
        if _collide(one, other)
    }
    return sorted(found)


def merge(graph: MigrationGraph, app: str, found: Sequence[Branch], name: str | None) -> Proposal:
    existing = [migration for _, migration in graph.of_app(app)]
    whole = merge_name(existing, [branch.name for branch in found])
    if name is not None:
        whole = f"{whole.partition('_')[0]}_{name}"
    return Proposal(app, whole, tuple((app, branch.name) for branch in found))


_Touched = tuple[str, str]
"""A table and a kind of item in it; empty for all tables or for the whole table."""


def _all_touched(operations: Iterable[Operation]) -> Iterator[_Touched]:
    for operation in operations:
        kind = getattr(operation, "kind", None) or _EVERYTHING
        if hasattr(operation, "table"):
            yield operation.table, kind
            # A derived table is built from another one, whose items must not change meanwhile.
            if hasattr(operation, "source"):
                yield operation.source, kind
        else:
            # What makes a table calls it `name`; what has neither may touch anything.
            yield getattr(operation, "name", _EVERYTHING), _EVERYTHING


def _collide(one: _Touched, other: _Touched) -> bool:
    return all(
        mine == yours or _EVERYTHING in (mine, yours)
        for mine, yours in zip(one, other, strict=True)
    )


def _shared_text(one: _Touched, other: _Touched) -> str:
    table, kind = (mine or yours for mine, yours in zip(one, other, strict=True))
    return ".".join(filter(None, (table, kind))) or "everything"
