"""The requests that make, change and remove tables, and the waiting for each to take effect.

Every function leaves alone what is as wanted already, so that a run that was killed can repeat
the operation at which it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from storage.client import call
from storage.configuration import table_name
from storage.errors import StoreUnavailable
from storage.evolution.errors import MigrationError, TableDiffers
from storage.evolution.state import (
    ALL,
    KEYS_ONLY,
    GlobalIndex,
    Index,
    Key,
    LocalIndex,
    TableState,
    Throughput,
)
from storage.scanning import scan_page
from storage.table import BILLING_MODE, PROVISIONED

PAUSE_SECONDS = 0.2
IN_USE_SECONDS = 120.0
# For so long a description may be older than the change that we made.
SETTLING_SECONDS = 30.0
# The embedded engine's words for a table that it lists but did not get to make.
CUT_SHORT = "no such table"
LONGEST_PAUSE_SECONDS = 5.0

Waiting = Callable[[str], None]
"""Is told what is waited for; raises what should end the waiting."""


def silently(_text: str) -> None:
    """Waits without a word."""


def create_table(table: TableState, waiting: Waiting) -> None:
    """Makes the table and waits until it can be used."""
    indexes = list(table.indexes.values())
    arguments: dict[str, Any] = {
        "TableName": table_name(table.name),
        "KeySchema": _key_schema(table.keys),
        "AttributeDefinitions": _definitions(table),
        **_billing(table.throughput),
    }
    local = [_local_index(index) for index in indexes if isinstance(index, LocalIndex)]
    everywhere = [_global_index(i, table) for i in indexes if isinstance(i, GlobalIndex)]
    if local:
        arguments["LocalSecondaryIndexes"] = local
    if everywhere:
        arguments["GlobalSecondaryIndexes"] = everywhere
    if table.stream:
        arguments["StreamSpecification"] = _stream(table.stream)
    try:
        call("CreateTable", arguments)
    except ClientError as error:
        # Another process makes it at this moment; a run under a lease never meets this.
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
    _wait_until_known(table.name, waiting)
    wait_until_active(table.name, waiting)
    if table.expires_by:
        set_expiry(table.name, table.expires_by, waiting)


def delete_table(name: str, waiting: Waiting) -> None:
    """Nothing happens when there is no such table."""
    physical = table_name(name)
    for pause in _pauses():
        description = description_of(name)
        if description is None:
            return
        if description["TableStatus"] == "ACTIVE":
            _change("DeleteTable", {"TableName": physical}, waiting)
        waiting(f"{physical} is being deleted")
        time.sleep(pause)


def add_index(table: TableState, index: GlobalIndex, waiting: Waiting) -> None:
    """`table` as it is with the index. Waits until the store has filled it.

    Raises TableDiffers when there is another index under its name.
    """
    physical = table_name(table.name)
    wait_until_active(table.name, waiting)
    existing = _global_indexes(table.name).get(index.name)
    if existing is None:
        creation = {"Create": _global_index(index, table)}
        _change(
            "UpdateTable",
            {
                "TableName": physical,
                "AttributeDefinitions": _definitions(table),
                "GlobalSecondaryIndexUpdates": [creation],
            },
            waiting,
        )
    elif not _is_like(existing, index):
        raise TableDiffers(f"{table.name}: there is another index {index.name} already")
    _wait_until_filled(table.name, index.name, waiting)
    wait_until_active(table.name, waiting)


def _wait_until_filled(name: str, index: str, waiting: Waiting) -> None:
    made_by = time.monotonic() + SETTLING_SECONDS
    for pause in _pauses():
        found = _global_indexes(name).get(index)
        if found and found["IndexStatus"] == "ACTIVE":
            return
        if found is None and time.monotonic() > made_by:
            raise MigrationError(f"the index {index} of {table_name(name)} is gone")
        waiting(f"{table_name(name)} is filling the index {index}")
        time.sleep(pause)


def remove_index(name: str, index: str, waiting: Waiting) -> None:
    physical = table_name(name)
    wait_until_active(name, waiting)
    found = _global_indexes(name).get(index)
    if found and found["IndexStatus"] != "DELETING":
        removal = {"Delete": {"IndexName": index}}
        _change(
            "UpdateTable",
            {"TableName": physical, "GlobalSecondaryIndexUpdates": [removal]},
            waiting,
        )
    for pause in _pauses():
        if index not in _global_indexes(name):
            break
        waiting(f"{physical} is removing the index {index}")
        time.sleep(pause)
    wait_until_active(name, waiting)


def set_expiry(name: str, attribute: str | None, waiting: Waiting) -> None:
    """Raises MigrationError when DynamoDB wants an hour between two changes."""
    current = expiry_of(name, waiting)
    if current == attribute:
        return
    if current is not None:
        _update_expiry(name, current, waiting, enabled=False)
        expiry_of(name, waiting)
    if attribute is not None:
        _update_expiry(name, attribute, waiting, enabled=True)


def expiry_of(name: str, waiting: Waiting) -> str | None:
    """The attribute by which items expire, once a change in progress is done."""
    for pause in _pauses():
        state = _expiry_description(name)
        if state["TimeToLiveStatus"] in ("ENABLED", "ENABLING"):
            return str(state["AttributeName"])
        if state["TimeToLiveStatus"] == "DISABLED":
            return None
        waiting(f"{table_name(name)} is changing its expiry")
        time.sleep(pause)
    raise AssertionError("pauses do not end")


def _expiry_description(name: str) -> dict[str, Any]:
    deadline = time.monotonic() + SETTLING_SECONDS
    for pause in _pauses():
        try:
            answer = call("DescribeTimeToLive", {"TableName": table_name(name)})
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code != "ResourceNotFoundException" or time.monotonic() > deadline:
                raise
            time.sleep(pause)
        else:
            description: dict[str, Any] = answer["TimeToLiveDescription"]
            return description
    raise AssertionError("pauses do not end")


def set_stream(name: str, view: str | None, waiting: Waiting) -> None:
    """The view of a stream cannot be changed: it is turned off and on again."""
    current = (_described(name).get("StreamSpecification") or {}).get("StreamViewType")
    if current == view:
        return
    if current is not None:
        _update(name, {"StreamSpecification": {"StreamEnabled": False}}, waiting)
    if view is not None:
        _update(name, {"StreamSpecification": _stream(view)}, waiting)


def set_throughput(table: TableState, waiting: Waiting) -> None:
    """Makes the table's capacity, and that of its indexes, what `table` says."""
    description = _described(table.name)
    changes: dict[str, Any] = {}
    was_on_demand = _throughput_of(description) is None
    if _throughput_of(description) != table.throughput:
        changes.update(_billing(table.throughput))
    described = _global_indexes(table.name)
    updates = [
        {"Update": {"IndexName": index.name, **_provisioned(index.throughput or table.throughput)}}
        for index in table.indexes.values()
        if isinstance(index, GlobalIndex)
        and table.throughput
        and index.name in described
        # Who leaves on demand has to say it for every index.
        and (
            was_on_demand or _units(described[index.name]) != (index.throughput or table.throughput)
        )
    ]
    if updates:
        changes["GlobalSecondaryIndexUpdates"] = updates
    if changes:
        _update(table.name, changes, waiting)


def description_of(name: str) -> dict[str, Any] | None:
    """DescribeTable's answer for a logical name, or None where there is no such table."""
    try:
        answer = call("DescribeTable", {"TableName": table_name(name)})
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    table: dict[str, Any] = answer["Table"]
    return table


def is_usable(logical_name: str) -> bool:
    """False for a table of the embedded engine whose creation was cut short."""
    try:
        scan_page(table_name(logical_name), page_size=1)
    except StoreUnavailable as error:
        cause = error.__cause__
        # Any other internal error may be about a table with data in it.
        if isinstance(cause, ClientError) and CUT_SHORT in cause.response["Error"]["Message"]:
            return False
        raise
    return True


def settled(name: str, waiting: Waiting) -> bool:
    """Waits until the table can be used, or is gone: False."""
    for pause in _pauses():
        description = description_of(name)
        if description is None:
            return False
        if description["TableStatus"] == "ACTIVE":
            return True
        waiting(f"{table_name(name)} is {str(description['TableStatus']).lower()}")
        time.sleep(pause)
    raise AssertionError("pauses do not end")


def wait_until_active(name: str, waiting: Waiting) -> None:
    if not settled(name, waiting):
        raise MigrationError(f"the table {table_name(name)} does not exist")


def _wait_until_known(name: str, waiting: Waiting) -> None:
    """What DynamoDB describes may be older than what it has just made."""
    deadline = time.monotonic() + SETTLING_SECONDS
    for pause in _pauses():
        if description_of(name) is not None or time.monotonic() > deadline:
            return
        waiting(f"{table_name(name)} is creating")
        time.sleep(pause)


def _described(name: str) -> dict[str, Any]:
    description = description_of(name)
    if description is None:
        raise MigrationError(f"the table {table_name(name)} does not exist")
    return description


def _pauses() -> Iterable[float]:
    """Without an end: an index of a large table takes hours. `waiting` ends it when need be."""
    pause = PAUSE_SECONDS
    while True:
        yield pause
        pause = min(LONGEST_PAUSE_SECONDS, pause * 1.5)


def _update(name: str, changes: dict[str, Any], waiting: Waiting) -> None:
    wait_until_active(name, waiting)
    _change("UpdateTable", {"TableName": table_name(name), **changes}, waiting)
    wait_until_active(name, waiting)


def _update_expiry(name: str, attribute: str, waiting: Waiting, *, enabled: bool) -> None:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    _change(
        "UpdateTimeToLive",
        {"TableName": table_name(name), "TimeToLiveSpecification": specification},
        waiting,
    )


def _change(operation: str, arguments: dict[str, Any], waiting: Waiting) -> None:
    """Raises MigrationError with the store's own reason when it refuses."""
    deadline = time.monotonic() + IN_USE_SECONDS
    for pause in _pauses():
        try:
            call(operation, arguments)
        except ClientError as error:
            reason = error.response["Error"]
            # What the table is described as may be older than the change before.
            if reason["Code"] == "ResourceInUseException" and time.monotonic() < deadline:
                waiting(f"{arguments['TableName']} is in use")
                time.sleep(pause)
                continue
            raise MigrationError(
                f"{operation} of {arguments['TableName']} was refused:"
                f" {reason.get('Message') or reason['Code']}"
            ) from error
        return


def _global_indexes(name: str) -> dict[str, dict[str, Any]]:
    indexes = _described(name).get("GlobalSecondaryIndexes", ())
    return {index["IndexName"]: index for index in indexes}


def _is_like(described: dict[str, Any], index: GlobalIndex) -> bool:
    """Whether keys and projection are those of `index`."""
    projection = described["Projection"]
    wanted = _projection(index.projection)
    return (
        described["KeySchema"] == _key_schema(index.keys)
        and projection["ProjectionType"] == wanted["ProjectionType"]
        and set(projection.get("NonKeyAttributes", ())) == set(wanted.get("NonKeyAttributes", ()))
    )


def _key_schema(keys: Iterable[Key]) -> list[dict[str, str]]:
    return [
        {"AttributeName": key.name, "KeyType": role}
        for key, role in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def _definitions(table: TableState) -> list[dict[str, str]]:
    keys = [*table.keys, *(key for index in table.indexes.values() for key in index.keys)]
    types = {key.name: key.type for key in keys}
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


def _local_index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": _projection(index.projection),
    }


def _global_index(index: GlobalIndex, table: TableState) -> dict[str, Any]:
    raw = _local_index(index)
    if table.throughput:
        raw.update(_provisioned(index.throughput or table.throughput))
    return raw


def _projection(projection: str | tuple[str, ...]) -> dict[str, Any]:
    if projection in (ALL, KEYS_ONLY):
        return {"ProjectionType": projection}
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(projection)}


def _stream(view: str) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": view}


def _billing(throughput: Throughput | None) -> dict[str, Any]:
    if throughput is None:
        return {"BillingMode": BILLING_MODE}
    return {"BillingMode": PROVISIONED, **_provisioned(throughput)}


def _provisioned(throughput: Throughput | None) -> dict[str, Any]:
    assert throughput is not None
    units = {"ReadCapacityUnits": throughput.read, "WriteCapacityUnits": throughput.write}
    return {"ProvisionedThroughput": units}


def _throughput_of(description: dict[str, Any]) -> Throughput | None:
    summary = description.get("BillingModeSummary") or {}
    return None if summary.get("BillingMode") == BILLING_MODE else _units(description)


def _units(description: dict[str, Any]) -> Throughput:
    units = description["ProvisionedThroughput"]
    return Throughput(units["ReadCapacityUnits"], units["WriteCapacityUnits"])
