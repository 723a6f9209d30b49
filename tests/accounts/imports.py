"""Rows of another system, for tests: made, imported, looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from accounts import repository
from accounts.entities import Organisation, User, imported_organisation_id
from accounts.import_targets import ORGANISATIONS, PEOPLE, AccountTarget
from storage.intake import Entry, Outcome
from storage.transactions import Transaction

Row = Mapping[str, Any]
SOURCE = "old-crm"
BATCH = 200
LONG_AGO = datetime(2019, 3, 5, 8, 30, tzinfo=UTC)
DORA: dict[str, Any] = {
    "email": "Dora@Example.com",
    "name": "Dora Diaz",
    "role": "staff",
    "language": "es",
    "created_at": LONG_AGO,
}


def entries(rows: Iterable[Row]) -> list[Entry]:
    return [Entry(line, row) for line, row in enumerate(rows, 1)]


def run(
    target: AccountTarget,
    rows: Iterable[Row],
    *,
    owner: User | None = None,
    org_id: str | None = None,
    dry_run: bool = False,
    source: str = SOURCE,
    **switches: bool,
) -> Outcome:
    """As a command does it, some hundreds at a time; all outcomes as one."""
    writer = target.writer(
        org_id=org_id,
        owner_email=owner.email if owner else None,
        dry_run=dry_run,
        options={**({"source": source} if source else {}), **switches},
    )
    everything = entries(rows)
    total = Outcome()
    with closing(writer):
        for start in range(0, len(everything), BATCH):
            outcome = writer.process(everything[start : start + BATCH])
            total.counts.add(outcome.counts)
            total.refusals.extend(outcome.refusals)
    return total


def import_people(*rows: Row, **options: Any) -> Outcome:
    return run(PEOPLE, rows, **options)


def import_organisations(*rows: Row, **options: Any) -> Outcome:
    return run(ORGANISATIONS, rows, **options)


def organisation(reference: str, source: str = SOURCE) -> Organisation | None:
    return repository.get_organisation(imported_organisation_id(source, reference))


def person(email: str) -> User:
    membership = repository.membership_by_email(email)
    assert membership is not None, f"{email} is nobody"
    return membership.user


def reasons(outcome: Outcome) -> list[tuple[int, str, str]]:
    """(line, field, the first words of the reason)"""
    return [
        (refused.line, refused.field, " ".join(refused.reason.split()[:4]))
        for refused in outcome.refusals
    ]


def change_organisation(changed: Organisation) -> None:
    transaction = Transaction()
    repository.change_organisation(transaction, changed)
    transaction.commit()
