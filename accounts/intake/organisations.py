"""Rows into organisations, under ids derived from what the other system calls them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts import repository
from accounts.audit_trail import record
from accounts.entities import Organisation, imported_organisation_id
from accounts.intake import errors
from accounts.intake.authority import Authority
from accounts.intake.batches import write_alone, write_together
from accounts.intake.rows import (
    OrganisationRow,
    organisation_reference,
    read_organisation,
    refusal,
)
from storage.intake import Entry, Outcome
from storage.transactions import Transaction


@dataclass(frozen=True, slots=True)
class _Change:
    row: OrganisationRow
    before: Organisation | None
    after: Organisation


class OrganisationsWriter:
    """For commands on the server itself: a person has one organisation, which exists already.

    Raises OnlyTheServer for a person, SourceMissing.
    """

    def __init__(self, *, authority: Authority, source: str, dry_run: bool) -> None:
        if authority.person is not None:
            raise errors.OnlyTheServer
        if not source:
            raise errors.SourceMissing
        self._authority = authority
        self._source = source
        self._dry_run = dry_run

    def process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        rows = _distinct(entries, outcome)
        stored = repository.find_organisations(map(self._id, rows))
        changes = [
            change
            for row in rows
            if (change := self._plan(row, stored.get(self._id(row)), outcome))
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
        """What the other system calls it."""
        return organisation_reference(values)

    def count(self) -> int:
        return repository.count_organisations()

    def close(self) -> None:
        """Nothing is open."""

    def _id(self, row: OrganisationRow) -> str:
        return imported_organisation_id(self._source, row.reference)

    def _plan(
        self, row: OrganisationRow, before: Organisation | None, outcome: Outcome
    ) -> _Change | None:
        if before is None:
            return _Change(row, None, Organisation.founded(row.name, org_id=self._id(row)))
        if before.deleted_at is not None:
            reason = errors.DELETED_ORGANISATION
            outcome.refuse([refusal(row.line, "", reason, row.reference)])
            return None
        if before.name == row.name:
            outcome.counts.unchanged += 1
            return None
        return _Change(row, before, replace(before, name=row.name))

    def _write_alone(self, change: _Change, outcome: Outcome) -> None:
        row = change.row

        def plan_again() -> _Change | None:
            stored = repository.find_organisations([self._id(row)])
            return self._plan(row, stored.get(self._id(row)), outcome)

        write_alone(
            change,
            stage=self._staged,
            plan_again=plan_again,
            written=lambda done: _count(done, outcome),
            refuse=lambda why: outcome.refuse([refusal(row.line, "", why, row.reference)]),
        )

    def _staged(self, change: _Change) -> Transaction:
        before, after = change.before, change.after
        actor = self._authority.actor(after.org_id)
        actor.require("accounts.change_organisation", after.org_id)
        changes: dict[str, tuple[object, object]] = {"name": (before and before.name, after.name)}
        transaction = Transaction()
        if before is None:
            repository.add_organisation(transaction, after)
            changes["source"] = (None, self._source)
            changes["external_id"] = (None, change.row.reference)
        else:
            repository.change_organisation(transaction, after)
        record(transaction, actor, after.audit_subject, "accounts.import_organisation", changes)
        return transaction


def _distinct(entries: Sequence[Entry], outcome: Outcome) -> list[OrganisationRow]:
    """Who reads the rows knows of repeats in the whole run; two in a batch would fail together."""
    rows: dict[str, OrganisationRow] = {}
    for entry in entries:
        row = read_organisation(entry)
        if not isinstance(row, OrganisationRow):
            outcome.refuse(row)
            continue
        first = rows.setdefault(row.reference, row)
        if first is not row:
            reason = errors.DUPLICATE_ORGANISATION % {"line": first.line}
            outcome.refuse([refusal(row.line, "external_id", reason, row.reference)])
    return list(rows.values())


def _count(change: _Change, outcome: Outcome) -> None:
    if change.before is None:
        outcome.counts.created += 1
    else:
        outcome.counts.changed += 1
