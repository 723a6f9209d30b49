"""Rows into people: an address identifies a person, an organisation is named or given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import dropwhile, takewhile
from typing import Any

from accounts import repository
from accounts.audit_trail import record
from accounts.authority import may_reach
from accounts.entities import Organisation, Role, User, imported_organisation_id
from accounts.errors import (
    ChangedMeanwhile,
    EmailTaken,
    OrganisationNotFound,
    PermissionDenied,
)
from accounts.intake import errors
from accounts.intake.authority import Authority
from accounts.intake.batches import write_together
from accounts.intake.rows import PersonRow, email_key_of, read_person, refusal
from accounts.permissions import CustomRole
from storage.audit import Changes
from storage.errors import TransactionCancelled
from storage.intake import Entry, Outcome
from storage.transactions import Transaction

_ATTEMPTS = 2
_ORGANISATIONS_REMEMBERED = 1000
_AUDITED = ("name", "roles", "stores", "language", "created_at", "deleted_at")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with the organisation that it is about."""

    row: PersonRow
    org_id: str


@dataclass(frozen=True, slots=True)
class _Change:
    placed: _Placed
    before: User | None
    after: User

    @property
    def deletes(self) -> bool:
        was_there = self.before is not None and self.before.deleted_at is None
        return was_there and self.after.deleted_at is not None

    @property
    def takes_an_owner_away(self) -> bool:
        return self.before is not None and _owns(self.before) and not _owns(self.after)


class PeopleWriter:
    """With `change_roles` a row's role counts for people who are here already, too.

    Raises PermissionDenied unless who imports may add and change people.
    """

    def __init__(
        self, *, authority: Authority, source: str, dry_run: bool, change_roles: bool
    ) -> None:
        if authority.person is not None:
            for code in ("accounts.add_user", "accounts.change_user"):
                authority.require(code, authority.org_id)
        self._authority = authority
        self._source = source
        self._dry_run = dry_run
        self._change_roles = change_roles
        self._organisations: dict[str, Organisation | None] = {}
        self._own_roles: dict[str, CustomRole] = {}
        # What a dry run would have stored.
        self._would_gain_an_owner: set[str] = set()
        self._would_not_own: set[str] = set()

    def process(self, entries: Sequence[Entry]) -> Outcome:
        outcome = Outcome()
        now = datetime.now(UTC).replace(microsecond=0)
        rows = _distinct(entries, outcome, now)
        placed = self._in_known_organisations(
            [found for row in rows if (found := self._placed(row, outcome))], outcome
        )
        stored = self._stored(one.row.email_key for one in placed)
        changes = [
            change
            for one in placed
            if (change := self._plan(one, stored.get(one.row.email_key), outcome, now))
        ]
        # Those who become owners first: afterwards others may cease to be.
        changes.sort(key=lambda change: change.takes_an_owner_away)
        if self._dry_run:
            self._pretend(changes, outcome)
        else:
            self._write(changes, outcome, now)
        outcome.refusals.sort(key=lambda refused: refused.line)
        return outcome

    def identity(self, values: Mapping[str, Any]) -> str | None:
        """The address in the form in which it is unique."""
        return email_key_of(values)

    def count(self) -> int:
        """A person sees those of the own organisation, the server all."""
        person = self._authority.person
        return repository.count_users(person.org_id if person else None)

    def close(self) -> None:
        """Nothing is open."""

    def _placed(self, row: PersonRow, outcome: Outcome) -> _Placed | None:
        if row.organisation and not self._source:
            reason: object = errors.NO_SOURCE_GIVEN
        elif row.organisation:
            org_id = imported_organisation_id(self._source, row.organisation)
            return self._permitted(_Placed(row, org_id), outcome)
        elif self._authority.org_id:
            return self._permitted(_Placed(row, self._authority.org_id), outcome)
        else:
            reason = errors.NO_ORGANISATION_GIVEN
        outcome.refuse([refusal(row.line, "organisation", reason, row.organisation)])
        return None

    def _permitted(self, placed: _Placed, outcome: Outcome) -> _Placed | None:
        try:
            for code in ("accounts.add_user", "accounts.change_user"):
                self._authority.require(code, placed.org_id)
        except PermissionDenied as denied:
            row = placed.row
            outcome.refuse([refusal(row.line, "organisation", denied, row.organisation)])
            return None
        return placed

    def _in_known_organisations(self, placed: list[_Placed], outcome: Outcome) -> list[_Placed]:
        self._look_up_organisations({one.org_id for one in placed})
        known = []
        for one in placed:
            organisation = self._organisations[one.org_id]
            if organisation is not None and organisation.deleted_at is None:
                known.append(one)
                continue
            unknown = errors.UNKNOWN_IN_DRY_RUN if self._dry_run else errors.UNKNOWN_ORGANISATION
            reason = errors.DELETED_ORGANISATION if organisation else unknown
            outcome.refuse([refusal(one.row.line, "organisation", reason, one.row.organisation)])
        return known

    def _look_up_organisations(self, org_ids: set[str]) -> None:
        if len(self._organisations) + len(org_ids) > _ORGANISATIONS_REMEMBERED:
            self._organisations.clear()
        unknown = org_ids - self._organisations.keys()
        found = repository.find_organisations(unknown)
        self._organisations.update((org_id, found.get(org_id)) for org_id in unknown)

    def _stored(self, email_keys: Iterable[str]) -> dict[str, User]:
        owners = repository.who_has(email_keys)
        users = repository.find_users(owners.values())
        return {email_key: users[key] for email_key, key in owners.items() if key in users}

    def _plan(
        self, placed: _Placed, before: User | None, outcome: Outcome, now: datetime
    ) -> _Change | None:
        row = placed.row
        if before is None:
            # Who imports gives others no more stores than the own ones.
            importer = self._authority.person
            stores = None if importer is None else importer.stores
            founded = row.founded(placed.org_id, now, stores)
            return self._within_reach(_Change(placed, None, founded), outcome)
        if before.org_id != placed.org_id:
            outcome.refuse([refusal(row.line, "email", EmailTaken.message, row.email)])
            return None
        if before.deleted_at is not None and row.restores:
            outcome.refuse([refusal(row.line, "deleted", errors.DELETED_PERSON, row.email)])
            return None
        after = row.onto(before, now, change_roles=self._change_roles)
        if after == before:
            outcome.counts.unchanged += 1
            return None
        return self._within_reach(_Change(placed, before, after), outcome)

    def _within_reach(self, change: _Change, outcome: Outcome) -> _Change | None:
        """Nobody gives more than they have, or decides about people who have more."""
        actor, row = self._authority.person, change.placed.row
        people = [user for user in (change.before, change.after) if user is not None]
        if actor is None:
            return change
        if not all(
            may_reach(actor, user.roles, user.stores, self._own_roles_of(user)) for user in people
        ):
            reason = errors.BEYOND_OWN_PERMISSIONS
            outcome.refuse([refusal(row.line, "role", reason, row.email)])
            return None
        if change.deletes and not actor.may("accounts.delete_user", change.after.org_id):
            outcome.refuse([refusal(row.line, "deleted", errors.NOT_TO_DELETE, row.email)])
            return None
        return change

    def _own_roles_of(self, user: User) -> Mapping[str, CustomRole]:
        if missing := [role for role in user.custom_roles if role not in self._own_roles]:
            self._own_roles |= repository.find_roles(user.org_id, missing)
        return self._own_roles

    def _pretend(self, changes: Iterable[_Change], outcome: Outcome) -> None:
        for change in changes:
            after = change.after
            if change.takes_an_owner_away:
                gone = self._would_not_own | {after.user_id}
                if after.org_id not in self._would_gain_an_owner and not repository.another_owner(
                    after.org_id, gone
                ):
                    _refuse_last_owner(change, outcome)
                    continue
                self._would_not_own.add(after.user_id)
            elif _owns(after):
                self._would_gain_an_owner.add(after.org_id)
            _count(change, outcome)

    def _write(self, changes: Sequence[_Change], outcome: Outcome, now: datetime) -> None:
        """`changes` begins with those that take no owner away."""
        write_together(
            takewhile(lambda change: not change.takes_an_owner_away, changes),
            stage=self._staged,
            written=lambda change: _count(change, outcome),
            alone=lambda change: self._write_alone(change, outcome, now),
        )
        for change in dropwhile(lambda change: not change.takes_an_owner_away, changes):
            self._write_alone(change, outcome, now)

    def _write_alone(self, change: _Change, outcome: Outcome, now: datetime) -> None:
        """Once more from what is stored now when somebody was faster; then the row is refused, as
        it is at once where the store does not take it."""
        row = change.placed.row
        current: _Change | None = change
        for _ in range(_ATTEMPTS):
            assert current is not None
            transaction = self._staged(current)
            if current.takes_an_owner_away:
                after = current.after
                remaining = repository.another_owner(after.org_id, {after.user_id})
                if remaining is None:
                    _refuse_last_owner(current, outcome)
                    return
                repository.require_owner(transaction, remaining)
            try:
                transaction.commit()
            except OrganisationNotFound:
                deleted = errors.DELETED_ORGANISATION
                outcome.refuse([refusal(row.line, "organisation", deleted, row.organisation)])
                return
            except (ChangedMeanwhile, EmailTaken):
                stored = self._stored([row.email_key]).get(row.email_key)
                current = self._plan(change.placed, stored, outcome, now)
                if current is None:
                    return
            except TransactionCancelled as cancelled:
                outcome.refuse([refusal(row.line, "", errors.not_stored(cancelled), row.email)])
                return
            else:
                _count(current, outcome)
                return
        outcome.refuse([refusal(row.line, "", errors.CHANGED_MEANWHILE, row.email)])

    def _staged(self, change: _Change) -> Transaction:
        before, after = change.before, change.after
        transaction = Transaction()
        if before is None:
            repository.add_user(transaction, after)
            repository.require_organisation(transaction, after.org_id)
        else:
            repository.change_user(transaction, after)
        actor = self._authority.actor(after.org_id)
        record(
            transaction,
            actor,
            after.audit_subject,
            "accounts.import_user",
            {**_differences(before, after), **self._origin(change)},
        )
        return transaction

    def _origin(self, change: _Change) -> Changes:
        return {"source": (None, self._source)} if self._source and not change.before else {}


def _distinct(entries: Sequence[Entry], outcome: Outcome, now: datetime) -> list[PersonRow]:
    """Who reads the rows knows of repeats in the whole run; two in a batch would fail together."""
    rows: dict[str, PersonRow] = {}
    for entry in entries:
        row = read_person(entry, now)
        if not isinstance(row, PersonRow):
            outcome.refuse(row)
            continue
        first = rows.setdefault(row.email_key, row)
        if first is not row:
            reason = errors.DUPLICATE_EMAIL % {"line": first.line}
            outcome.refuse([refusal(row.line, "email", reason, row.email)])
    return list(rows.values())


def _owns(user: User) -> bool:
    return user.is_owner and user.deleted_at is None


def _count(change: _Change, outcome: Outcome) -> None:
    if change.before is None:
        outcome.counts.created += 1
    else:
        outcome.counts.changed += 1


def _refuse_last_owner(change: _Change, outcome: Outcome) -> None:
    field = "deleted" if Role.OWNER in change.after.roles else "role"
    row = change.placed.row
    outcome.refuse([refusal(row.line, field, errors.LAST_OWNER, row.email)])


def _differences(before: User | None, after: User) -> Mapping[str, tuple[object, object]]:
    said = {name: (_said(before, name), _said(after, name)) for name in _AUDITED}
    return {name: pair for name, pair in said.items() if pair[0] != pair[1]}


def _said(user: User | None, name: str) -> object:
    value = getattr(user, name) if user is not None else None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [str(role) for role in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value or None
