"""How the tables of the store differ from what they should be, each difference with a name.

Only what a model speaks about is compared. The table class, tags, backups, protection against
deletion and encryption belong to whoever owns the infrastructure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self, cast

from botocore.exceptions import ClientError

from storage.client import call
from storage.configuration import table_name
from storage.evolution.state import (
    ALL,
    KEYS_ONLY,
    GlobalIndex,
    Index,
    Key,
    LocalIndex,
    State,
    StreamView,
    TableState,
    Throughput,
)

ACTIVE = "ACTIVE"
CREATING = "CREATING"
DELETING = "DELETING"
# Of a table in these states DynamoDB serves reads and writes.
IN_SERVICE = frozenset({ACTIVE, "UPDATING"})
NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Difference:
    """`table` is the logical name, `what` for instance `index sku_gsi`, `wanted` and `actual`
    what it should be and is; `str()` is all of it in one line."""

    table: str
    what: str
    wanted: str
    actual: str
    text: str

    def __str__(self) -> str:
        return f"{self.table}: {self.text}"

    @classmethod
    def missing(cls, table: str) -> Self:
        what = f"table {table_name(table)}"
        return cls(table, what, "there", "missing", f"the {what} does not exist")


@dataclass(frozen=True, slots=True)
class ActualTable:
    """A table as it is. `state` has no kinds and the name that was asked for. `status` and
    `index_status` (of global indexes, by name) are DynamoDB's words. `description` is its whole
    answer to DescribeTable, `headers` came with it."""

    state: TableState
    status: str = ACTIVE
    index_status: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index_status", MappingProxyType(dict(self.index_status)))


def describe(name: str) -> ActualTable | None:
    """The table with this logical name in the store, None where there is none. Two requests.

    Raises StoreUnavailable, and botocore's ClientError for other refusals.
    """
    return describe_physical(table_name(name), name)


def describe_physical(physical_name: str, name: str) -> ActualTable | None:
    """The same for a table that may have no logical name; `name` is what its state is called."""
    try:
        answer = call("DescribeTable", {"TableName": physical_name})
        expiry = call("DescribeTimeToLive", {"TableName": physical_name})
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_FOUND:
            return None
        raise
    return read_description(
        name,
        answer["Table"],
        expiry["TimeToLiveDescription"],
        answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}),
    )


def read_description(
    name: str,
    table: Mapping[str, Any],
    expiry: Mapping[str, Any],
    headers: Mapping[str, str] = MappingProxyType({}),
) -> ActualTable:
    """From the answers to DescribeTable and DescribeTimeToLive."""
    types = {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in table.get("AttributeDefinitions", ())
    }
    throughput = _throughput(table)
    hash_key, range_key = _keys(table["KeySchema"], types)
    raw_indexes = table.get("GlobalSecondaryIndexes") or ()
    indexes: list[Index] = [_global_index(raw, types, throughput) for raw in raw_indexes]
    indexes += [_local_index(raw, types) for raw in table.get("LocalSecondaryIndexes") or ()]
    return ActualTable(
        TableState(
            name=name,
            hash_key=hash_key,
            range_key=range_key,
            indexes={index.name: index for index in indexes},
            expires_by=_expires_by(expiry),
            stream=_stream(table),
            throughput=throughput,
        ),
        status=table["TableStatus"],
        index_status={raw["IndexName"]: raw.get("IndexStatus", ACTIVE) for raw in raw_indexes},
        description=table,
        headers=headers,
    )


def _keys(schema: list[Mapping[str, str]], types: Mapping[str, str]) -> tuple[Key, Key | None]:
    by_role = {part["KeyType"]: part["AttributeName"] for part in schema}
    hash_key, range_key = (
        Key(by_role[role], types[by_role[role]]) if role in by_role else None
        for role in ("HASH", "RANGE")
    )
    return cast(Key, hash_key), range_key


def _global_index(
    raw: Mapping[str, Any], types: Mapping[str, str], of_table: Throughput | None
) -> GlobalIndex:
    hash_key, range_key = _keys(raw["KeySchema"], types)
    # A table that went over to on demand may keep the figures of its indexes.
    throughput = _units(raw) if of_table else None
    return GlobalIndex(raw["IndexName"], hash_key, range_key, _projection(raw), throughput)


def _local_index(raw: Mapping[str, Any], types: Mapping[str, str]) -> LocalIndex:
    hash_key, range_key = _keys(raw["KeySchema"], types)
    return LocalIndex(raw["IndexName"], hash_key, range_key, _projection(raw))


def _projection(raw: Mapping[str, Any]) -> str | tuple[str, ...]:
    kind = raw["Projection"]["ProjectionType"]
    if kind in (ALL, KEYS_ONLY):
        return cast(str, kind)
    return tuple(sorted(raw["Projection"].get("NonKeyAttributes", ())))


def _throughput(table: Mapping[str, Any]) -> Throughput | None:
    """None is on demand. A table that was always provisioned has no summary of its billing, and
    some engines give none at all: then the units decide."""
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    return _units(table)


def _units(raw: Mapping[str, Any]) -> Throughput | None:
    """None for 0 and 0, which stand for no throughput of its own."""
    units = raw.get("ProvisionedThroughput") or {}
    read, write = units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)
    return Throughput(read, write) if read and write else None


def _expires_by(expiry: Mapping[str, Any]) -> str | None:
    if expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"):
        return cast(str, expiry["AttributeName"])
    return None


def _stream(table: Mapping[str, Any]) -> StreamView | None:
    specification = table.get("StreamSpecification") or {}
    if not specification.get("StreamEnabled"):
        return None
    return cast(StreamView, specification["StreamViewType"])


def differences(wanted: TableState, actual: ActualTable) -> list[Difference]:
    """What is not as it should be, in a fixed order. Names and kinds of item are not compared."""
    found = _Found(wanted.name)
    if actual.status not in IN_SERVICE:
        found.is_not("table", "there", _in_words(actual.status))
    is_ = actual.state
    found.compare("hash key", wanted.hash_key, is_.hash_key, _key_text)
    found.compare("range key", wanted.range_key, is_.range_key, _key_text)
    found.compare("billing", wanted.throughput, is_.throughput, _billing_text)
    found.compare("expiry", wanted.expires_by, is_.expires_by, _expiry_text)
    found.compare("stream", wanted.stream, is_.stream, _stream_text)
    for name in sorted({*wanted.indexes, *is_.indexes}):
        _compare_index(found, name, wanted, actual)
    return list(found)


def store_differences(state: State) -> list[Difference]:
    """Of every table of the state, tables that do not exist included. Two requests a table.

    Raises what `describe` raises.
    """
    found: list[Difference] = []
    for name, wanted in sorted(state.tables.items()):
        actual = describe(name)
        found += [Difference.missing(name)] if actual is None else differences(wanted, actual)
    return found


class _Found:
    def __init__(self, table: str) -> None:
        self._table = table
        self._list: list[Difference] = []

    def __iter__(self) -> Iterator[Difference]:
        return iter(self._list)

    def add(self, what: str, wanted: str, actual: str, text: str) -> None:
        self._list.append(Difference(self._table, what, wanted, actual, text))

    def is_not(self, what: str, wanted: str, actual: str) -> None:
        self.add(what, wanted, actual, f"the {what} is {actual}")

    def compare(self, what: str, wanted: Any, actual: Any, in_words: Callable[[Any], str]) -> None:
        if wanted != actual:
            should, does = in_words(wanted), in_words(actual)
            self.add(what, should, does, f"the {what} is {does}, should be {should}")


def _compare_index(found: _Found, name: str, wanted: TableState, actual: ActualTable) -> None:
    what = f"index {name}"
    is_, should = actual.state.indexes.get(name), wanted.indexes.get(name)
    status = actual.index_status.get(name, ACTIVE)
    if should is None:
        there = "still there" if status == DELETING else "there"
        found.add(what, "missing", there, f"the {what} is {there} but not in the model")
    elif is_ is None:
        found.is_not(what, "there", "missing")
    elif status in (CREATING, DELETING):
        found.is_not(what, "there", _in_words(status))
    else:
        found.compare(f"kind of {what}", type(should), type(is_), _index_kind)
        found.compare(f"hash key of {what}", should.hash_key, is_.hash_key, _key_text)
        found.compare(f"range key of {what}", should.range_key, is_.range_key, _key_text)
        projections = _projected(wanted, should), _projected(actual.state, is_)
        found.compare(f"projection of {what}", *projections, _projection_text)
        # Without figures for the index, in the model or in the engine, there is nothing to say.
        units = _own_throughput(wanted, should), _own_throughput(actual.state, is_)
        if all(units):
            found.compare(f"throughput of {what}", *units, _billing_text)


def _projected(table: TableState, index: Index) -> str | tuple[str, ...]:
    """Keys are in every index, so naming them adds nothing; the order means nothing either."""
    if isinstance(index.projection, str):
        return index.projection
    keys = {*table.key_names, *(key.name for key in index.keys)}
    return tuple(sorted(set(index.projection) - keys)) or KEYS_ONLY


def _own_throughput(table: TableState, index: Index) -> Throughput | None:
    return index.throughput if table.throughput and isinstance(index, GlobalIndex) else None


def _key_text(key: Key | None) -> str:
    return f"{key.name} ({key.type})" if key else "none"


def _billing_text(throughput: Throughput | None) -> str:
    if throughput is None:
        return "on demand"
    return f"provisioned with {throughput.read} read and {throughput.write} write units"


def _projection_text(projection: str | tuple[str, ...]) -> str:
    if isinstance(projection, str):
        return "all attributes" if projection == ALL else "keys only"
    return "keys and " + ", ".join(projection)


def _expiry_text(attribute: str | None) -> str:
    return f"by {attribute}" if attribute else "off"


def _stream_text(view: str | None) -> str:
    return view or "off"


def _index_kind(kind: type[Index]) -> str:
    return "local" if kind is LocalIndex else "global"


def _in_words(status: str) -> str:
    words = {CREATING: "still being made", DELETING: "being deleted"}
    return f"{words[status]} ({status})" if status in words else status
