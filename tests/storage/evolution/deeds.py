"""Operations for tests that note what was done, or fail when told to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storage.evolution.operation import Operation, Work
from storage.evolution.state import State

done: list[str] = []
failing: set[str] = set()


class Failed(Exception):
    pass


@dataclass(frozen=True)
class Note(Operation):
    name: str

    def state_after(self, state: State, app: str) -> State:
        return state

    def apply(self, work: Work) -> dict[str, Any]:
        if self.name in failing:
            raise Failed(self.name)
        done.append(self.name)
        return {"noted": self.name}

    def revert(self, work: Work) -> dict[str, Any]:
        if self.name in failing:
            raise Failed(self.name)
        done.append(f"-{self.name}")
        return {}

    def describe(self) -> str:
        return f"note {self.name}"
