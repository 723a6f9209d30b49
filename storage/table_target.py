"""Rows straight into a table, by its model alone: no rule of an app is applied.

A field is an attribute by its stored name. What a row does not speak of stays as it is.

Most tables hold together by rules that only their services know. A table takes rows as they are
only if its Meta says `plain_items = True`, or else the mapping `options.raw = true`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from botocore.exceptions import ClientError
from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)

from storage.attributes import DecimalAttribute, DocumentAttribute
from storage.client import call
from storage.domain import Invalid
from storage.errors import StoreBusy
from storage.intake import Counts, Entry, FieldKind, Outcome, Refusal, TargetField
from storage.pauses import ATTEMPTS, pause
from storage.scanning import scan_pages
from storage.table import BATCH_GET_LIMIT, Table, batch_get
from storage.typed import RawItem, number_text
from storage.update_expression import UpdateExpression

PREFIX = "table:"
WORKERS = 4
NEEDED_OPTIONS: Mapping[str, Any] = {"raw": True}
HASH_KEY_BYTES, RANGE_KEY_BYTES = 2048, 1024
# As many digits as DynamoDB keeps: Python's own context would round what has more than 28.
_EXACT = Context(prec=38)
_KINDS: tuple[tuple[type[Attribute[Any]], FieldKind], ...] = (
    (DecimalAttribute, "decimal"),
    (NumberAttribute, "decimal"),
    (BooleanAttribute, "boolean"),
    (UTCDateTimeAttribute, "moment"),
    (TTLAttribute, "moment"),
    (UnicodeSetAttribute, "texts"),
    (ListAttribute, "texts"),
    (DocumentAttribute, "text"),
    (JSONAttribute, "text"),
    (UnicodeAttribute, "text"),
)


class TableTarget:
    """`table:<logical name>`."""

    def __init__(self, table: type[Table]) -> None:
        self._table = table
        self._attributes = {
            attribute.attr_name: attribute
            for attribute in self._table.get_attributes().values()
            if _kind_of(attribute) is not None
        }
        self.name = PREFIX + table.logical_name()
        self.summary = f"Items of the table {table.logical_name()}; no rule of the app applies."
        self.key = _key_names(self._attributes)
        self.needed_options = NEEDED_OPTIONS
        self.fields = tuple(_field(name, attribute) for name, attribute in self._attributes.items())

    def writer(
        self,
        *,
        org_id: str | None,  # noqa: ARG002  # as every target's
        owner_email: str | None,  # noqa: ARG002  # the same
        dry_run: bool,
        options: Mapping[str, Any],
    ) -> TableWriter:
        """Whose items they are is for the mapping to say. Raises Invalid."""
        unknown = options.keys() - {"raw"}
        if unknown:
            raise Invalid(f"unknown option “{min(unknown)}”; there is raw")
        is_plain = getattr(self._table.Meta, "plain_items", False) is True
        if not is_plain and options.get("raw") is not True:
            raise Invalid(
                f"the contents of {self._table.logical_name()} hold together by rules that writing"
                " the table itself goes around; options.raw = true in the mapping does it anyway"
            )
        return TableWriter(self._table, self._attributes, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class _Change:
    line: int
    key: RawItem
    before: RawItem | None
    wanted: RawItem
    emptied: tuple[str, ...]


class TableWriter:
    """One conditional update for every item that differs: it must be as it was read."""

    def __init__(
        self, table: type[Table], attributes: Mapping[str, Attribute[Any]], *, dry_run: bool
    ) -> None:
        self._table = table
        self._attributes = attributes
        self._dry_run = dry_run
        self._key = _key_names(attributes)
        self._version = next(
            (
                attribute.attr_name
                for attribute in table.get_attributes().values()
                if isinstance(attribute, VersionAttribute)
            ),
            None,
        )

    def identity(self, values: Mapping[str, Any]) -> str | None:
        """The key as it is stored: 1 and 1.0 are the same number."""
        key: RawItem = {}
        for name in self._key:
            value = values.get(name)
            if value is None:
                return None
            key[name] = _typed(self._attributes[name], value)
        return self._identity(key)

    def process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        wanted: list[tuple[Entry, RawItem]] = []
        for entry in entries:
            try:
                wanted.append((entry, self._raw(entry)))
            except _Unfit as unfit:
                outcome.refuse([Refusal(entry.line, unfit.field, unfit.reason)])
        stored = self._stored([raw for _, raw in wanted])
        changes = []
        for entry, raw in wanted:
            change = self._plan(entry, raw, stored.get(self._identity(raw)), outcome)
            if change is not None:
                changes.append(change)
        if self._dry_run:
            for change in changes:
                _count(outcome.counts, change)
        else:
            with ThreadPoolExecutor(WORKERS, thread_name_prefix="import") as pool:
                for change, reason in zip(changes, pool.map(self._write, changes), strict=True):
                    if reason:
                        outcome.refuse([Refusal(change.line, "", reason)])
                    else:
                        _count(outcome.counts, change)
        outcome.refusals.sort(key=lambda refusal: refusal.line)
        return outcome

    def count(self) -> int:
        """Reads the whole table."""
        return sum(len(page.items) for page in scan_pages(self._table.physical_name()))

    def close(self) -> None:
        """Nothing is held open."""

    def _raw(self, entry: Entry) -> RawItem:
        for name in self._key:
            value = entry.values.get(name)
            if value is None:
                raise _Unfit(name, "The key is empty.")
            limit = RANGE_KEY_BYTES if self._attributes[name].is_range_key else HASH_KEY_BYTES
            if isinstance(value, str) and len(value.encode()) > limit:
                raise _Unfit(name, f"The key has more than {limit} bytes.")
        raw: RawItem = {}
        for name, value in entry.values.items():
            if value is not None:
                try:
                    raw[name] = _typed(self._attributes[name], value)
                except ValueError:
                    raise _Unfit(name, "This is no valid JSON.") from None
                except RecursionError:
                    raise _Unfit(name, "This JSON is nested too deeply.") from None
        return raw

    def _stored(self, items: Sequence[RawItem]) -> dict[str, RawItem]:
        keys = [{name: item[name] for name in self._key} for item in items]
        found: list[RawItem] = []
        for start in range(0, len(keys), BATCH_GET_LIMIT):
            part = keys[start : start + BATCH_GET_LIMIT]
            found += batch_get(self._table.physical_name(), part, consistent=True)
        return {self._identity(item): item for item in found}

    def _identity(self, item: RawItem) -> str:
        return repr([_comparable(item[name]) for name in self._key])

    def _plan(
        self, entry: Entry, raw: RawItem, before: RawItem | None, outcome: Outcome
    ) -> _Change | None:
        missing = [
            name
            for name, attribute in self._attributes.items()
            if not attribute.null and name not in raw and (before is None or name in entry.values)
        ]
        if missing:
            outcome.refuse(
                [Refusal(entry.line, name, "No item is without this.") for name in missing]
            )
            return None
        stored = before or {}
        wanted = {
            name: value
            for name, value in raw.items()
            if name not in self._key and not _same(stored.get(name), value)
        }
        emptied = tuple(
            name for name, value in entry.values.items() if value is None and name in stored
        )
        if before is not None and not wanted and not emptied:
            outcome.counts.unchanged += 1
            return None
        key = {name: raw[name] for name in self._key}
        return _Change(entry.line, key, before, wanted, emptied)

    def _update(self, change: _Change) -> UpdateExpression:
        update = UpdateExpression()
        for name, value in change.wanted.items():
            update.set(name, value)
        for name in change.emptied:
            update.remove(name)
        if change.before is None:
            update.require(self._key[0], None)
            if self._version:
                update.set(self._version, {"N": "1"})
        elif self._version:
            version = change.before.get(self._version)
            update.require(self._version, version)
            update.set(self._version, {"N": str(int(version["N"]) + 1 if version else 1)})
        else:
            for name in (*change.wanted, *change.emptied):
                update.require(name, change.before.get(name))
        return update

    def _write(self, change: _Change) -> str:
        """Empty when written, else why not. Raises StoreBusy, StoreUnavailable."""
        arguments = {
            "TableName": self._table.physical_name(),
            "Key": change.key,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **self._update(change).arguments(),
        }
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(attempt)
            try:
                call("UpdateItem", dict(arguments))
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    return _why_not(change, error.response.get("Item"))
                if code == "ValidationException":
                    return str(error.response["Error"]["Message"])
                if code != "TransactionConflictException":
                    raise
            else:
                return ""
        raise StoreBusy(f"UpdateItem conflicted {ATTEMPTS} times")


def _why_not(change: _Change, found: RawItem | None) -> str:
    """Empty where all is as wanted: an attempt whose answer was lost had written it."""
    if (
        found
        and all(_same(found.get(name), value) for name, value in change.wanted.items())
        and not found.keys() & set(change.emptied)
    ):
        return ""
    return "Somebody else changed this item at the same moment. Import it again."


class _Unfit(Exception):
    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(reason)


def _kind_of(attribute: Attribute[Any]) -> FieldKind | None:
    if isinstance(attribute, VersionAttribute):
        return None
    if isinstance(attribute, ListAttribute) and attribute.element_type is not UnicodeAttribute:
        return None
    return next((kind for cls, kind in _KINDS if isinstance(attribute, cls)), None)


def _key_names(attributes: Mapping[str, Attribute[Any]]) -> tuple[str, ...]:
    """Hash key, then range key."""
    keys = [name for name, found in attributes.items() if found.is_hash_key or found.is_range_key]
    return tuple(sorted(keys, key=lambda name: attributes[name].is_range_key))


def _field(name: str, attribute: Attribute[Any]) -> TargetField:
    kind = _kind_of(attribute)
    assert kind is not None
    is_key = bool(attribute.is_hash_key or attribute.is_range_key)
    words = name.replace("_", " ").replace("-", " ").lower()
    return TargetField(
        name,
        kind,
        required=is_key or not attribute.null,
        help="part of the key" if is_key else "",
        synonyms=(words,),
    )


def _typed(attribute: Attribute[Any], value: Any) -> dict[str, Any]:
    """Raises ValueError for a text that is no JSON where JSON is stored, RecursionError for one
    that is nested too deeply to be read."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (Decimal, int)):
        return {"N": number_text(_canonical(Decimal(value)))}
    if isinstance(attribute, (DocumentAttribute, JSONAttribute)):
        attribute.deserialize(value)
        return {"S": value}
    if isinstance(attribute, UnicodeSetAttribute):
        return {"SS": sorted(set(value))}
    if isinstance(attribute, ListAttribute):
        return {"L": [{"S": member} for member in value]}
    return {attribute.attr_type: attribute.serialize(value)}


def _canonical(number: Decimal) -> Decimal:
    """One for all ways to write a number: 1, 1.0 and 1E+0, 0 and -0."""
    return _EXACT.normalize(number) if number else Decimal(0)


def _comparable(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        return _canonical(Decimal(content))
    return sorted(content) if kind == "SS" else content


def _same(stored: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return (
        stored is not None
        and stored.keys() == wanted.keys()
        and _comparable(stored) == _comparable(wanted)
    )


def _count(counts: Counts, change: _Change) -> None:
    if change.before is None:
        counts.created += 1
    else:
        counts.changed += 1
