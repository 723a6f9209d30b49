"""What a table is: keys, indexes, expiry, stream, capacity, and the attributes of its items.

A state comes from the models, or from replaying migrations; the difference between the two is
what the next migration has to do. Values are immutable; `with_…` and `without_…` make new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

ALL = "ALL"
KEYS_ONLY = "KEYS_ONLY"
KEY_TYPES = ("S", "N", "B")
ATTRIBUTE_TYPES = ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")
STREAM_VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")

StreamView = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class StateError(Exception):
    """A migration asks for something that is not there, is there already, or cannot be."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key attribute: its name in the store and its type, S, N or B."""

    name: str
    type: str = "S"

    def __post_init__(self) -> None:
        if self.type not in KEY_TYPES:
            raise StateError(f"the key {self.name} cannot have the type {self.type}")


@dataclass(frozen=True, slots=True)
class Throughput:
    """Provisioned capacity, in units a second."""

    read: int
    write: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an item: its DynamoDB type, whether it may be absent, and whether it is
    the version that optimistic locking counts."""

    type: str
    null: bool = False
    version: bool = False

    def __post_init__(self) -> None:
        if self.type not in ATTRIBUTE_TYPES:
            raise StateError(f"DynamoDB has no attribute type {self.type}")


@dataclass(frozen=True, slots=True)
class _Index:
    name: str
    hash_key: Key
    range_key: Key | None = None
    # ALL, KEYS_ONLY, or the names of the attributes that it includes.
    projection: str | tuple[str, ...] = ALL

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(key for key in (self.hash_key, self.range_key) if key)


@dataclass(frozen=True, slots=True)
class GlobalIndex(_Index):
    """`throughput` only where the table has one."""

    throughput: Throughput | None = None


@dataclass(frozen=True, slots=True)
class LocalIndex(_Index):
    """Made with its table; DynamoDB can neither add nor remove one later."""


Index = GlobalIndex | LocalIndex


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item, with its attributes by their names in the store.

    Where a table holds several kinds, the hash keys of all but one begin with a `prefix`, and
    what begins with none of them is of the kind without.
    """

    attributes: Mapping[str, Attribute]
    prefix: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    @property
    def version_attribute(self) -> str | None:
        return next((name for name, one in self.attributes.items() if one.version), None)

    def with_attribute(self, name: str, attribute: Attribute) -> Kind:
        return replace(self, attributes={**self.attributes, name: attribute})

    def without_attribute(self, name: str) -> Kind:
        return replace(self, attributes={n: a for n, a in self.attributes.items() if n != name})


@dataclass(frozen=True, slots=True)
class TableState:
    """`name` is the logical one. `throughput` None is on demand, `expires_by` the attribute that
    holds the time of expiry.

    `foreign` are kinds by their prefix that are not, or no longer, part of the table, while items
    of theirs may be in it: so nobody takes these for another kind. It makes no state another one.
    """

    name: str
    hash_key: Key
    range_key: Key | None = None
    indexes: Mapping[str, Index] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    expires_by: str | None = None
    stream: StreamView | None = None
    throughput: Throughput | None = None
    foreign: Mapping[str, Kind] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "indexes", MappingProxyType(dict(self.indexes)))
        object.__setattr__(self, "kinds", MappingProxyType(dict(self.kinds)))
        own = {kind.prefix for kind in self.kinds.values()} | {""}
        foreign = {prefix: kind for prefix, kind in self.foreign.items() if prefix not in own}
        object.__setattr__(self, "foreign", MappingProxyType(foreign))

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(key for key in (self.hash_key, self.range_key) if key)

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys)

    def index(self, name: str) -> Index:
        if name not in self.indexes:
            raise StateError(f"{self.name} has no index {name}")
        return self.indexes[name]

    def kind(self, name: str) -> Kind:
        if name not in self.kinds:
            raise StateError(f"{self.name} has no items of kind {name}")
        return self.kinds[name]

    def kind_of(self, hash_key: Any) -> str | None:
        """The kind of an item with this hash key (str, Decimal or bytes): that of the longest
        prefix. None for foreign ones, and where no kind is without a prefix."""
        prefix = self._prefix_of(hash_key)
        return next((name for name, kind in self.kinds.items() if kind.prefix == prefix), None)

    def foreign_kind_of(self, hash_key: Any) -> Kind | None:
        return self.foreign.get(self._prefix_of(hash_key))

    def _prefix_of(self, hash_key: Any) -> str:
        if not isinstance(hash_key, str):
            return ""
        prefixes = (*self.foreign, *(kind.prefix for kind in self.kinds.values()))
        return max((one for one in prefixes if hash_key.startswith(one)), key=len, default="")

    def with_index(self, index: Index) -> TableState:
        return replace(self, indexes={**self.indexes, index.name: index})

    def without_index(self, name: str) -> TableState:
        self.index(name)
        return replace(self, indexes={n: i for n, i in self.indexes.items() if n != name})

    def with_kind(self, name: str, kind: Kind) -> TableState:
        return replace(self, kinds={**self.kinds, name: kind})

    def without_kind(self, name: str) -> TableState:
        """Its items may stay; they are foreign from now on."""
        gone = self.kind(name)
        kinds = {n: k for n, k in self.kinds.items() if n != name}
        return replace(self, kinds=kinds, foreign={**self.foreign, gone.prefix: gone})

    def with_foreign(self, kinds: Iterable[Kind]) -> TableState:
        return replace(self, foreign={**self.foreign, **{kind.prefix: kind for kind in kinds}})


@dataclass(frozen=True, slots=True)
class State:
    """All tables by logical name, and the app that each belongs to."""

    tables: Mapping[str, TableState] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))
        object.__setattr__(self, "owners", MappingProxyType(dict(self.owners)))

    def table(self, name: str) -> TableState:
        if name not in self.tables:
            raise StateError(f"there is no table {name}")
        return self.tables[name]

    def with_table(self, table: TableState, app: str | None = None) -> State:
        """`app` is needed for a new table only."""
        owner = app or self.owners[table.name]
        return State({**self.tables, table.name: table}, {**self.owners, table.name: owner})

    def without_table(self, name: str) -> State:
        self.table(name)
        return State(
            {n: table for n, table in self.tables.items() if n != name},
            {n: app for n, app in self.owners.items() if n != name},
        )

    def of_apps(self, apps: Iterable[str]) -> State:
        wanted = set(apps)
        names = {name for name, app in self.owners.items() if app in wanted}
        return State(
            {name: table for name, table in self.tables.items() if name in names},
            {name: app for name, app in self.owners.items() if name in names},
        )
