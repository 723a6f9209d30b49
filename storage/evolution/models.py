"""The state that the models describe: the one that migrations have to reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pynamodb.attributes import Attribute as StoredAttribute
from pynamodb.attributes import VersionAttribute

from storage.evolution.authoring.questions import Place
from storage.evolution.state import (
    ALL,
    KEYS_ONLY,
    Attribute,
    GlobalIndex,
    Index,
    Key,
    Kind,
    LocalIndex,
    State,
    StreamView,
    TableState,
    Throughput,
)
from storage.table import Table, kinds_of, registered_tables
from storage.typed import Plain, plain_value


def state_of_models(apps: set[str] | None = None) -> State:
    """Of all registered tables, or those of some apps, named by the package of their model."""
    state = State()
    for table in registered_tables():
        app = app_of(table)
        if apps is None or app in apps:
            state = state.with_table(table_state(table), app)
    return state


def values_of_models(apps: set[str]) -> dict[Place, Plain]:
    """The defaults that the models declare, as they are stored; without those that are functions,
    whose value is another one each time."""
    return {
        Place(table.logical_name(), kind.__name__, attribute.attr_name): plain_value(
            {attribute.attr_type: attribute.serialize(attribute.default)}
        )
        for table in registered_tables()
        if app_of(table) in apps
        for kind in _kinds(table)
        for attribute in kind.get_attributes().values()
        if attribute.default is not None and not callable(attribute.default)
    }


def app_of(table: type[Table]) -> str:
    return table.__module__.partition(".")[0]


def table_state(table: type[Table]) -> TableState:
    schema = table._get_schema()
    types = {
        definition["AttributeName"]: definition["AttributeType"]
        for definition in schema["attribute_definitions"]
    }
    hash_key, range_key = _keys(schema["key_schema"], types)
    meta = table.Meta
    expiry = table._ttl_attribute()  # type: ignore[no-untyped-call]
    throughput = _throughput(
        getattr(meta, "read_capacity_units", None), getattr(meta, "write_capacity_units", None)
    )
    indexes = _indexes(schema, types, provisioned=throughput is not None)
    return TableState(
        name=table.logical_name(),
        hash_key=hash_key,
        range_key=range_key,
        indexes={index.name: index for index in indexes},
        kinds={kind.__name__: _kind(kind) for kind in _kinds(table)},
        expires_by=None if expiry is None else expiry.attr_name,
        stream=cast("StreamView | None", getattr(meta, "stream_view_type", None)),
        throughput=throughput,
    )


def _kinds(table: type[Table]) -> list[type[Table]]:
    """Those of the same package: what tests put into a table of an app is no part of it."""
    return [kind for kind in kinds_of(table.logical_name()) if app_of(kind) == app_of(table)]


def kinds_in_code(logical_name: str) -> list[Kind]:
    """Of all models that anybody wrote for this table; none where there is no such model."""
    return [_kind(model) for model in kinds_of(logical_name)]


def _keys(schema: list[Any], types: Mapping[str, str]) -> tuple[Key, Key | None]:
    by_role = {part["KeyType"]: part["AttributeName"] for part in schema}
    range_name = by_role.get("RANGE")
    range_key = Key(range_name, types[range_name]) if range_name else None
    return Key(by_role["HASH"], types[by_role["HASH"]]), range_key


def _indexes(
    schema: Mapping[str, Any], types: Mapping[str, str], *, provisioned: bool
) -> list[Index]:
    found: list[Index] = []
    for raw in schema["global_secondary_indexes"]:
        hash_key, range_key = _keys(raw["key_schema"], types)
        units = (raw.get("provisioned_throughput") or {}) if provisioned else {}
        throughput = _throughput(units.get("ReadCapacityUnits"), units.get("WriteCapacityUnits"))
        projection = _projection(raw["projection"])
        found.append(GlobalIndex(raw["index_name"], hash_key, range_key, projection, throughput))
    for raw in schema["local_secondary_indexes"]:
        hash_key, range_key = _keys(raw["key_schema"], types)
        found.append(
            LocalIndex(raw["index_name"], hash_key, range_key, _projection(raw["projection"]))
        )
    return found


def _projection(raw: Mapping[str, Any]) -> str | tuple[str, ...]:
    kind = raw["ProjectionType"]
    if kind in (ALL, KEYS_ONLY):
        return cast(str, kind)
    return tuple(sorted(raw["NonKeyAttributes"]))


def _throughput(read: int | None, write: int | None) -> Throughput | None:
    return Throughput(read, write) if read and write else None


def _kind(model: type[Table]) -> Kind:
    """The keys first, then as the model has them: a person reads this order in a migration."""
    declared = sorted(_in_order(model), key=lambda one: (not one.is_hash_key, not one.is_range_key))
    attributes = {
        attribute.attr_name: Attribute(
            attribute.attr_type,
            null=bool(attribute.null),
            version=isinstance(attribute, VersionAttribute),
        )
        for attribute in declared
    }
    return Kind(attributes, prefix=getattr(model.Meta, "prefix", ""))


def _in_order(model: type[Table]) -> list[StoredAttribute[Any]]:
    """PynamoDB sorts by name; the classes know the order in which they were written."""
    found = model.get_attributes()
    written = [name for owner in reversed(model.__mro__) for name in vars(owner) if name in found]
    return [found[name] for name in dict.fromkeys([*written, *found])]
