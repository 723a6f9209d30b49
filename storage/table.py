"""The base of every table: named by configuration, on the shared client, read a page at a time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from botocore.exceptions import ClientError
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from storage.client import SharedConnection, call
from storage.configuration import generation, table_name
from storage.errors import StoreBusy, StoreUnavailable
from storage.pauses import ATTEMPTS, pause

Item = TypeVar("Item", bound="Table")
BILLING_MODE = "PAY_PER_REQUEST"
PROVISIONED = "PROVISIONED"
BATCH_GET_LIMIT = 100
BATCH_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.05

_registry: dict[str, type[Table]] = {}
_kinds: dict[str, dict[str, type[Table]]] = {}


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """What one query request returned.

    `last_key` is where it stopped, None when it came to the end; a request that stops exactly
    at the end does not know it, so a key may lead to nothing.
    """

    items: list[Item]
    last_key: dict[str, Any] | None
    capacity: float


class Table(Model):
    """A PynamoDB model whose `Meta` needs only a `logical_name`.

    class ProductItem(Table):
        class Meta:
            logical_name = "products"

    Other kinds of item of the same table, such as unique markers, are models of their own with
    the same logical name and `secondary = True`: they never define the table. Their hash keys
    begin with the `prefix` that their Meta names, which tells the kinds apart.

    Meta may also say `read_capacity_units` with `write_capacity_units` (on demand without them)
    and `stream_view_type`; `personal_keys = True` keeps keys out of messages where they may say
    something about a person.

    Reads go through `find`, `find_many` and `slice`: one request each (`find_many`: one per 100
    keys), so a caller knows what it spends. Writes go through `storage.transactions`.
    """

    _shared: ClassVar[tuple[int, TableConnection] | None] = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        meta = cls.__dict__.get("Meta")
        logical_name = getattr(meta, "logical_name", None)
        if logical_name is None:
            return
        meta.table_name = logical_name  # type: ignore[union-attr]  # PynamoDB insists on one
        provisioned = getattr(meta, "read_capacity_units", None)
        meta.billing_mode = PROVISIONED if provisioned else BILLING_MODE  # type: ignore[union-attr]
        if not getattr(meta, "secondary", False):
            _registry[logical_name] = cls
        _kinds.setdefault(logical_name, {})[cls.__name__] = cls
        cls._shared = None

    @classmethod
    def logical_name(cls) -> str:
        return cast(str, getattr(cls.Meta, "logical_name"))  # noqa: B009  # unknown to PynamoDB

    @classmethod
    def physical_name(cls) -> str:
        return table_name(cls.logical_name())

    @classmethod
    def _get_connection(cls) -> TableConnection:
        shared = cls._shared
        if shared is None or shared[0] != generation():
            shared = generation(), cls._connect()
            cls._shared = shared
        return shared[1]

    @classmethod
    def _connect(cls) -> TableConnection:
        name = cls.physical_name()
        schema = cls._get_schema()
        connection = TableConnection(name)
        connection.connection = SharedConnection()
        connection.connection.add_meta_table(
            MetaTable(
                {
                    "TableName": name,
                    "KeySchema": schema["key_schema"],
                    "AttributeDefinitions": schema["attribute_definitions"],
                    "GlobalSecondaryIndexes": _index_keys(schema["global_secondary_indexes"]),
                    "LocalSecondaryIndexes": _index_keys(schema["local_secondary_indexes"]),
                }
            )
        )
        return connection

    @classmethod
    def find(cls, hash_key: Any, range_key: Any = None, *, consistent: bool = False) -> Self | None:
        """The item with this key, or None."""
        try:
            return cls.get(hash_key, range_key, consistent_read=consistent)
        except cls.DoesNotExist:
            return None

    @classmethod
    def find_many(cls, keys: Iterable[Any], *, consistent: bool = False) -> list[Self]:
        """The items that exist among `keys` (hash keys, or pairs), in no particular order.

        Raises StoreUnavailable when the store keeps leaving some of them for later.
        """
        wanted = list(dict.fromkeys(keys))
        found: list[Self] = []
        name = cls.physical_name()
        for start in range(0, len(wanted), BATCH_GET_LIMIT):
            keys_of_batch = [cls._raw_key(key) for key in wanted[start : start + BATCH_GET_LIMIT]]
            found.extend(map(cls.from_raw_data, batch_get(name, keys_of_batch, consistent)))
        return found

    @classmethod
    def slice(
        cls,
        hash_key: Any,
        condition: Condition | None = None,
        *,
        page_size: int,
        index: str | None = None,
        forward: bool = True,
        start_key: Mapping[str, Any] | None = None,
        filter_condition: Condition | None = None,
        consistent: bool = False,
    ) -> Slice[Self]:
        """One query request: at most `page_size` items are read, the filter is applied after."""
        owner = cls._indexes[index] if index else cls
        answer = cls._get_connection().query(
            owner._hash_key_attribute().serialize(hash_key),  # type: ignore[no-untyped-call]
            range_key_condition=condition,
            filter_condition=filter_condition,
            index_name=index,
            exclusive_start_key=start_key,
            scan_index_forward=forward,
            limit=page_size,
            consistent_read=consistent,
        )
        return Slice(
            items=[cls.from_raw_data(raw) for raw in answer["Items"]],
            last_key=answer.get("LastEvaluatedKey"),
            capacity=answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0),
        )

    @classmethod
    def amend(
        cls,
        hash_key: Any,
        range_key: Any = None,
        *,
        actions: Sequence[Action],
        condition: Condition | None = None,
    ) -> bool:
        """One update of one item, created where absent. False where the condition failed.

        For actions that may be repeated without harm; everything else is a transaction. Raises
        StoreBusy when transactions kept touching the item.
        """
        hash_value, range_value = cls._serialize_keys(hash_key, range_key)
        arguments = cls._get_connection().get_operation_kwargs(
            hash_value, range_key=range_value, actions=actions, condition=condition
        )
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(attempt)
            try:
                call("UpdateItem", dict(arguments))
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "ConditionalCheckFailedException":
                    return False
                if code != "TransactionConflictException":
                    raise
            else:
                return True
        raise StoreBusy(f"UpdateItem conflicted {ATTEMPTS} times")

    def primary_key(self) -> tuple[Any, Any]:
        """Hash key and range key; None where the table has no range key."""
        names = (self._hash_keyname, self._range_keyname)
        hash_key, range_key = (getattr(self, name) if name else None for name in names)
        return hash_key, range_key

    @classmethod
    def _raw_key(cls, key: Any) -> dict[str, Any]:
        hash_key, range_key = key if isinstance(key, tuple) else (key, None)
        hash_value, range_value = cls._serialize_keys(hash_key, range_key)
        identifier = cls._get_connection().get_operation_kwargs(hash_value, range_key=range_value)
        return cast("dict[str, Any]", identifier["Key"])


def batch_get(table: str, keys: list[dict[str, Any]], consistent: bool) -> list[dict[str, Any]]:
    """The items among at most a hundred keys, of a table by its physical name, in typed form."""
    found: list[dict[str, Any]] = []
    for attempt in range(BATCH_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311  # jitter
        answer = call(
            "BatchGetItem", {"RequestItems": {table: {"Keys": keys, "ConsistentRead": consistent}}}
        )
        found += answer["Responses"].get(table, ())
        # What DynamoDB could not serve at once comes back to be asked for again, later.
        keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if not keys:
            return found
    raise StoreUnavailable(f"BatchGetItem: {len(keys)} keys left after {BATCH_ATTEMPTS} attempts")


def _index_keys(indexes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"IndexName": index["index_name"], "KeySchema": index["key_schema"]} for index in indexes
    ]


def registered_tables() -> list[type[Table]]:
    """Every table that has been defined in this process, by logical name."""
    return [_registry[name] for name in sorted(_registry)]


def kinds_of(logical_name: str) -> list[type[Table]]:
    """The models of all kinds of item in a table, the one that defines it first."""
    kinds = _kinds.get(logical_name, {}).values()
    return sorted(kinds, key=lambda kind: (getattr(kind.Meta, "secondary", False), kind.__name__))


def has_personal_keys(logical_name: str) -> bool:
    return any(getattr(kind.Meta, "personal_keys", False) for kind in kinds_of(logical_name))
