"""Changes written as few transactions, without one that fails taking others with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from storage.domain import Conflict
from storage.errors import TransactionCancelled
from storage.transactions import Transaction

# Of the 100 that a transaction takes.
COMBINED_ACTIONS = 96

Change = TypeVar("Change")


def write_together(
    changes: Iterable[Change],
    *,
    stage: Callable[[Change], Transaction],
    written: Callable[[Change], None],
    alone: Callable[[Change], None],
) -> None:
    """`written` hears of each change that was; `alone` gets those of a transaction that failed.

    The changes must not touch the same item.
    """
    together: list[Change] = []
    transaction = Transaction()

    def commit() -> None:
        try:
            transaction.commit()
        except (Conflict, TransactionCancelled):
            for change in together:
                alone(change)
        else:
            for change in together:
                written(change)

    for change in changes:
        staged = stage(change)
        if together and len(transaction) + len(staged) > COMBINED_ACTIONS:
            commit()
            together, transaction = [], Transaction()
        transaction.extend(staged)
        together.append(change)
    commit()
