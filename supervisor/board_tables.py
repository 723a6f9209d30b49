"""The table of counters. One partition for each organisation; a day, a store or a person is a range
of keys in it:

    2026-11-21#total#STORE-…#5
    2026-11-21#person#STORE-…#USER-…#5

The last part is a shard. DynamoDB refuses a transaction while another one works at one of its
items; with a single item for each store, supervisors who answer at the same moment would keep each
other from it. A transaction counts in one shard chosen by chance, and readers add them up.
"""

from __future__ import annotations

from datetime import date

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from storage.table import Table
from supervisor.board import BUCKETS, Tally

SHARDS = 8
_TOTAL = "total"
_PERSON = "person"


class CounterItem(Table):
    """`b00` to `b39` count answers by the bucket of their response time."""

    class Meta:
        logical_name = "supervisor-counters"

    org_id = UnicodeAttribute(hash_key=True, attr_name="orgId")
    counter = UnicodeAttribute(range_key=True)
    asked = NumberAttribute(null=True)
    answered = NumberAttribute(null=True)
    timed_out = NumberAttribute(null=True, attr_name="timedOut")
    cancelled = NumberAttribute(null=True)

    for _number in range(BUCKETS):
        vars()[f"b{_number:02}"] = NumberAttribute(null=True)
    del _number


def bucket_name(bucket: int) -> str:
    return f"b{bucket:02}"


def total_key(day: date, store_id: str = "", shard: int | None = None) -> str:
    """Without a shard, what the keys of all of them begin with; likewise without a store."""
    return _key(day, _TOTAL, *filter(None, [store_id]), shard=shard)


def person_key(day: date, store_id: str = "", user_id: str = "", shard: int | None = None) -> str:
    return _key(day, _PERSON, *filter(None, [store_id, user_id]), shard=shard)


def parts_of(key: str) -> tuple[str, str]:
    """Store and person of a key as above; no person for totals."""
    _day, kind, store_id, *rest = key.split("#")
    return store_id, rest[0] if kind == _PERSON else ""


def tally_of(item: CounterItem) -> Tally:
    return Tally(
        int(item.asked or 0),
        int(item.answered or 0),
        int(item.timed_out or 0),
        int(item.cancelled or 0),
        tuple(int(getattr(item, bucket_name(bucket)) or 0) for bucket in range(BUCKETS)),
    )


def _key(day: date, *parts: str, shard: int | None) -> str:
    return "#".join((day.isoformat(), *parts, "" if shard is None else str(shard)))
