"""Operations on tables: making and removing them, their indexes, expiry, stream and capacity."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from storage.configuration import table_name
from storage.evolution import schema_calls
from storage.evolution.drift import Difference, describe, differences
from storage.evolution.errors import TableDiffers, UnusableTable
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.operation import Operation, Work
from storage.evolution.schema_calls import Waiting
from storage.evolution.state import (
    GlobalIndex,
    Index,
    Key,
    Kind,
    State,
    StateError,
    StreamView,
    TableState,
    Throughput,
)


@dataclass(frozen=True)
class _TableOperation(Operation):
    """Runs only where the application owns the tables; elsewhere the state changes alone."""

    def apply(self, work: Work) -> dict[str, Any]:
        if work.options.owns_tables:
            self._forwards(work, _waiting(work))
        return {}

    def revert(self, work: Work) -> dict[str, Any]:
        if work.options.owns_tables:
            self._backwards(work, _waiting(work))
        return {}

    @abstractmethod
    def _forwards(self, work: Work, waiting: Waiting) -> None: ...

    @abstractmethod
    def _backwards(self, work: Work, waiting: Waiting) -> None: ...


def _waiting(work: Work) -> Waiting:
    def waiting(text: str) -> None:
        work.still_ours()
        work.reporter.waiting(text)

    return waiting


@dataclass(frozen=True)
class CreateTable(_TableOperation):
    """A table that is there already is taken as it is, if it is as it should be."""

    name: str
    hash_key: Key
    range_key: Key | None = None
    indexes: tuple[Index, ...] = field(default=(), kw_only=True)
    kinds: Mapping[str, Kind] = field(default_factory=dict, kw_only=True)
    expires_by: str | None = field(default=None, kw_only=True)
    stream: StreamView | None = field(default=None, kw_only=True)
    throughput: Throughput | None = field(default=None, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        if self.name in state.tables:
            raise StateError(f"there is a table {self.name} already, of {state.owners[self.name]}")
        return state.with_table(self.table, app)

    @property
    def table(self) -> TableState:
        return TableState(
            self.name,
            self.hash_key,
            self.range_key,
            indexes={index.name: index for index in self.indexes},
            kinds=self.kinds,
            expires_by=self.expires_by,
            stream=self.stream,
            throughput=self.throughput,
        )

    def describe(self) -> str:
        return f"create table {self.name}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        if not self.is_ledger:
            make_table(self.table, waiting, mend_unusable=work.options.mend_unusable)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        if not self.is_ledger:
            schema_calls.delete_table(self.name, waiting)

    @property
    def is_ledger(self) -> bool:
        """The table that remembers what was done: there before all others, and stays."""
        return self.name == MigrationItem.logical_name()


def make_table(
    table: TableState, waiting: Waiting = schema_calls.silently, *, mend_unusable: bool = False
) -> bool:
    """True when it was made, False when it was there already.

    Raises TableDiffers when there is another one under its name, UnusableTable when there is one
    whose creation was cut short; with `mend_unusable` the latter is made again.
    """
    if schema_calls.settled(table.name, waiting):
        if schema_calls.is_usable(table.name):
            _accept(table, waiting)
            return False
        if not mend_unusable:
            name = table_name(table.name)
            raise UnusableTable(f"table {name} is listed but cannot be read")
        schema_calls.delete_table(table.name, waiting)
    schema_calls.create_table(table, waiting)
    return True


def _accept(table: TableState, waiting: Waiting) -> None:
    """Expiry is a request of its own, before which an earlier attempt may have been killed."""
    if table.expires_by and schema_calls.expiry_of(table.name, waiting) is None:
        schema_calls.set_expiry(table.name, table.expires_by, waiting)
    actual = describe(table.name)
    found = [Difference.missing(table.name)] if actual is None else differences(table, actual)
    if found:
        raise TableDiffers("; ".join(map(str, found)))


@dataclass(frozen=True)
class DeleteTable(_TableOperation):
    """The reverse makes the table again, without its items."""

    name: str

    def state_after(self, state: State, app: str) -> State:
        return state.without_table(self.name)

    def describe(self) -> str:
        return f"delete table {self.name} with all its items"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.delete_table(self.name, waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        table = work.before.table(self.name)
        make_table(table, waiting, mend_unusable=work.options.mend_unusable)


@dataclass(frozen=True)
class AddIndex(_TableOperation):
    table: str
    index: GlobalIndex

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        if not isinstance(self.index, GlobalIndex):
            raise StateError("a local index can only be made with its table")
        if self.index.name in table.indexes:
            raise StateError(f"{self.table} has an index {self.index.name} already")
        return state.with_table(table.with_index(self.index))

    def describe(self) -> str:
        return f"add index {self.index.name} to {self.table}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.add_index(work.after.table(self.table), self.index, waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.remove_index(self.table, self.index.name, waiting)


@dataclass(frozen=True)
class RemoveIndex(_TableOperation):
    table: str
    name: str

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        if not isinstance(table.index(self.name), GlobalIndex):
            raise StateError("a local index can only be removed with its table")
        return state.with_table(table.without_index(self.name))

    def describe(self) -> str:
        return f"remove index {self.name} from {self.table}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.remove_index(self.table, self.name, waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        table = work.before.table(self.table)
        index = table.index(self.name)
        assert isinstance(index, GlobalIndex)
        schema_calls.add_index(table, index, waiting)


@dataclass(frozen=True)
class AlterTimeToLive(_TableOperation):
    """`expires_by` is the attribute with the time of expiry in epoch seconds; None: never."""

    table: str
    expires_by: str | None

    def state_after(self, state: State, app: str) -> State:
        return state.with_table(replace(state.table(self.table), expires_by=self.expires_by))

    def describe(self) -> str:
        if self.expires_by is None:
            return f"let the items of {self.table} live on"
        return f"let the items of {self.table} expire by {self.expires_by}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.set_expiry(self.table, self.expires_by, waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        before = work.before.table(self.table).expires_by
        schema_calls.set_expiry(self.table, before, waiting)


@dataclass(frozen=True)
class AlterStream(_TableOperation):
    table: str
    stream: StreamView | None

    def state_after(self, state: State, app: str) -> State:
        return state.with_table(replace(state.table(self.table), stream=self.stream))

    def describe(self) -> str:
        if self.stream is None:
            return f"turn off the stream of {self.table}"
        return f"stream {self.stream} of {self.table}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.set_stream(self.table, self.stream, waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.set_stream(self.table, work.before.table(self.table).stream, waiting)


@dataclass(frozen=True)
class AlterThroughput(_TableOperation):
    """`throughput` None is on demand. An index that `indexes` leaves out gets the table's."""

    table: str
    throughput: Throughput | None
    indexes: Mapping[str, Throughput] = field(default_factory=dict)

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        if self.indexes and self.throughput is None:
            raise StateError("indexes have a throughput of their own only where the table has one")
        for name in self.indexes:
            if not isinstance(table.index(name), GlobalIndex):
                raise StateError(f"the index {name} shares the throughput of its table")
        indexes = {
            name: replace(index, throughput=self.indexes.get(name))
            if isinstance(index, GlobalIndex)
            else index
            for name, index in table.indexes.items()
        }
        return state.with_table(replace(table, throughput=self.throughput, indexes=indexes))

    def describe(self) -> str:
        if self.throughput is None:
            return f"pay {self.table} on demand"
        units = f"{self.throughput.read} read and {self.throughput.write} write units"
        return f"provision {units} for {self.table}"

    def _forwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.set_throughput(work.after.table(self.table), waiting)

    def _backwards(self, work: Work, waiting: Waiting) -> None:
        schema_calls.set_throughput(work.before.table(self.table), waiting)
