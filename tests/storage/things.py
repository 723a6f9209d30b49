"""A table of the tests' own: every kind of key and index, and a version where it matters.

`secondary` keeps the models out of the application's list of tables; `conftest` makes the table.
"""

from __future__ import annotations

import uuid

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, LocalSecondaryIndex

from storage.attributes import DecimalAttribute, DocumentAttribute
from storage.table import Table


class RankIndex(LocalSecondaryIndex["ThingItem"]):
    class Meta:
        index_name = "rank-index"
        projection = AllProjection()

    group = UnicodeAttribute(hash_key=True)
    rank = NumberAttribute(range_key=True)


class ColourIndex(GlobalSecondaryIndex["ThingItem"]):
    class Meta:
        index_name = "colour-index"
        projection = AllProjection()

    colour = UnicodeAttribute(hash_key=True)


class ThingItem(Table):
    class Meta:
        logical_name = "things-of-tests"
        secondary = True
        plain_items = True

    group = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    rank = NumberAttribute(null=True)
    colour = UnicodeAttribute(null=True)
    amount = DecimalAttribute(null=True)
    document = DocumentAttribute(null=True)
    text = UnicodeAttribute(null=True)
    by_rank = RankIndex()
    by_colour = ColourIndex()


class VersionedThing(Table):
    class Meta:
        logical_name = "things-of-tests"
        secondary = True
        plain_items = True

    group = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    text = UnicodeAttribute(null=True)
    version = VersionAttribute()


def fresh(prefix: str = "group") -> str:
    """A partition that no other test uses, so that nothing needs to be emptied."""
    return f"{prefix}-{uuid.uuid4().hex}"


def names_in(group: str) -> list[str]:
    return [item.name for item in ThingItem.slice(group, page_size=1000).items]
