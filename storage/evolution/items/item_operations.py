"""Operations on the items of a table: their attributes here, all else beside this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from storage.evolution.items.edits import Edit, ItemTable
from storage.evolution.items.runner import run_items
from storage.evolution.items.transforming import EditOf, EditPlan, Functions, Marker, same
from storage.evolution.operation import Operation, Work
from storage.evolution.state import Attribute, Kind, State, StateError, TableState
from storage.typed import Plain, PlainItem, RawItem, plain_item, plain_value, raw_value

NO_DEFAULT: Final = Marker.NO_DEFAULT
NOTHING_TO_UNDO: Final = Marker.NOTHING_TO_UNDO
DELETE_ITEM: Final = Marker.DELETE_ITEM
NothingToUndo = Literal[Marker.NOTHING_TO_UNDO]

MakeEdit = Callable[[ItemTable], EditOf]


@dataclass(frozen=True)
class ItemOperation(Operation):
    """Works the same wherever the tables come from."""

    table: str

    @property
    def touches_items(self) -> bool:
        return True

    def _change(
        self, work: Work, state: State, kind: str | None, make: MakeEdit, what: str = ""
    ) -> dict[str, Any]:
        """Goes through the items as `state` describes them."""
        table = ItemTable.of(work, state, self.table, what or self.describe())
        if kind is not None:
            table.require_distinct(kind)
        edit_of = make(table)
        return asdict(run_items(work, table, lambda run: EditPlan(run, table, kind, edit_of)))

    def _undo(self, work: Work, kind: str | None, make: MakeEdit) -> dict[str, Any]:
        return self._change(work, work.after, kind, make, f"undo: {self.describe()}")


@dataclass(frozen=True)
class _AttributeOperation(ItemOperation):
    kind: str
    name: str

    def _with_kind(self, state: State, change: Callable[[Kind], Kind]) -> State:
        table = state.table(self.table)
        return state.with_table(table.with_kind(self.kind, change(table.kind(self.kind))))

    @property
    def _where(self) -> str:
        return f"{self.kind} in {self.table}"


@dataclass(frozen=True)
class AddAttribute(_AttributeOperation):
    """Gives an attribute to the items of a kind that do not have it.

    The value is `default`, or what `compute` returns for an item; None leaves an item without.
    With neither, stored items stay as they are, also in reverse. The reverse of a value removes
    the attribute, also from items that the application has given it since.
    """

    attribute: Attribute
    default: Plain = field(default=NO_DEFAULT, kw_only=True)
    compute: Callable[[PlainItem], Plain] | None = field(default=None, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        kind = table.kind(self.kind)
        if self.name in kind.attributes:
            raise StateError(f"{self._where} has {self.name} already")
        if self.default is not NO_DEFAULT and self.compute is not None:
            raise StateError(f"{self.name} has both a default and a function")
        _check_type(self.name, self.attribute, self.default)
        return self._with_kind(state, lambda kind: kind.with_attribute(self.name, self.attribute))

    @property
    def touches_items(self) -> bool:
        return self.compute is not None or _is_value(self.default)

    def apply(self, work: Work) -> dict[str, Any]:
        if self.compute is not None:
            return self._change(work, work.before, self.kind, self._computed)
        if not _is_value(self.default):
            return {}
        return self._change(work, work.before, self.kind, _filling(self.name, self.default))

    def revert(self, work: Work) -> dict[str, Any]:
        if not self.touches_items:
            return {}
        return self._undo(work, self.kind, _removing(self.name))

    def destroys(self, *, backwards: bool) -> str:
        if not (backwards and self.touches_items):
            return ""
        return f"the values of {self.name} in {self.kind} of {self.table}, also those written since"

    def describe(self) -> str:
        return f"add attribute {self.name} to {self._where}"

    def _computed(self, table: ItemTable) -> EditOf:
        functions, compute = Functions(table), self.compute
        assert compute is not None

        def edit_of(item: RawItem) -> Edit | None:
            if self.name in item:
                return None
            value = functions.call(compute, plain_item(item), item)
            if value is None:
                return None
            raw = functions.raw(item, self.name, value, self.attribute.type)
            return Edit({self.name: raw}, read=None)

        return edit_of


@dataclass(frozen=True)
class RenameAttribute(ItemOperation):
    """Moves the values of an attribute to another name, in both directions.

    An item that has both names keeps the value if it is the same under both. Where the two
    differ nobody here can know which one is right: the run stops and names the item.
    """

    kind: str
    old: str
    new: str

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        kind = table.kind(self.kind)
        _check_present(table, kind, self.old)
        _check_unused(table, self.old)
        if self.new in kind.attributes:
            raise StateError(f"{self.kind} in {self.table} has {self.new} already")
        attributes = {
            self.new if name == self.old else name: attribute
            for name, attribute in kind.attributes.items()
        }
        return state.with_table(table.with_kind(self.kind, Kind(attributes, kind.prefix)))

    def apply(self, work: Work) -> dict[str, Any]:
        return self._change(work, work.before, self.kind, _renaming(self.old, self.new))

    def revert(self, work: Work) -> dict[str, Any]:
        return self._undo(work, self.kind, _renaming(self.new, self.old))

    def describe(self) -> str:
        return f"rename attribute {self.old} of {self.kind} in {self.table} to {self.new}"


@dataclass(frozen=True)
class RemoveAttribute(_AttributeOperation):
    """Removes an attribute; without `purge` its values stay in the items, and nothing reads them.

    `default` is what the reverse gives to items; it needs one where the attribute may not be
    absent and its values were removed.
    """

    default: Plain = field(default=NO_DEFAULT, kw_only=True)
    purge: bool = field(default=True, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        kind = table.kind(self.kind)
        _check_present(table, kind, self.name)
        if self.purge:
            _check_unused(table, self.name)
        _check_type(self.name, kind.attributes[self.name], self.default)
        return self._with_kind(state, lambda kind: kind.without_attribute(self.name))

    @property
    def touches_items(self) -> bool:
        return self.purge

    def apply(self, work: Work) -> dict[str, Any]:
        if not self.purge:
            return {}
        return self._change(work, work.before, self.kind, _removing(self.name))

    def revert(self, work: Work) -> dict[str, Any]:
        if not _is_value(self.default):
            return {}
        return self._undo(work, self.kind, _filling(self.name, self.default))

    def irreversible_because(self, before: State) -> str:
        attribute = before.table(self.table).kind(self.kind).attributes[self.name]
        if not self.purge or attribute.null or self.default is not NO_DEFAULT:
            return ""
        return (
            f"the values of {self.name} were removed, {self._where} must have one,"
            " and no default says which"
        )

    @property
    def undoing_touches_items(self) -> bool:
        return _is_value(self.default)

    def destroys(self, *, backwards: bool) -> str:
        if backwards or not self.purge:
            return ""
        return f"the values of {self.name} in {self.kind} of {self.table}"

    def describe(self) -> str:
        return f"remove attribute {self.name} from {self._where}"


@dataclass(frozen=True)
class AlterAttribute(_AttributeOperation):
    """Gives an attribute another type, or lets it be absent or not; converts stored values.

    `forwards` and `backwards` are functions of the old value. Values that have the new type
    already are left alone where the type changes. Items without the attribute are left alone,
    unless it may be absent before and not after: then the function gets None. It may return
    None to remove the attribute where it may be absent.
    """

    attribute: Attribute
    forwards: Callable[[Plain], Plain] | None = field(default=None, kw_only=True)
    backwards: Callable[[Plain], Plain] | NothingToUndo | None = field(default=None, kw_only=True)

    def state_after(self, state: State, app: str) -> State:
        table = state.table(self.table)
        _check_present(table, table.kind(self.kind), self.name)
        return self._with_kind(state, lambda kind: kind.with_attribute(self.name, self.attribute))

    @property
    def touches_items(self) -> bool:
        return self.forwards is not None

    def apply(self, work: Work) -> dict[str, Any]:
        if self.forwards is None:
            return {}
        old = self._attribute(work.before)
        converting = self._converting(self.forwards, old, self.attribute)
        return self._change(work, work.before, self.kind, converting)

    def revert(self, work: Work) -> dict[str, Any]:
        if self.backwards is None or self.backwards is NOTHING_TO_UNDO:
            return {}
        old = self._attribute(work.before)
        return self._undo(work, self.kind, self._converting(self.backwards, self.attribute, old))

    def irreversible_because(self, before: State) -> str:
        if self.forwards is None or self.backwards is not None:
            return ""
        return f"the values of {self.name} were converted, and there is no function backwards"

    @property
    def undoing_touches_items(self) -> bool:
        return callable(self.backwards)

    def describe(self) -> str:
        return f"alter attribute {self.name} of {self._where}"

    def _attribute(self, state: State) -> Attribute:
        return state.table(self.table).kind(self.kind).attributes[self.name]

    def _converting(
        self, function: Callable[[Plain], Plain], old: Attribute, new: Attribute
    ) -> MakeEdit:
        name = self.name

        def make(table: ItemTable) -> EditOf:
            functions = Functions(table)

            def edit_of(item: RawItem) -> Edit | None:
                stored = item.get(name)
                value = plain_value(stored) if stored is not None else None
                if value is None and not (old.null and not new.null):
                    return None
                if stored is not None and old.type != new.type and new.type in stored:
                    return None
                converted = functions.call(function, value, item)
                if converted is None and new.null:
                    return Edit(removes=(name,)) if stored is not None else None
                raw = functions.raw(item, name, converted, new.type)
                return None if raw == stored else Edit({name: raw})

            return edit_of

        return make


def _is_value(default: Plain) -> bool:
    """None stands for no attribute at all."""
    return default is not NO_DEFAULT and default is not None


def _filling(name: str, default: Plain) -> MakeEdit:
    edit = Edit({name: raw_value(default)})
    return lambda _: lambda item: None if name in item else edit


def _removing(name: str) -> MakeEdit:
    edit = Edit(removes=(name,))
    return lambda _: lambda item: edit if name in item else None


def _renaming(old: str, new: str) -> MakeEdit:
    def make(table: ItemTable) -> EditOf:
        def edit_of(item: RawItem) -> Edit | None:
            if old not in item:
                return None
            if new not in item:
                return Edit({new: item[old]}, (old,))
            if not same(plain_value(item[new]), plain_value(item[old])):
                raise table.problem(
                    item,
                    f"has {old} and {new} with different values. Remove the one that is wrong,"
                    " or decide with TransformItems before this",
                )
            return Edit(removes=(old,), read=(new,))

        return edit_of

    return make


def _check_present(table: TableState, kind: Kind, name: str) -> None:
    if name not in kind.attributes:
        raise StateError(f"{table.name} has no attribute {name} in items of this kind")
    if name in table.key_names:
        raise StateError(
            f"{name} is part of the key of {table.name}, which cannot change;"
            " this takes a new table and RebuildItems"
        )


def _check_unused(table: TableState, name: str) -> None:
    """Items would silently drop out of the index, or never expire."""
    for index in table.indexes.values():
        if name in (key.name for key in index.keys):
            raise StateError(
                f"{name} is a key of the index {index.name} of {table.name}: remove the index"
                " before this, or have it on another attribute"
            )
    if name == table.expires_by:
        raise StateError(
            f"{table.name} expires by {name}: put an AlterTimeToLive to another attribute, or to"
            " None, before this"
        )


def _check_type(name: str, attribute: Attribute, default: Plain) -> None:
    if not _is_value(default):
        return
    try:
        raw = raw_value(default)
    except TypeError as error:
        raise StateError(f"the default of {name} cannot be stored: {error}") from error
    if attribute.type not in raw:
        raise StateError(
            f"the default of {name} has the type {next(iter(raw))} instead of {attribute.type}"
        )
