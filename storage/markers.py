"""Uniqueness: an item whose key is the value, written in the transaction that claims the value.

`claim`, `release` and `move` add to a transaction. The marker lives in the owner's table, under
a key that no owner can have; normalise the value before.
"""

from __future__ import annotations

from storage.table import Table
from storage.transactions import OnFailure, Transaction


def claim(transaction: Transaction, marker: Table, *, taken: OnFailure) -> None:
    """`taken` is raised by commit when somebody else holds the value."""
    hash_attribute = type(marker)._hash_key_attribute()  # type: ignore[no-untyped-call]
    transaction.put(marker, condition=hash_attribute.does_not_exist(), on_failure=taken)


def release(transaction: Transaction, marker: Table) -> None:
    """Unconditional: the owner's own condition in the same transaction proves that it is his."""
    # Whatever version it has: a marker is never changed.
    transaction.delete_raw(type(marker), marker._raw_key(marker.primary_key()))


def move(transaction: Transaction, old: Table, new: Table, *, taken: OnFailure) -> None:
    """From the old value to the new one; nothing to do where they are the same."""
    if old.primary_key() == new.primary_key():
        return
    claim(transaction, new, taken=taken)
    release(transaction, old)
