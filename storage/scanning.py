"""Reading whole tables, for migrations, archives and counts. No request of a user does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from storage.client import call
from storage.typed import RawItem

PAGE_SIZE = 500
COUNT_PAGE_SIZE = 5000
ENGINE_HEADER = "x-dynoxide-version"


@dataclass(frozen=True, slots=True)
class ScanPage:
    """What one scan request returned; `last_key` is None at the end. `capacity` in read units."""

    items: list[RawItem]
    last_key: dict[str, Any] | None
    capacity: float


def scan_pages(
    name: str,
    *,
    segment: int = 0,
    segments: int = 1,
    start_key: dict[str, Any] | None = None,
    page_size: int = PAGE_SIZE,
    consistent: bool = True,
) -> Iterator[ScanPage]:
    """The items of the table with this physical name, or of one of its segments, page by page.

    `start_key` is the primary key of an item, in typed form: reading goes on behind it.
    """
    while True:
        page = scan_page(
            name,
            segment=segment,
            segments=segments,
            start_key=start_key,
            page_size=page_size,
            consistent=consistent,
        )
        yield page
        if page.last_key is None:
            return
        start_key = page.last_key


def scan_page(
    name: str,
    *,
    segment: int = 0,
    segments: int = 1,
    start_key: dict[str, Any] | None = None,
    page_size: int = PAGE_SIZE,
    consistent: bool = True,
) -> ScanPage:
    """One request."""
    segment_of = {"Segment": segment, "TotalSegments": segments} if segments > 1 else {}
    start = {"ExclusiveStartKey": start_key} if start_key is not None else {}
    answer = call(
        "Scan",
        {
            "TableName": name,
            "Limit": page_size,
            "ConsistentRead": consistent,
            **segment_of,
            **start,
        },
    )
    capacity = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    return ScanPage(answer["Items"], answer.get("LastEvaluatedKey"), capacity)


def segments_that_hold(name: str, wanted: int) -> int:
    """How many segments a scan of this table may have: `wanted`, or 1 on the embedded engine.

    There a segment ends without a word when the item at which it should go on has been deleted
    (Dynoxide 1.2.1), while a scan in one piece goes on behind it. It serves one request at a
    time anyway, so segments gain nothing.
    """
    return 1 if is_embedded_engine(name) else wanted


def is_embedded_engine(name: str) -> bool:
    """Whether it is what keeps the table with this physical name, which must exist."""
    headers = call("DescribeTable", {"TableName": name})["ResponseMetadata"]["HTTPHeaders"]
    return ENGINE_HEADER in headers


def count_items(name: str) -> int:
    """Counts the items of the table with this physical name, strongly consistent, one by one.

    DynamoDB's own figure is hours old.
    """
    arguments: dict[str, Any] = {"TableName": name, "ConsistentRead": True, "Select": "COUNT"}
    counted: int = 0
    while True:
        answer = call("Scan", {"Limit": COUNT_PAGE_SIZE, **arguments})
        counted += answer["Count"]
        if "LastEvaluatedKey" not in answer:
            return counted
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
