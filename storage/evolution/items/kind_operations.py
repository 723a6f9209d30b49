"""Operations on the kinds of item in a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from storage.evolution.items.edits import DELETION
from storage.evolution.items.item_operations import ItemOperation
from storage.evolution.operation import Work
from storage.evolution.state import Kind, State, StateError


@dataclass(frozen=True)
class AddKind(ItemOperation):
    """Says that the table holds another kind of item; nothing is read or written.

    The reverse leaves the items of the kind where they are.
    """

    kind: str
    description: Kind

    @property
    def touches_items(self) -> bool:
        return False

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        if self.kind in table.kinds:
            raise StateError(f"{self.table} has items of kind {self.kind} already")
        return state.with_table(table.with_kind(self.kind, self.description))

    def apply(self, work: Work) -> dict[str, Any]:
        return {}

    def revert(self, work: Work) -> dict[str, Any]:
        return {}

    def describe(self) -> str:
        return f"add kind {self.kind} to {self.table}"


@dataclass(frozen=True)
class RemoveKind(ItemOperation):
    """Forgets a kind of item, with `purge` deletes its items.

    Items that stay are no other kind's: later operations on other kinds leave them alone.
    """

    kind: str
    purge: bool = field(default=False, kw_only=True)

    @property
    def touches_items(self) -> bool:
        return self.purge

    def state_after(self, state: State, app: str) -> State:
        return state.with_table(state.table(self.table).without_kind(self.kind))

    def apply(self, work: Work) -> dict[str, Any]:
        if not self.purge:
            return {}
        return self._change(work, work.before, self.kind, lambda _: lambda _: DELETION)

    def revert(self, work: Work) -> dict[str, Any]:
        return {}

    def irreversible_because(self, before: State) -> str:
        return f"the items of kind {self.kind} were deleted" if self.purge else ""

    @property
    def undoing_touches_items(self) -> bool:
        return False

    def destroys(self, *, backwards: bool) -> str:
        if backwards or not self.purge:
            return ""
        return f"the items of kind {self.kind} in {self.table}"

    def describe(self) -> str:
        return f"remove kind {self.kind} from {self.table}" + (
            " and its items" if self.purge else ""
        )
