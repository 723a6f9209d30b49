"""Operations that change items by functions of the migration: whole items, derived tables, code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from storage.evolution.items.edits import Edit, ItemTable
from storage.evolution.items.item_operations import NOTHING_TO_UNDO, ItemOperation, NothingToUndo
from storage.evolution.items.rebuilding import (
    DERIVED_PAGE_SIZE,
    SOURCE_PAGE_SIZE,
    STALE,
    BuildPlan,
    Derivation,
    StalePlan,
)
from storage.evolution.items.runner import run_items
from storage.evolution.items.transforming import EditOf, Functions
from storage.evolution.operation import Operation, Work
from storage.evolution.state import State, StateError
from storage.typed import PlainItem, RawItem

Transform = Callable[[PlainItem], Any]


@dataclass(frozen=True)
class TransformItems(ItemOperation):
    """Puts every item of a table, or of one kind, through a function.

    `forwards` gets the item as plain values (`storage.typed`). It may change it in place or
    return another one; only what differs is written. To delete the item it returns
    `migrations.DELETE_ITEM`. The key must stay. Each item is changed exactly once, but the
    function may be called more often, and from several threads.

    `backwards` is such a function too, or `migrations.NOTHING_TO_UNDO`; without one there is no
    reverse. `where` chooses items, in both directions.
    """

    forwards: Transform
    backwards: Transform | NothingToUndo | None = None
    kind: str | None = field(default=None, kw_only=True)
    where: Callable[[PlainItem], bool] | None = field(default=None, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        if self.kind is not None:
            table.kind(self.kind)
        return state

    def apply(self, work: Work) -> dict[str, Any]:
        return self._change(work, work.before, self.kind, self._through(self.forwards))

    def revert(self, work: Work) -> dict[str, Any]:
        if self.backwards is None or self.backwards is NOTHING_TO_UNDO:
            return {}
        return self._undo(work, self.kind, self._through(self.backwards))

    def irreversible_because(self, before: State) -> str:
        return "" if self.backwards is not None else "it has no function backwards"

    @property
    def undoing_touches_items(self) -> bool:
        return callable(self.backwards)

    def describe(self) -> str:
        which = f"items of kind {self.kind}" if self.kind else "items"
        return f"transform {which} in {self.table} ({_name(self.forwards)})"

    def _through(self, function: Transform) -> Callable[[ItemTable], EditOf]:
        def make(table: ItemTable) -> EditOf:
            functions = Functions(table)

            def edit_of(item: RawItem) -> Edit | None:
                return functions.edit(item, function, self.where)

            return edit_of

        return make


@dataclass(frozen=True)
class RebuildItems(ItemOperation):
    """Makes a table that is derived from another one what it should be.

    `build` gets an item of `source` and returns all items derived from it; `source_key` gets an
    item of the derived table and returns the key of the item it comes from, None for items that
    are not derived, which are left alone. Items and keys are in DynamoDB's typed form, as
    models read and write them. `kind` says which items of the source count.

    Only what is missing or differs is written, and then what no source item builds any more is
    deleted; each write only if the source item is still the one it was made from. There is
    nothing to undo.
    """

    source: str
    build: Callable[[RawItem], Iterable[RawItem]]
    source_key: Callable[[RawItem], RawItem | None]
    kind: str | None = field(default=None, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        state.table(self.table)
        source = state.table(self.source)
        if self.kind is not None:
            source.kind(self.kind)
        if self.source == self.table:
            raise StateError(f"{self.table} cannot be derived from itself")
        return state

    def apply(self, work: Work) -> dict[str, Any]:
        title = self.describe()
        source = ItemTable.of(work, work.before, self.source, title)
        table = ItemTable.of(work, work.before, self.table, f"{title}: what is left over")
        if self.kind is not None:
            source.require_distinct(self.kind)
        derivation = Derivation(table, source, self.kind, self.build, self.source_key)
        built = run_items(
            work, source, lambda run: BuildPlan(run, derivation), page_size=SOURCE_PAGE_SIZE
        )
        cleaned = run_items(
            work,
            table,
            lambda run: StalePlan(run, derivation),
            phase=STALE,
            page_size=DERIVED_PAGE_SIZE,
        )
        return asdict(built + cleaned)

    def revert(self, work: Work) -> dict[str, Any]:
        return {}

    @property
    def undoing_touches_items(self) -> bool:
        return False

    def describe(self) -> str:
        return f"rebuild {self.table} from {self.source}"


@dataclass(frozen=True)
class RunPython(Operation):
    """Calls a function with the `Work` at hand; `migrations.items_of(work, table)` reads tables.

    It may be interrupted anywhere and is then called again from the start, so calling it twice
    has to do what calling it once does. What it returns, if that is a dict, is kept as its
    summary. `items` says that it changes items: only then it runs where the tables are not ours.
    """

    forwards: Callable[[Work], Any]
    backwards: Callable[[Work], Any] | NothingToUndo | None = None
    items: bool = field(default=False, kw_only=True)

    @property
    def touches_items(self) -> bool:
        return self.items

    def state_after(self, state: State, app: str) -> State:
        return state

    def apply(self, work: Work) -> dict[str, Any]:
        return self._called(self.forwards, work)

    def revert(self, work: Work) -> dict[str, Any]:
        if self.backwards is None or self.backwards is NOTHING_TO_UNDO:
            return {}
        return self._called(self.backwards, work)

    def irreversible_because(self, before: State) -> str:
        return "" if self.backwards is not None else "it has no function backwards"

    def describe(self) -> str:
        return f"run {_name(self.forwards)}"

    def _called(self, function: Callable[[Work], Any], work: Work) -> dict[str, Any]:
        if not (self.items or work.options.owns_tables):
            return {}
        returned = function(work)
        return returned if isinstance(returned, dict) else {}


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)
