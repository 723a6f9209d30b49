"""How fast migrations change items, beside what raw BatchWriteItem reaches on the same engine.

    .venv/bin/python -m benchmarks.item_operations [ITEMS]

One engine in memory and one on disk, items of the size of a product. Batches of 25 put whole
items, without any condition; an item operation reads the table, and writes the difference of each
item once and under its version, together with its checkpoint. The rounds alternate; ratios are of
medians.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage.client import call
from storage.configuration import StorageConfiguration, configure, table_name
from storage.engine import Engine
from storage.evolution.items.data_operations import TransformItems
from storage.evolution.items.item_operations import AddAttribute
from storage.evolution.ledger_table import MigrationItem
from storage.evolution.operation import Operation, Options, SilentReporter, Work
from storage.evolution.state import Attribute, Key, Kind, State, TableState
from storage.schema import create_tables
from storage.typed import PlainItem, RawItem

ITEMS = 10_000
ROUNDS = 3
BATCH = 25
RAW = "raw BatchWriteItem"
TABLE = "measured-products"
KIND = Kind({"id": Attribute("S"), "version": Attribute("N", version=True)})
STATE = State().with_table(TableState(TABLE, Key("id"), kinds={"Product": KIND}), "benchmarks")


def product(number: int) -> RawItem:
    return {
        "id": {"S": f"{number:016}"},
        "org_id": {"S": "ORG-00000000-0000-4000-8000-000000000001"},
        "sku": {"S": f"BEN-{number:06}"},
        "name": {"S": f"Amber basket no. {number}"},
        "description": {"S": "A thing of everyday use, made with care in a small workshop."},
        "brand": {"S": "Fernhill"},
        "price": {"N": f"{number % 500}.95"},
        "currency": {"S": "EUR"},
        "category": {"L": [{"S": "Home"}, {"S": "Living room"}]},
        "status": {"S": "public"},
        "updated_at": {"S": "2026-01-01T00:00:00.000000+0000"},
        "version": {"N": "1"},
    }


def rename(item: PlainItem) -> None:
    item["name"] = item["name"].swapcase()


def batch_write(items: list[RawItem]) -> None:
    for start in range(0, len(items), BATCH):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
        call("BatchWriteItem", {"RequestItems": {table_name(TABLE): requests}})


def apply(operation: Operation) -> dict[str, Any]:
    return operation.apply(
        Work(
            app="benchmarks",
            before=STATE,
            after=operation.state_after(STATE, "benchmarks"),
            job=uuid.uuid4().hex,
            token=uuid.uuid4().hex,
            options=Options(),
            reporter=SilentReporter(),
            still_ours=lambda: None,
            leased=False,
        )
    )


def timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def measure(items: list[RawItem]) -> dict[str, list[float]]:
    """Seconds by what was done, a figure for each round."""
    seconds: dict[str, list[float]] = {}

    def note(label: str, act: Callable[[], object]) -> None:
        seconds.setdefault(label, []).append(timed(act))

    batch_write(items)
    for number in range(ROUNDS):
        add = AddAttribute(TABLE, "Product", f"extra_{number}", Attribute("S"), default="new")
        note(RAW, lambda: batch_write(items))
        note("add an attribute", lambda: apply(add))  # noqa: B023  # used at once
        note("the same again: nothing to do", lambda: apply(add))  # noqa: B023
        note("put items through a function", lambda: apply(TransformItems(TABLE, rename)))
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS
    print(f"{count:,} items, median of {ROUNDS} rounds")
    with tempfile.TemporaryDirectory() as folder:
        for label, path in (("in memory", None), ("on disk", Path(folder) / "data.db")):
            print(f"engine {label}")
            with Engine.start(path) as engine:
                configure(StorageConfiguration(endpoint=engine.endpoint))
                prepare()
                show(count, measure([product(number) for number in range(count)]))


def prepare() -> None:
    create_tables([MigrationItem])
    call(
        "CreateTable",
        {
            "TableName": table_name(TABLE),
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def show(count: int, seconds: dict[str, list[float]]) -> None:
    raw = statistics.median(seconds[RAW])
    for label, figures in seconds.items():
        median = statistics.median(figures)
        print(f"  {label:32} {count / median:8,.0f} items/s {raw / median:6.0%} of raw")


if __name__ == "__main__":
    main()
