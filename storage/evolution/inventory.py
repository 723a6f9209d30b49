"""How much a table holds, as far as the store knows without looking."""

from __future__ import annotations

from storage.configuration import table_name
from storage.evolution.schema_calls import description_of
from storage.scanning import scan_page


def items_in(name: str) -> int:
    """About how many items the table with this logical name has; 0 only when it has none.

    DynamoDB counts every six hours, so a count of 0 is checked with a read.
    """
    description = description_of(name)
    if description is None:
        return 0
    count = int(description.get("ItemCount", 0))
    return count or len(scan_page(table_name(name), page_size=1).items)
