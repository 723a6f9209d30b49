"""What leads from one state to another: from what migrations build up to what the models say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from storage.evolution.adoption import AdoptTable
from storage.evolution.authoring.kind_changes import kind_changes
from storage.evolution.authoring.naming import next_name
from storage.evolution.authoring.proposal import Proposal, Step
from storage.evolution.authoring.questions import Questions
from storage.evolution.errors import MigrationError
from storage.evolution.graph import MigrationGraph
from storage.evolution.schema_operations import (
    AddIndex,
    AlterStream,
    AlterThroughput,
    AlterTimeToLive,
    CreateTable,
    DeleteTable,
    RemoveIndex,
)
from storage.evolution.state import (
    GlobalIndex,
    Index,
    Key,
    LocalIndex,
    State,
    TableState,
    Throughput,
)


class ImpossibleChange(MigrationError):
    """DynamoDB cannot do to a table what the models ask for. One line for each reason."""


@dataclass(frozen=True, slots=True)
class Changes:
    """`steps` by app, and the apps on whose migrations those of an app have to build."""

    steps: Mapping[str, list[Step]] = field(default_factory=dict)
    builds_on: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.steps)


def detect(
    before: State, after: State, questions: Questions, apps: Collection[str] | None = None
) -> Changes:
    """Of all apps or some. Raises ImpossibleChange, and Undecided as the questions do."""
    owners = [*after.owners.values(), *before.owners.values()]
    chosen = [app for app in dict.fromkeys(owners) if apps is None or app in apps]
    problems = [
        problem
        for name in _common(before, after, chosen)
        for problem in _impossible(before.table(name), after.table(name))
    ]
    if problems:
        raise ImpossibleChange("\n".join(problems))
    steps = {app: list(_of_app(app, before, after, questions)) for app in sorted(chosen)}
    return Changes(
        {app: found for app, found in steps.items() if found},
        {
            app: frozenset(before.owners[name] for name in _adopted(app, before, after))
            for app in chosen
        },
    )


def proposals(changes: Changes, graph: MigrationGraph, name: str | None = None) -> list[Proposal]:
    """A migration for each app, after the last one that it has.

    An app from which a table was adopted counts as it is on disk: what it proposes at the same
    time is about its other tables.
    """
    found = []
    for app, steps in changes.steps.items():
        existing = [migration for _, migration in graph.of_app(app)]
        parents = [app, *sorted(changes.builds_on.get(app, ()))]
        dependencies = tuple(leaf for parent in parents for leaf in graph.leaves(parent))
        whole = next_name(existing, [step.operation for step in steps], name)
        found.append(Proposal(app, whole, dependencies, tuple(steps)))
    return found


def _common(before: State, after: State, apps: Collection[str]) -> list[str]:
    return [
        name
        for name in sorted(after.tables)
        if name in before.tables and after.owners[name] in apps
    ]


def _adopted(app: str, before: State, after: State) -> list[str]:
    return [
        name for name in _common(before, after, (app,)) if before.owners[name] != after.owners[name]
    ]


def _of_app(app: str, before: State, after: State, questions: Questions) -> Iterator[Step]:
    created = sorted(name for name in _owned(after, app) if name not in before.tables)
    deleted = sorted(name for name in _owned(before, app) if name not in after.tables)
    for old in deleted:
        for new in created:
            if _look_alike(before.table(old), after.table(new)):
                questions.confirm_replacement(old, new)
    for name in _adopted(app, before, after):
        yield Step(AdoptTable(name))
    for name in created:
        yield Step(_creation(after.table(name)))
    for name in _common(before, after, (app,)):
        yield from _table_steps(before.table(name), after.table(name), questions)
    for name in deleted:
        remark = f"Deletes {name} with all its items. Its reverse makes the table again, empty."
        yield Step(DeleteTable(name), (remark,))


def _owned(state: State, app: str) -> list[str]:
    return [name for name, owner in state.owners.items() if owner == app]


def _look_alike(old: TableState, new: TableState) -> bool:
    """The same keys, and most attributes in common."""
    if (old.hash_key, old.range_key) != (new.hash_key, new.range_key):
        return False
    one, other = _attribute_names(old), _attribute_names(new)
    return len(one & other) * 2 > len(one | other)


def _attribute_names(table: TableState) -> set[str]:
    return {name for kind in table.kinds.values() for name in kind.attributes}


def _creation(table: TableState) -> CreateTable:
    return CreateTable(
        table.name,
        table.hash_key,
        table.range_key,
        indexes=tuple(table.indexes.values()),
        kinds=dict(table.kinds),
        expires_by=table.expires_by,
        stream=table.stream,
        throughput=table.throughput,
    )


def _impossible(before: TableState, after: TableState) -> Iterator[str]:
    name = before.name
    if (before.hash_key, before.range_key) != (after.hash_key, after.range_key):
        yield (
            f"{name}: its key would change from {_keys_text(before.keys)} to"
            f" {_keys_text(after.keys)}, and DynamoDB never changes the key of a table. Give the"
            " model with the new key another logical name, write to both tables, fill the new"
            f" one with RebuildItems, let the readers switch, then remove {name}:"
            " docs/migrations.md shows each step."
        )
    for index in sorted(_local(before) | _local(after)):
        old, new = before.indexes.get(index), after.indexes.get(index)
        if old != new:
            yield (
                f"{name}: the local index {index} {_fate(old, new)}, and DynamoDB makes local"
                " indexes only together with their table. Make it a global index of another name,"
                " or give the model another logical name and move over to the new table:"
                " docs/migrations.md shows each step."
            )


def _local(table: TableState) -> set[str]:
    return {name for name, index in table.indexes.items() if isinstance(index, LocalIndex)}


def _fate(old: Index | None, new: Index | None) -> str:
    if old is None:
        return "is new"
    return "is gone" if new is None else "changes"


def _keys_text(keys: tuple[Key, ...]) -> str:
    return " and ".join(f"{key.name} ({key.type})" for key in keys)


def _table_steps(before: TableState, after: TableState, questions: Questions) -> Iterator[Step]:
    """Indexes that go come first and those that come last: so attributes change while the fewest
    indexes have to follow, and a changed one gets its old name back. By what items expire changes
    before an attribute gets another name."""
    name = before.name
    old, new = _without_capacity(before), _without_capacity(after)
    removed = [index for index in old if old[index] != new.get(index)]
    added = [index for index in new if new[index] != old.get(index)]
    for index in removed:
        yield Step(RemoveIndex(name, index), _about_removal(index, is_changed=index in new))
    kinds = kind_changes(before, after, questions)
    expiry = [Step(AlterTimeToLive(name, after.expires_by))]
    if before.expires_by == after.expires_by:
        expiry = []
    elif kinds.renames(before.expires_by):
        yield expiry.pop()
    yield from kinds.first
    yield from expiry
    yield from kinds.last
    if before.stream != after.stream:
        yield Step(AlterStream(name, after.stream), _about_stream(before, after))
    kept = set(old) - set(removed)
    if _capacity(before, kept) != _capacity(after, kept):
        throughput, of_indexes = _capacity(after, kept)
        yield Step(AlterThroughput(name, throughput, of_indexes))
    for index in added:
        added_index = after.index(index)
        assert isinstance(added_index, GlobalIndex)
        yield Step(AddIndex(name, added_index))


def _about_removal(index: str, *, is_changed: bool) -> tuple[str, ...]:
    if not is_changed:
        return ()
    return (
        f"DynamoDB cannot change an index: {index} is removed here and built anew below, and"
        f" queries on it fail meanwhile. To keep readers running, give the new one another name"
        f" ({index}-2), let them switch, and remove this one in a later migration.",
    )


def _about_stream(before: TableState, after: TableState) -> tuple[str, ...]:
    if before.stream is None or after.stream is None:
        return ()
    return ("The old stream ends and a new one begins: who reads it has to move over.",)


def _without_capacity(table: TableState) -> dict[str, GlobalIndex]:
    return {
        name: replace(index, throughput=None)
        for name, index in table.indexes.items()
        if isinstance(index, GlobalIndex)
    }


def _capacity(
    table: TableState, indexes: set[str]
) -> tuple[Throughput | None, dict[str, Throughput]]:
    of_indexes = {
        name: index.throughput
        for name, index in table.indexes.items()
        if name in indexes and isinstance(index, GlobalIndex) and index.throughput
    }
    return table.throughput, of_indexes
