"""The table `migrations`: what was applied, who is at work, how far item operations came."""

from __future__ import annotations

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from storage.attributes import DocumentAttribute
from storage.table import Table

# What begins like this is about the run at work, not about what was applied.
RUN_STATE_PREFIX = "#"


class MigrationItem(Table):
    """`app`, `name` → when it was applied, by whom, from which file, and what it did.

    Under `#lease` is the lease of the runner at work, under `#run` the migration that it works
    on, under `#job <job>` how far the segments of an item operation came.
    """

    class Meta:
        logical_name = "migrations"

    app = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    at = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    checksum = UnicodeAttribute(null=True)
    summary = DocumentAttribute(null=True)
    token = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    position = DocumentAttribute(null=True)
    done = BooleanAttribute(null=True)
