"""What changes in the items of a table: kinds of item and their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from storage.evolution.authoring.proposal import Step
from storage.evolution.authoring.questions import LeaveAlone, Place, Questions
from storage.evolution.items.filling import WhereAbsent
from storage.evolution.items.item_operations import (
    NOTHING_TO_UNDO,
    AddAttribute,
    AlterAttribute,
    RemoveAttribute,
    RenameAttribute,
)
from storage.evolution.items.kind_operations import AddKind, RemoveKind
from storage.evolution.state import Attribute, Kind, TableState


@dataclass(frozen=True, slots=True)
class KindChanges:
    """`last` is what is removed: nothing may refer to it any more when it goes."""

    first: list[Step] = field(default_factory=list)
    last: list[Step] = field(default_factory=list)

    def renames(self, attribute: str | None) -> bool:
        operations = (step.operation for step in self.first)
        return any(isinstance(o, RenameAttribute) and o.old == attribute for o in operations)


def kind_changes(before: TableState, after: TableState, questions: Questions) -> KindChanges:
    pairs, gone, new = _matched(before, after)
    changes = KindChanges()
    changes.first.extend(_whole_kinds(before, after, pairs, gone, new, questions))
    for old_name, new_name in pairs.items():
        attributes = _Attributes(after, new_name, before.kind(old_name), questions)
        changes.first.extend(attributes.kept_and_new())
        changes.last.extend(attributes.removed())
    return changes


def _matched(before: TableState, after: TableState) -> tuple[dict[str, str], list[str], list[str]]:
    """Old name → new name of the same items, then the kinds that are gone and those that are new.

    The prefix alone tells which items are of a kind, so the same prefix is the same kind even
    when its class has another name now.
    """
    pairs = {
        name: name
        for name, kind in before.kinds.items()
        if name in after.kinds and after.kinds[name].prefix == kind.prefix
    }
    new = [name for name in after.kinds if name not in pairs]
    gone = []
    for name in (name for name in before.kinds if name not in pairs):
        same = [one for one in new if after.kinds[one].prefix == before.kinds[name].prefix]
        if same:
            pairs[name] = same[0]
            new.remove(same[0])
        else:
            gone.append(name)
    return pairs, gone, new


def _whole_kinds(
    before: TableState,
    after: TableState,
    pairs: dict[str, str],
    gone: list[str],
    new: list[str],
    questions: Questions,
) -> Iterator[Step]:
    """Items are deleted while all the other kinds are known, so that none is taken for another."""
    table = before.name
    purged = {
        name: questions.purges_kind(table, name, after.kinds[name].prefix if name in new else None)
        for name in gone
    }
    renamed = {old: name for old, name in pairs.items() if old != name}
    for name in new:
        if name not in before.kinds:
            yield Step(AddKind(table, name, after.kind(name)))
    for name in sorted(gone, key=lambda name: not purged[name]):
        yield _removal(table, name, before.kind(name), purge=purged[name])
    for name in renamed:
        yield Step(RemoveKind(table, name))
    for old, name in renamed.items():
        yield Step(AddKind(table, name, before.kind(old)))
    for name in new:
        if name in before.kinds:
            yield Step(AddKind(table, name, after.kind(name)))


def _removal(table: str, name: str, kind: Kind, *, purge: bool) -> Step:
    which = f"with the prefix {kind.prefix}" if kind.prefix else "without a prefix"
    if purge:
        remark = f"Deletes all items of {table} {which}. They do not come back."
    else:
        remark = f"Items of {table} {which} stay in the store; nothing reads them any more."
    return Step(RemoveKind(table, name, purge=purge), (remark,))


class _Attributes:
    """One kind that is there before and after; `before` is what it was like."""

    def __init__(self, table: TableState, kind: str, before: Kind, questions: Questions) -> None:
        self._table = table
        self._kind = kind
        self._old = before.attributes
        self._new = table.kind(kind).attributes
        self._questions = questions
        self._renamed = dict(self._renames())

    def _place(self, name: str) -> Place:
        return Place(self._table.name, self._kind, name)

    def _renames(self) -> Iterator[tuple[str, str]]:
        """Old name → new name, for attributes of one type."""
        gone = [name for name in self._old if name not in self._new and not self._is_used(name)]
        for name, attribute in self._new.items():
            if name in self._old:
                continue
            for old in gone:
                if _comparable(self._old[old], attribute) and self._questions.is_renamed(
                    self._place(old), name, attribute
                ):
                    gone.remove(old)
                    yield old, name
                    break

    def _is_used(self, name: str) -> bool:
        """By an index, or to tell when items expire; then stored values have to stay."""
        keys = (key.name for index in self._table.indexes.values() for key in index.keys)
        return name == self._table.expires_by or name in keys

    def kept_and_new(self) -> Iterator[Step]:
        table, kind = self._table.name, self._kind
        for old, new in self._renamed.items():
            yield Step(RenameAttribute(table, kind, old, new))
        former = {self._renamed.get(name, name): one for name, one in self._old.items()}
        for name, attribute in self._new.items():
            if name not in former:
                yield self._addition(name, attribute)
            elif former[name] != attribute:
                yield from self._alteration(name, former[name], attribute)

    def removed(self) -> Iterator[Step]:
        for name in self._old:
            if name not in self._new and name not in self._renamed:
                used = self._is_used(name)
                purge = not used and self._questions.purges_attribute(self._place(name))
                operation = RemoveAttribute(self._table.name, self._kind, name, purge=purge)
                yield Step(operation, _about_attribute(name, purge=purge))

    def _addition(self, name: str, attribute: Attribute) -> Step:
        target = (self._table.name, self._kind, name)
        if attribute.null:
            return Step(AddAttribute(*target, attribute))
        value = self._questions.value_for_stored_items(self._place(name), attribute, is_new=True)
        if isinstance(value, LeaveAlone):
            return Step(AddAttribute(*target, attribute), (_absent(name),))
        return Step(AddAttribute(*target, attribute, default=value))

    def _alteration(self, name: str, old: Attribute, new: Attribute) -> Iterator[Step]:
        target = (self._table.name, self._kind, name)
        if old.type != new.type:
            old, step = self._retyped(name, old, new)
            yield step
        if old.null and not new.null:
            value = self._questions.value_for_stored_items(self._place(name), new, is_new=False)
            if isinstance(value, LeaveAlone):
                yield Step(AlterAttribute(*target, new), (_absent(name),))
            else:
                fill = WhereAbsent(value)
                operation = AlterAttribute(*target, new, forwards=fill, backwards=NOTHING_TO_UNDO)
                yield Step(operation)
        elif old != new:
            yield Step(AlterAttribute(*target, new))

    def _retyped(self, name: str, old: Attribute, new: Attribute) -> tuple[Attribute, Step]:
        """With another type; whether it may be absent is a question of its own."""
        target = (self._table.name, self._kind, name)
        retyped = replace(new, null=True) if old.null and not new.null else new
        conversion = self._questions.conversion(self._place(name), old, new)
        if isinstance(conversion, LeaveAlone):
            remark = f"Stored values of {name} stay {old.type}: the application has to read both."
            return retyped, Step(AlterAttribute(*target, retyped), (remark,))
        return retyped, Step(
            AlterAttribute(
                *target, retyped, forwards=conversion.forwards, backwards=conversion.backwards
            )
        )


def _comparable(old: Attribute, new: Attribute) -> bool:
    return (old.type, old.version) == (new.type, new.version)


def _absent(name: str) -> str:
    return f"Items stored before this may have no {name}: the application has to cope with that."


def _about_attribute(name: str, *, purge: bool) -> tuple[str, ...]:
    if purge:
        return (f"Removes the stored values of {name}. They do not come back.",)
    return (f"Stored values of {name} stay in the items; nothing reads them any more.",)
