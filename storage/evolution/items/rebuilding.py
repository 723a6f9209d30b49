"""Derived tables: what a source item should have there, and what no longer belongs there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from storage.client import call
from storage.errors import StoreUnavailable
from storage.evolution.items.checkpoints import Action, position_text
from storage.evolution.items.edits import DELETION, Conditions, ItemTable, size_of
from storage.evolution.items.run import Patience, Run
from storage.evolution.items.segment import MOST_BYTES, MOST_WRITES
from storage.evolution.items.steps import Step
from storage.evolution.items.transforming import Functions, same
from storage.table import BATCH_GET_LIMIT
from storage.typed import RawItem, plain_item

STALE = "stale"
# A source item may have many derived ones, which are read as well.
SOURCE_PAGE_SIZE = 100
DERIVED_PAGE_SIZE = 500
# One more is the check of the source item.
MOST_WRITES_PER_STEP = MOST_WRITES - 1

Items = dict[str, RawItem]
"""By `position_text` of their keys."""


@dataclass(frozen=True, slots=True)
class Derivation:
    table: ItemTable
    source: ItemTable
    kind: str | None
    build: Callable[[RawItem], Iterable[RawItem]]
    source_key: Callable[[RawItem], RawItem | None]

    def built(self, item: RawItem) -> Items:
        """What should be there for an item of the source; nothing for those of other kinds."""
        if not self.source.is_of_kind(self.kind, item):
            return {}
        functions = Functions(self.source)
        found: Items = {}
        for derived in functions.call(lambda given: list(self.build(given)), item, item):
            if not all(name in derived for name in self.table.state.key_names):
                raise self.source.problem(item, "the function built an item without its key")
            key = position_text(self.table.key(derived))
            if key in found:
                raise self.source.problem(item, "the function built two items with the same key")
            found[key] = derived
        return found

    def origin(self, derived: RawItem) -> RawItem | None:
        """The key of the source item that a derived item comes from."""
        functions = Functions(self.table)
        key = functions.call(self.source_key, derived, derived)
        if key is not None and key.keys() != set(self.source.state.key_names):
            raise self.table.problem(derived, "the function returned no key of the source")
        return key


class _Reader:
    def __init__(self, run: Run, derivation: Derivation) -> None:
        self._run = run
        self._derivation = derivation

    def _fetch(self, table: ItemTable, keys: Sequence[RawItem]) -> Items:
        """Those that exist; strongly consistent."""
        found: Items = {}
        for start in range(0, len(keys), BATCH_GET_LIMIT):
            for item in self._batch(table, list(keys[start : start + BATCH_GET_LIMIT])):
                found[position_text(table.key(item))] = item
        return found

    def _batch(self, table: ItemTable, keys: list[RawItem]) -> Iterable[RawItem]:
        patience = Patience(self._run)
        while keys:
            self._run.take_turn()
            request = {table.physical_name: {"Keys": keys, "ConsistentRead": True}}
            try:
                answer = call("BatchGetItem", {"RequestItems": request})
            except StoreUnavailable as error:
                patience.bear(error)
                continue
            except ClientError as error:
                raise self._run.refused(error) from error
            self._run.pace.spend(sum(part["CapacityUnits"] for part in answer["ConsumedCapacity"]))
            yield from answer["Responses"].get(table.physical_name, ())
            left = answer.get("UnprocessedKeys", {}).get(table.physical_name, {}).get("Keys", [])
            if len(left) == len(keys):
                patience.bear(StoreUnavailable("BatchGetItem: nothing was read"))
            keys = left


class BuildPlan(_Reader):
    """For each item of the source: writes what is missing in the derived table, or differs."""

    def steps(self, items: Sequence[RawItem]) -> list[Step]:
        wanted = [
            (number, item, self._derivation.built(item)) for number, item in enumerate(items, 1)
        ]
        table = self._derivation.table
        keys = {key: table.key(one) for _, _, built in wanted for key, one in built.items()}
        stored = self._fetch(table, list(keys.values()))
        return [
            step
            for number, item, built in wanted
            for step in self._steps(number, item, built, stored)
        ]

    def again(self, step: Step, current: RawItem | None) -> list[Step]:  # noqa: ARG002
        found = self._fetch(self._derivation.source, [step.key])
        return [
            renewed
            for item in found.values()
            for renewed in self._steps(step.ordinal, item, *self._now(item))
        ]

    def _now(self, item: RawItem) -> tuple[Items, Items]:
        built = self._derivation.built(item)
        table = self._derivation.table
        return built, self._fetch(table, [table.key(one) for one in built.values()])

    def _steps(self, ordinal: int, item: RawItem, built: Items, stored: Items) -> list[Step]:
        writes = [
            self._put(one, stored.get(key))
            for key, one in built.items()
            if key not in stored or not _same_items(one, stored[key])
        ]
        if not writes:
            return []
        source = self._derivation.source
        key, check = source.key(item), source.check(item)
        checked = size_of(item)
        parts = list(_parts(writes, MOST_BYTES - checked))
        return [
            Step(
                ordinal,
                key,
                part,
                checked + size,
                {position_text(key): check},
                moves=number == len(parts),
            )
            for number, (part, size) in enumerate(parts, 1)
        ]

    def _put(self, item: RawItem, stored: RawItem | None) -> Action:
        table = self._derivation.table
        if stored is None:
            return {
                "Put": {
                    "TableName": table.physical_name,
                    "Item": item,
                    "ConditionExpression": "attribute_not_exists(#key)",
                    "ExpressionAttributeNames": {"#key": table.state.hash_key.name},
                }
            }
        conditions = Conditions()
        for name in item:
            if name not in stored:
                conditions.unchanged(name, stored)
        table.require_unchanged(conditions, stored)
        return {"Put": {**table.arguments(conditions, stored), "Item": item}}


class StalePlan(_Reader):
    """For each derived item: deletes it if the item that it comes from no longer builds it."""

    def steps(self, items: Sequence[RawItem]) -> list[Step]:
        derivation = self._derivation
        origins = [(number, item, derivation.origin(item)) for number, item in enumerate(items, 1)]
        keys = {position_text(key): key for _, _, key in origins if key is not None}
        sources = self._fetch(derivation.source, list(keys.values()))
        built = {key: derivation.built(item) for key, item in sources.items()}
        steps = []
        for number, item, key in origins:
            if key is None:
                continue
            name = position_text(key)
            if position_text(derivation.table.key(item)) not in built.get(name, {}):
                steps.append(self._step(number, item, key, sources.get(name)))
        return steps

    def again(self, step: Step, current: RawItem | None) -> list[Step]:  # noqa: ARG002
        found = self._fetch(self._derivation.table, [step.key])
        renewed = self.steps(list(found.values()))
        for one in renewed:
            one.ordinal = step.ordinal
        return renewed

    def _step(self, ordinal: int, item: RawItem, origin: RawItem, source: RawItem | None) -> Step:
        derivation = self._derivation
        check = derivation.source.check(source) if source else _absent(derivation.source, origin)
        delete = derivation.table.action(item, DELETION)
        return Step(
            ordinal,
            derivation.table.key(item),
            (delete,),
            size_of(item, delete),
            {position_text(origin): check},
        )


def _parts(writes: Sequence[Action], most_bytes: int) -> Iterable[tuple[list[Action], int]]:
    """The writes in portions that fit into a transaction each, with their size in bytes."""
    part: list[Action] = []
    size = 0
    for write in writes:
        more = size_of(write)
        if part and (len(part) == MOST_WRITES_PER_STEP or size + more > most_bytes):
            yield part, size
            part, size = [], 0
        part.append(write)
        size += more
    yield part, size


def _absent(table: ItemTable, key: RawItem) -> Action:
    return {
        "ConditionCheck": {
            "TableName": table.physical_name,
            "Key": key,
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": table.state.hash_key.name},
        }
    }


def _same_items(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The store may write a number or order a set in its own way."""
    return one == other or same(plain_item(one), plain_item(other))
