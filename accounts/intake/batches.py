"""Changes written as few transactions, without one that fails taking others with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from accounts.intake.errors import CHANGED_MEANWHILE, not_stored
from storage.domain import Conflict, NotFound
from storage.errors import TransactionCancelled
from storage.transactions import Transaction

# Of the 100 that a transaction takes.
COMBINED_ACTIONS = 96
_ATTEMPTS = 2

Change = TypeVar("Change")


def write_together(
    changes: Iterable[Change],
    *,
    stage: Callable[[Change], Transaction],
    written: Callable[[Change], None],
    alone: Callable[[Change], None],
) -> None:
    """`written` hears of each change that was; `alone` gets those of a transaction that failed.

    The changes must not touch the same item, except with the same check.
    """
    together: list[Change] = []
    transaction = Transaction()

    def commit() -> None:
        try:
            transaction.commit()
        except (Conflict, NotFound, TransactionCancelled):
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


def write_alone(
    change: Change,
    *,
    stage: Callable[[Change], Transaction],
    plan_again: Callable[[], Change | None],
    written: Callable[[Change], None],
    refuse: Callable[[object], None],
) -> None:
    """Once more from what is stored now when somebody was faster; then the row is refused, as it is
    at once where the store does not take it. `plan_again` gives None where nothing is left to do.
    """
    for _ in range(_ATTEMPTS):
        try:
            stage(change).commit()
        except Conflict:
            again = plan_again()
            if again is None:
                return
            change = again
        except TransactionCancelled as cancelled:
            refuse(not_stored(cancelled))
            return
        else:
            written(change)
            return
    refuse(CHANGED_MEANWHILE)
