"""Rows into stores: in an organisation, a number identifies a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.intake.authority import Authority
from accounts.intake.batches import write_alone, write_together
from accounts.intake.rows import refusal
from accounts.stores import errors, repository, services
from accounts.stores.entities import Store, number_key
from accounts.stores.import_rows import StoreRow, incomplete, number_in, read_row
from storage.intake import Entry, Outcome
from storage.transactions import Transaction

IMPORT_STORE = "accounts.import_store"


@dataclass(frozen=True, slots=True)
class _Change:
    row: StoreRow
    before: Store | None
    after: Store


class StoresWriter:
    """With `twelve_hour_clock`, `10-9` ends in the evening.

    Raises NoOrganisation, and PermissionDenied unless who imports may add and change stores.
    """

    def __init__(
        self, *, authority: Authority, source: str, dry_run: bool, twelve_hour_clock: bool = False
    ) -> None:
        if not authority.org_id:
            raise errors.NoOrganisation
        self._actor = authority.actor(authority.org_id)
        self._org_id = authority.org_id
        services.require_may_add(self._actor)
        self._actor.require(services.CHANGE_STORE, self._org_id)
        self._source = source
        self._dry_run = dry_run
        self._twelve_hours = twelve_hour_clock

    def process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        rows = self._distinct(entries, outcome)
        stored = self._stored(row.number for row in rows)
        changes = [
            change
            for row in rows
            if (change := self._plan(row, stored.get(number_key(row.number)), outcome))
        ]
        if self._dry_run:
            for change in changes:
                _count(change, outcome)
        else:
            write_together(
                changes,
                stage=self._staged,
                written=lambda change: _count(change, outcome),
                alone=lambda change: self._write_alone(change, outcome),
            )
        outcome.refusals.sort(key=lambda refused: refused.line)
        return outcome

    def identity(self, values: Mapping[str, Any]) -> str | None:
        return number_in(values)

    def count(self) -> int:
        """Deleted ones included: a read for each few hundred."""
        return sum(1 for _ in repository.every_store(self._org_id))

    def close(self) -> None:
        """Nothing is open."""

    def _distinct(self, entries: Sequence[Entry], outcome: Outcome) -> list[StoreRow]:
        """Who reads the rows knows of repeats in the whole run; two in a batch would fail
        together."""
        rows: dict[str, StoreRow] = {}
        for entry in entries:
            row = read_row(entry, twelve_hours=self._twelve_hours)
            if not isinstance(row, StoreRow):
                outcome.refuse(row)
                continue
            first = rows.setdefault(number_key(row.number), row)
            if first is not row:
                reason = errors.DUPLICATE_NUMBER % {"line": first.line}
                outcome.refuse([refusal(row.line, "number", reason, row.number)])
        return list(rows.values())

    def _stored(self, numbers: Any) -> dict[str, Store]:
        """By the key of the number."""
        ids = repository.ids_by_number(self._org_id, numbers)
        stores = repository.find_stores(self._org_id, ids.values())
        return {key: stores[store_id] for key, store_id in ids.items() if store_id in stores}

    def _plan(self, row: StoreRow, before: Store | None, outcome: Outcome) -> _Change | None:
        if before is None:
            after = row.onto(services.blank(self._org_id))
            if missing := incomplete(row, after):
                outcome.refuse(missing)
                return None
            return _Change(row, None, after)
        if before.deleted_at is not None:
            outcome.refuse([refusal(row.line, "", errors.DELETED_STORE, row.number)])
            return None
        after = row.onto(before)
        if after == before:
            outcome.counts.unchanged += 1
            return None
        if missing := incomplete(row, after):
            outcome.refuse(missing)
            return None
        return _Change(row, before, after)

    def _staged(self, change: _Change) -> Transaction:
        transaction = Transaction()
        if change.before is None:
            origin = {"source": (None, self._source)} if self._source else {}
            services.stage_new(transaction, self._actor, change.after, IMPORT_STORE, origin)
        else:
            services.stage_change(
                transaction, self._actor, change.before, change.after, IMPORT_STORE
            )
        return transaction

    def _write_alone(self, change: _Change, outcome: Outcome) -> None:
        row = change.row

        def plan_again() -> _Change | None:
            stored = self._stored([row.number])
            return self._plan(row, stored.get(number_key(row.number)), outcome)

        write_alone(
            change,
            stage=self._staged,
            plan_again=plan_again,
            written=lambda done: _count(done, outcome),
            refuse=lambda why: outcome.refuse([refusal(row.line, "", why, row.number)]),
        )


def _count(change: _Change, outcome: Outcome) -> None:
    if change.before is None:
        outcome.counts.created += 1
    else:
        outcome.counts.changed += 1
