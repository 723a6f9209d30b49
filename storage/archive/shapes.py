"""What a table is, in DynamoDB's own words: read from the store, compared, and made anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_pascal

from storage.client import call
from storage.configuration import table_name
from storage.evolution.schema_calls import (
    delete_table,
    description_of,
    expiry_of,
    set_expiry,
    wait_until_active,
)
from storage.typed import RawItem

LONGEST_HASH_KEY, LONGEST_RANGE_KEY = 2048, 1024


class _Words(BaseModel):
    """Fields are named `KeySchema` outside, `key_schema` here."""

    model_config = ConfigDict(
        alias_generator=to_pascal, validate_by_name=True, extra="forbid", frozen=True, strict=True
    )


class KeyPart(_Words):
    attribute_name: str = Field(min_length=1)
    key_type: Literal["HASH", "RANGE"]


class Definition(_Words):
    attribute_name: str = Field(min_length=1)
    attribute_type: Literal["S", "N", "B"]


class Projection(_Words):
    projection_type: Literal["ALL", "KEYS_ONLY", "INCLUDE"]
    non_key_attributes: tuple[str, ...] | None = None


class Throughput(_Words):
    read_capacity_units: int = Field(ge=1)
    write_capacity_units: int = Field(ge=1)


class Stream(_Words):
    stream_enabled: Literal[True]
    stream_view_type: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]


class Index(_Words):
    index_name: str = Field(min_length=1)
    key_schema: tuple[KeyPart, ...]
    projection: Projection
    provisioned_throughput: Throughput | None = None


class Shape(_Words):
    """The arguments of CreateTable that make such a table, without its name."""

    key_schema: tuple[KeyPart, ...]
    attribute_definitions: tuple[Definition, ...]
    global_secondary_indexes: tuple[Index, ...] | None = None
    local_secondary_indexes: tuple[Index, ...] | None = None
    billing_mode: Literal["PAY_PER_REQUEST", "PROVISIONED"]
    provisioned_throughput: Throughput | None = None
    stream_specification: Stream | None = None
    table_class: Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        types = self.types
        for keys in (self.key_schema, *(index.key_schema for index in self.indexes.values())):
            if [key.key_type for key in keys] not in (["HASH"], ["HASH", "RANGE"]):
                raise ValueError("a key is a hash key and at most one range key")
            if any(key.attribute_name not in types for key in keys):
                raise ValueError("a key is not among the attribute definitions")
        return self

    @property
    def types(self) -> dict[str, str]:
        """Every attribute that is a key of the table or an index → S, N or B."""
        return {one.attribute_name: one.attribute_type for one in self.attribute_definitions}

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(part.attribute_name for part in self.key_schema)

    @property
    def indexes(self) -> dict[str, Index]:
        both = (*(self.global_secondary_indexes or ()), *(self.local_secondary_indexes or ()))
        return {index.index_name: index for index in both}

    def words(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def existing(name: str) -> Shape | None:
    """The table of this logical name as it is in the store; None where there is none."""
    description = description_of(name)
    return None if description is None else _shape(description)


def item_count(name: str) -> int:
    """The store's own count, which on AWS is up to six hours old; 0 where there is no table."""
    return int((description_of(name) or {}).get("ItemCount", 0))


def expiry(name: str) -> str | None:
    """The attribute by which its items expire."""
    return expiry_of(name, _patiently)


def create(name: str, shape: Shape, expires_by: str | None) -> None:
    """Waits until it can be used."""
    call("CreateTable", {"TableName": table_name(name), **shape.words()})
    wait_until_active(name, _patiently)
    set_expiry(name, expires_by, _patiently)


def remove(name: str) -> None:
    """Waits until it is gone."""
    delete_table(name, _patiently)


def differences(found: Shape, archived: Shape) -> list[str]:
    """How keys and indexes differ; each reads on after "table products"."""
    said = []
    if _keys(found, found.key_schema) != _keys(archived, archived.key_schema):
        here = _keys(found, found.key_schema)
        said.append(f"has the key {here}, in the archive {_keys(archived, archived.key_schema)}")
    for index_name in sorted(found.indexes.keys() | archived.indexes.keys()):
        here, there = _index(found, index_name), _index(archived, index_name)
        if not here:
            said.append(f"lacks the index {index_name} ({there})")
        elif not there:
            said.append(f"has an index {index_name} that the archive lacks")
        elif here != there:
            said.append(f"has the index {index_name} {here}, in the archive {there}")
    return said


def key_fault(item: RawItem, shape: Shape) -> str:
    """Why DynamoDB would not take this item, as far as keys go; empty where it would."""
    longest = dict(zip(shape.key_names, (LONGEST_HASH_KEY, LONGEST_RANGE_KEY), strict=False))
    for name, type_ in shape.types.items():
        value = item.get(name)
        if value is None:
            if name in longest:
                return f"has no key {name}"
            continue
        if type_ not in value:
            return f"has a key {name} that is not of type {type_}"
        if type_ == "N":
            continue
        content = value[type_]
        size = len(content.encode() if type_ == "S" else content)
        if not size:
            return f"has an empty key {name}"
        if size > longest.get(name, LONGEST_HASH_KEY):
            return f"has a key {name} that is too long"
    return ""


def _shape(description: Mapping[str, Any]) -> Shape:
    """Of the fields of DescribeTable only those that CreateTable takes."""
    billing = description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    has_units = billing == "PROVISIONED"
    words = {
        name: description[name]
        for name in ("KeySchema", "LocalSecondaryIndexes", "StreamSpecification")
        if description.get(name)
    }
    words["AttributeDefinitions"] = sorted(
        description["AttributeDefinitions"], key=lambda definition: definition["AttributeName"]
    )
    words["BillingMode"] = billing
    if has_units:
        words["ProvisionedThroughput"] = description["ProvisionedThroughput"]
    if indexes := description.get("GlobalSecondaryIndexes"):
        # On demand their units are said to be 0, which CreateTable does not take.
        left_out = set() if has_units else {"ProvisionedThroughput"}
        words["GlobalSecondaryIndexes"] = [
            {name: value for name, value in index.items() if name not in left_out}
            for index in indexes
        ]
    if table_class := description.get("TableClassSummary", {}).get("TableClass"):
        words["TableClass"] = table_class
    return Shape.model_validate(words, extra="ignore", strict=False)


def _keys(shape: Shape, keys: Iterable[KeyPart]) -> str:
    return ", ".join(f"{key.attribute_name} ({shape.types[key.attribute_name]})" for key in keys)


def _index(shape: Shape, name: str) -> str:
    """Everything that matters about an index, to be compared and shown; empty if there is none."""
    index = shape.indexes.get(name)
    if index is None:
        return ""
    kind = "local" if index in (shape.local_secondary_indexes or ()) else "global"
    projection = index.projection.projection_type
    included = ", ".join(sorted(index.projection.non_key_attributes or ()))
    said = f"{projection} {included}" if included else projection
    return f"{kind}, {_keys(shape, index.key_schema)}, {said}"


def _patiently(_what: str) -> None:
    """The store takes its time with tables; who started us can interrupt."""
