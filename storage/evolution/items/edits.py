"""Writes of a difference, each conditioned on the item still being the one that was read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from storage.configuration import table_name
from storage.evolution.errors import MigrationError
from storage.evolution.items.checkpoints import Action, encoded_bytes, position_text
from storage.evolution.models import kinds_in_code
from storage.evolution.operation import Work
from storage.evolution.state import Kind, State, TableState
from storage.table import has_personal_keys
from storage.typed import RawItem, plain_value

# DynamoDB takes 300 operators and functions in one expression; each of these takes two.
MOST_CONDITIONS = 140
MOST_BYTES_OF_EXPRESSION = 4096
SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to become of one item; values in typed form.

    `read` names the attributes that the decision rests on, None where it may be any of them.
    """

    sets: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    removes: Sequence[str] = ()
    read: Iterable[str] | None = ()
    deletes: bool = False


DELETION = Edit(read=None, deletes=True)


class Conditions:
    """Collects what must still be true, with the names and values that expressions refer to."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._placeholders: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._proves_existence = False

    def __len__(self) -> int:
        return len(self._parts)

    def name(self, attribute: str) -> str:
        placeholder = self._placeholders.get(attribute)
        if placeholder is None:
            placeholder = self._placeholders[attribute] = f"#{len(self._placeholders)}"
            self.names[placeholder] = attribute
        return placeholder

    def value(self, value: dict[str, Any]) -> str:
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = value
        return placeholder

    def unchanged(self, attribute: str, item: RawItem) -> None:
        """As it is in `item`, or absent as there."""
        if attribute in self._parts:
            return
        if attribute in item:
            text = f"{self.name(attribute)} = {self.value(item[attribute])}"
            self._proves_existence = True
        else:
            text = f"attribute_not_exists({self.name(attribute)})"
        self._parts[attribute] = text

    def _text(self, hash_key: str) -> str:
        """All of them, and that the item is there at all."""
        parts = list(self._parts.values())
        if not self._proves_existence:
            parts.append(f"attribute_exists({self.name(hash_key)})")
        return " AND ".join(parts)

    def arguments(self, table: str, hash_key: str) -> dict[str, Any]:
        """As `ItemTable.arguments`."""
        arguments: dict[str, Any] = {
            "TableName": table,
            "ConditionExpression": self._text(hash_key),
            "ExpressionAttributeNames": self.names,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self.values:
            arguments["ExpressionAttributeValues"] = self.values
        return arguments


class ItemTable:
    """The items of one table as its state describes them.

    `title` says in messages what somebody is about to do with them.
    """

    def __init__(self, state: TableState, title: str) -> None:
        self.state = state
        self.title = title
        self.physical_name = table_name(state.name)
        self._key_names = state.key_names
        self._hash_key = state.hash_key.name
        self._kinds = {name: self._with_alike(name) for name in state.kinds}
        only = list(self._kinds.values())
        alone = len(only) == 1 and not only[0].prefix and not state.foreign
        self._only = only[0] if alone else None
        self._has_personal_keys = has_personal_keys(state.name)

    @classmethod
    def of(cls, work: Work, state: State, name: str, title: str) -> ItemTable:
        """With all kinds of item that may be in the table, whatever `state` knows of them."""
        table = state.table(name)
        latest = work.latest.tables.get(name)
        if latest is not None:
            known = [*latest.foreign.values(), *latest.kinds.values()]
            table = table.with_foreign(known)
        return cls(table.with_foreign(kinds_in_code(name)), title)

    def key(self, item: Mapping[str, Any]) -> RawItem:
        return {name: item[name] for name in self._key_names}

    def kind_of(self, item: RawItem) -> Kind | None:
        """None where nothing says what the item is; all of them in one where several kinds
        cannot be told apart. It may be a foreign one."""
        if self._only is not None:
            return self._only
        hash_key = plain_value(item[self._hash_key])
        name = self.state.kind_of(hash_key)
        return self.state.foreign_kind_of(hash_key) if name is None else self._kinds[name]

    def is_of_kind(self, kind: str | None, item: RawItem) -> bool:
        return kind is None or self.state.kind_of(plain_value(item[self._hash_key])) == kind

    def require_distinct(self, kind: str) -> None:
        """Raises MigrationError when items of the kind cannot be told from others."""
        if alike := self.alike(kind):
            raise MigrationError(
                f"{self.title}: items of kind {kind} cannot be told from {', '.join(alike)}:"
                " their keys have the same prefix"
            )

    def alike(self, kind: str) -> list[str]:
        """Other kinds whose items cannot be told from those of this one."""
        prefix = self.state.kind(kind).prefix
        return [
            name
            for name, other in self.state.kinds.items()
            if name != kind and other.prefix == prefix
        ]

    def _with_alike(self, name: str) -> Kind:
        kind = self.state.kinds[name]
        attributes = dict(kind.attributes)
        for other in self.alike(name):
            attributes |= self.state.kinds[other].attributes
        if attributes.keys() == kind.attributes.keys():
            return kind
        # Whether one may be absent depends on which of the kinds it is.
        return Kind({n: replace(one, null=True) for n, one in attributes.items()}, kind.prefix)

    def action(self, item: RawItem, edit: Edit) -> Action:
        """The write that makes the edit of the item, if it is still as it was read.

        Raises MigrationError where that cannot be put into a condition, or the edit is of a key.
        """
        conditions = Conditions()
        kind = self.kind_of(item)
        version = self._version(kind, item, edit)
        for name in (*edit.sets, *edit.removes):
            if name in self._key_names:
                raise self.problem(
                    item,
                    f"{name} is part of the key, which cannot change;"
                    " this takes a new table and RebuildItems",
                )
            conditions.unchanged(name, item)
        if version:
            conditions.unchanged(version, item)
        if edit.deletes or not (version and version in item):
            self._unchanged_as_read(conditions, kind, item, edit.read)
        if edit.deletes:
            return {"Delete": self._conditioned(conditions, item)}
        return {"Update": self._update(conditions, item, edit, version)}

    def check(self, item: RawItem) -> Action:
        """Writes nothing, and lets nothing be written unless the item is still as it was read."""
        conditions = Conditions()
        self.require_unchanged(conditions, item)
        return {"ConditionCheck": self._conditioned(conditions, item)}

    def require_unchanged(self, conditions: Conditions, item: RawItem) -> None:
        kind = self.kind_of(item)
        version = kind.version_attribute if kind else None
        if version and version in item:
            conditions.unchanged(version, item)
        else:
            self._unchanged_as_read(conditions, kind, item, None)

    def problem(self, item: Mapping[str, Any], what: str) -> MigrationError:
        """Names the item by its key; nothing else of an item is for everybody's eyes."""
        return MigrationError(f"{self.title}: item {self.shown(self.key(item))}: {what}")

    def shown(self, key: RawItem) -> str:
        """A key as messages show it: as JSON, or its digest where it may be about a person."""
        text = position_text(key)
        if not self._has_personal_keys:
            return text
        return "#" + hashlib.sha256(text.encode()).hexdigest()[:SHOWN_DIGITS]

    def _version(self, kind: Kind | None, item: RawItem, edit: Edit) -> str | None:
        """The version attribute to count up, unless it is what the edit itself is about.

        An item may lack it: where it always has one, this gives it one, so that an application
        that read the item before finds out; where it may be absent, versions are not for it.
        """
        name = kind.version_attribute if kind else None
        if kind is None or name is None or name in edit.sets or name in edit.removes:
            return None
        if name not in item and kind.attributes[name].null:
            return None
        return name

    def _unchanged_as_read(
        self,
        conditions: Conditions,
        kind: Kind | None,
        item: RawItem,
        read: Iterable[str] | None,
    ) -> None:
        if read is None:
            declared = kind.attributes if kind else ()
            read = [name for name in (*item, *declared) if name not in self._key_names]
        for name in read:
            conditions.unchanged(name, item)
        if len(conditions) > MOST_CONDITIONS:
            raise self._too_many(item)

    def _update(
        self, conditions: Conditions, item: RawItem, edit: Edit, version: str | None
    ) -> dict[str, Any]:
        sets = dict(edit.sets)
        if version:
            number = int(item[version]["N"]) + 1 if version in item else 1
            sets[version] = {"N": str(number)}
        clauses = []
        if sets:
            pairs = (f"{conditions.name(n)} = {conditions.value(v)}" for n, v in sets.items())
            clauses.append("SET " + ", ".join(pairs))
        if edit.removes:
            clauses.append("REMOVE " + ", ".join(map(conditions.name, edit.removes)))
        update = " ".join(clauses)
        if len(update) > MOST_BYTES_OF_EXPRESSION:
            raise self.problem(
                item, f"{len(sets) + len(edit.removes)} changes are too many at once"
            )
        return {**self._conditioned(conditions, item), "UpdateExpression": update}

    def _conditioned(self, conditions: Conditions, item: RawItem) -> dict[str, Any]:
        return {**self.arguments(conditions, item), "Key": self.key(item)}

    def arguments(self, conditions: Conditions, item: RawItem) -> dict[str, Any]:
        """What every action with these conditions has in common; the item or its key is missing.

        Raises MigrationError where the store does not take so many conditions.
        """
        arguments = conditions.arguments(self.physical_name, self._hash_key)
        if len(arguments["ConditionExpression"]) > MOST_BYTES_OF_EXPRESSION:
            raise self._too_many(item)
        return arguments

    def _too_many(self, item: RawItem) -> MigrationError:
        return self.problem(
            item,
            f"it has no version and {len(item)} attributes, too many to make sure in one"
            " condition that nobody changes it meanwhile",
        )


def size_of(*parts: Any) -> int:
    """Bytes as JSON: never less than what DynamoDB counts."""
    return sum(len(orjson.dumps(part, default=encoded_bytes)) for part in parts)
