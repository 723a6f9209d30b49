"""Handing a table from one app to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storage.evolution.operation import Operation, Work
from storage.evolution.state import State, StateError


@dataclass(frozen=True)
class AdoptTable(Operation):
    """The model of a table moved here from another app. Nothing happens in the store.

    The migration has to depend on the last one of that app; what changes from now on is in
    migrations of this one.
    """

    name: str

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.name)
        if state.owners[self.name] == app:
            raise StateError(f"{self.name} belongs to {app} already")
        return state.with_table(table, app)

    def apply(self, work: Work) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def revert(self, work: Work) -> dict[str, Any]:  # noqa: ARG002
        return {}

    def describe(self) -> str:
        return f"adopt table {self.name}"
