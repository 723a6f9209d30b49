"""A table for item operations: gadgets with a version, and notes (`note#…`) without one."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from storage.client import call
from storage.configuration import table_name
from storage.evolution.operation import Operation
from storage.evolution.state import Attribute, Key, Kind, State, TableState
from storage.scanning import scan_pages
from storage.typed import PlainItem, plain_item, raw_item
from tests.storage.evolution.conftest import PREFIX, work
from tests.storage.faults import Answer

TABLE = f"{PREFIX}gadgets"
GADGET = Kind(
    {
        "id": Attribute("S"),
        "name": Attribute("S"),
        "colour": Attribute("S", null=True),
        "count": Attribute("N", null=True),
        "version": Attribute("N", version=True),
    }
)
NOTE = Kind(
    {"id": Attribute("S"), "text": Attribute("S"), "mood": Attribute("S", null=True)},
    prefix="note#",
)
KEY = Key("id")
STATE = State().with_table(TableState(TABLE, KEY, kinds={"Gadget": GADGET, "Note": NOTE}), "shop")
BATCH = 25


def make_table(name: str = TABLE, key: Key = KEY) -> None:
    call(
        "CreateTable",
        {
            "TableName": table_name(name),
            "KeySchema": [{"AttributeName": key.name, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key.name, "AttributeType": key.type}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def gadget(number: int, **attributes: Any) -> PlainItem:
    return {"id": f"g{number:06}", "name": f"Gadget {number}", "version": 1, **attributes}


def note(number: int, **attributes: Any) -> PlainItem:
    return {"id": f"note#{number:06}", "text": f"Note {number}", **attributes}


def put(*items: PlainItem, table: str = TABLE) -> None:
    requests = [{"PutRequest": {"Item": raw_item(item)}} for item in items]
    for start in range(0, len(requests), BATCH):
        batch = {table_name(table): requests[start : start + BATCH]}
        call("BatchWriteItem", {"RequestItems": batch})


def stored(table: str = TABLE, key: str = "id") -> dict[Any, PlainItem]:
    return {
        plain[key]: plain
        for page in scan_pages(table_name(table))
        for plain in map(plain_item, page.items)
    }


def new_job() -> str:
    return f"shop.0001/{uuid.uuid4().hex}/000"


def run(
    operation: Operation, state: State = STATE, *, backwards: bool = False, **changes: Any
) -> dict[str, Any]:
    """Runs it in one direction; `state` is the one before it going forwards."""
    after = operation.state_after(state, "shop")
    job = {"job": new_job(), "backwards": backwards, **changes}
    one = work(state, after, **job)
    return operation.revert(one) if backwards else operation.apply(one)


def without_version(items: Iterable[PlainItem]) -> list[PlainItem]:
    return [{name: v for name, v in item.items() if name != "version"} for item in items]


def count_up(item: PlainItem) -> None:
    item["count"] += 1


def counts() -> Counter[int]:
    """How many items have which count."""
    return Counter(int(item["count"]) for item in stored().values() if "count" in item)


def write(item: PlainItem) -> None:
    call("PutItem", {"TableName": table_name(TABLE), "Item": raw_item(item)})


def before(act: Callable[[], None]) -> Answer:
    """Something happens before the store is asked; the answer is its own."""

    def answer(request: AWSPreparedRequest) -> None:
        act()

    return answer
