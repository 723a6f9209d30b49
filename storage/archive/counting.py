"""Whether a table holds what the archive says, although the store lets items expire meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from storage.archive import shapes
from storage.archive.errors import ArchiveError
from storage.archive.manifest import TableEntry
from storage.archive.reading import Archive
from storage.archive.run_state import LEDGER
from storage.configuration import table_name
from storage.scanning import count_items, scan_pages
from storage.typed import RawItem

# What expires while the tables are counted does not matter either.
SOON_SECONDS = 3600


def counted(archive: Archive, entry: TableEntry) -> int:
    """How many of the archive's items the table holds, counted in the store.

    Those that have expired, or soon will, may be missing. Raises ArchiveError when another one is
    missing, or one too many is there.
    """
    table = table_name(entry.name)
    # The lease of this restore is no item of the archive.
    found = count_items(table) - (1 if entry.name == LEDGER else 0)
    if found == entry.items or (found < entry.items and _rest_is_there(archive, entry)):
        return found
    raise ArchiveError(
        f"Table {table} holds {found} items, the archive {entry.items}:"
        " something else wrote to it meanwhile, or an item is in the archive twice."
    )


def _rest_is_there(archive: Archive, entry: TableEntry) -> bool:
    """Reads both again, which happens only where something is missing that could expire."""
    attribute = shapes.expiry(entry.name)
    if attribute is None:
        return False
    moment = int(time.time()) + SOON_SECONDS
    stored = (item for page in scan_pages(table_name(entry.name)) for item in page.items)
    archived = (read.item for read in archive.items(entry))
    return _lasting(stored, attribute, moment) == _lasting(archived, attribute, moment)


def _lasting(items: Iterable[RawItem], attribute: str, moment: int) -> int:
    return sum(not _expires(item.get(attribute, {}), moment) for item in items)


def _expires(value: Mapping[str, Any], moment: int) -> bool:
    return "N" in value and Decimal(value["N"]) < moment
