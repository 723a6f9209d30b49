"""From functions of a migration to edits: which items they are for, and what they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from storage.client import call
from storage.evolution.items.edits import DELETION, Edit, ItemTable, size_of
from storage.evolution.items.run import Run
from storage.evolution.items.steps import Step
from storage.typed import Plain, PlainItem, RawItem, plain_item, plain_value, raw_value

Argument = TypeVar("Argument")
Result = TypeVar("Result")

_CONTAINERS = frozenset({"M", "L", "SS", "NS", "BS"})


class Marker(Enum):
    """Arguments and results that no value of an item can be mistaken for."""

    NO_DEFAULT = "NO_DEFAULT"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    DELETE_ITEM = "DELETE_ITEM"

    def __repr__(self) -> str:
        return f"migrations.{self.value}"


EditOf = Callable[[RawItem], Edit | None]


class EditPlan:
    """Applies a function to all items, or to those of one kind; it says what changes in each."""

    def __init__(self, run: Run, table: ItemTable, kind: str | None, edit_of: EditOf) -> None:
        self._run = run
        self._table = table
        self._kind = kind
        self._edit_of = edit_of

    def steps(self, items: Sequence[RawItem]) -> list[Step]:
        return [step for number, item in enumerate(items, 1) if (step := self._step(number, item))]

    def again(self, step: Step, current: RawItem | None) -> list[Step]:
        if current is None:
            # A refusal without the item does not prove that there is none.
            current = self._run.patiently(lambda: self._stored(step.key))
        renewed = self._step(step.ordinal, current) if current is not None else None
        return [renewed] if renewed else []

    def _stored(self, key: RawItem) -> RawItem | None:
        request = {"TableName": self._table.physical_name, "Key": key, "ConsistentRead": True}
        answer = call("GetItem", request)
        self._run.pace.spend(answer["ConsumedCapacity"]["CapacityUnits"])
        return answer.get("Item")

    def _step(self, ordinal: int, item: RawItem) -> Step | None:
        if not self._table.is_of_kind(self._kind, item):
            return None
        edit = self._edit_of(item)
        if edit is None:
            return None
        action = self._table.action(item, edit)
        return Step(ordinal, self._table.key(item), (action,), size_of(item, action))


class Functions:
    """Calls what a migration brings along; whatever goes wrong there names the item.

    Nothing else of an item is in the message: what functions say may hold anybody's data. The
    error itself is the cause.
    """

    def __init__(self, table: ItemTable) -> None:
        self._table = table

    def call(
        self, function: Callable[[Argument], Result], argument: Argument, item: RawItem
    ) -> Result:
        try:
            return function(argument)
        except Exception as error:
            what = f"the function raised {type(error).__name__}"
            raise self._table.problem(item, what) from error

    def raw(self, item: RawItem, name: str, value: Plain, type: str | None = None) -> Any:
        """The value in typed form. Raises MigrationError when DynamoDB, or the attribute of
        this type, cannot hold it."""
        try:
            raw = raw_value(value)
        except TypeError as error:
            raise self._table.problem(item, f"{name} cannot be stored") from error
        if type is not None and type not in raw:
            kind = next(iter(raw))
            what = f"{name} would be of type {kind} instead of {type}"
            raise self._table.problem(item, what)
        return raw

    def edit(
        self,
        item: RawItem,
        function: Callable[[PlainItem], Any],
        where: Callable[[PlainItem], bool] | None,
    ) -> Edit | None:
        """The difference that a function of the whole item makes."""
        before = plain_item(item)
        given = {
            # Immutable values may be shared: what is still the same object was not changed.
            name: plain_value(item[name]) if _CONTAINERS & item[name].keys() else value
            for name, value in before.items()
        }
        if where is not None and not self.call(where, given, item):
            return None
        result = self.call(function, given, item)
        if result is Marker.DELETE_ITEM:
            return DELETION
        after = given if result is None else result
        if not isinstance(after, Mapping):
            what = f"the function returned {type(result).__name__}, no item"
            raise self._table.problem(item, what)
        sets = {
            name: self.raw(item, str(name), value)
            for name, value in after.items()
            if not (name in before and same(before[name], value))
        }
        removes = [name for name in before if name not in after]
        return Edit(sets, removes, read=None) if sets or removes else None


def same(one: Plain, other: Plain) -> bool:
    """Whether two plain values are stored alike: 1 is Decimal(1), but True is not 1."""
    if one is other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
