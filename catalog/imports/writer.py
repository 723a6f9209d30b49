"""What somebody says of products, by SKU: compared with what is stored, written several at once.

Fields that are left out keep what is stored; fields that are empty become empty. What would not
change is not written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.utils.translation import get_language, override

from accounts.entities import Actor
from catalog import errors as catalog_errors
from catalog import repository
from catalog.entities import DATA_FIELDS, Product, ProductData, Status, new_product
from catalog.errors import ProductChanged, SkuTaken
from catalog.heading_repository import follow_changes
from catalog.imports import errors
from catalog.imports.mapping import why_no_amount
from catalog.rules import parse_product, sku_or_none
from catalog.services import audit_of
from storage import intake
from storage.domain import Invalid
from storage.errors import TransactionCancelled
from storage.explanations import STORE_FAILURES, is_invalid
from storage.intake import Refusal
from storage.intake_report import VALUE_SHOWN
from storage.transactions import Transaction

# Of the 100 that a transaction takes.
COMBINED_ACTIONS = 96
# What a run that was killed had written last may lack its places in the navigation, and comes back
# first: more calls than any import has under way at once.
COMPLETED_CALLS = 12


@dataclass(slots=True)
class Counts(intake.Counts):
    # Of those created; the others tell all rows without it.
    drafts: int = field(default=0, compare=False)

    def add(self, other: intake.Counts) -> None:
        intake.Counts.add(self, other)
        if isinstance(other, Counts):
            self.drafts += other.drafts


@dataclass(slots=True)
class Outcome(intake.Outcome):
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may become a product: fields by name, and the SKU in its stored form."""

    line: int
    sku: str
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Change:
    line: int
    raw: Mapping[str, Any]
    before: Product | None
    after: Product


def wanted_or_refusals(line: int, raw: Mapping[str, Any]) -> Wanted | list[Refusal]:
    """Refused where no product can have such an SKU, so nothing is stored to fill the gaps."""
    sku = sku_or_none(raw.get("sku"))
    if sku is None:
        return _findings(line, raw) or [_no_sku(line, raw)]
    return Wanted(line, sku, raw)


class ProductWriter:
    """Writes for one organisation. Raises Forbidden unless the actor may add and change.

    Several threads may use one. They say what was refused in the language of the one that made it.
    """

    def __init__(self, *, actor: Actor, publish: bool = False, dry_run: bool = False) -> None:
        actor.require("catalog.add_product", actor.org_id)
        actor.require("catalog.change_product", actor.org_id)
        self._actor = actor
        self._new_status = Status.PUBLIC if publish else Status.DRAFT
        self._dry_run = dry_run
        self._language = get_language()
        self._calls = count()

    def process(self, wanted: Sequence[Wanted], outcome: Outcome) -> Outcome:
        """No SKU twice. Adds to `outcome`, which may hold refusals already, and returns it."""
        with override(self._language):
            return self._process(wanted, outcome)

    def _process(self, wanted: Sequence[Wanted], outcome: Outcome) -> Outcome:
        stored = self._stored(one.sku for one in wanted)
        changes = []
        unchanged = []
        for one in wanted:
            before = stored.get(one.sku)
            refused = outcome.counts.refused
            change = self._plan(one.line, one.raw, before, outcome)
            if change is not None:
                changes.append(change)
            elif before is not None and outcome.counts.refused == refused:
                unchanged.append(before)
        if self._dry_run:
            for change in changes:
                _count(outcome, change)
        else:
            self._write(changes, outcome)
            if next(self._calls) < COMPLETED_CALLS:
                follow_changes([(None, product) for product in unchanged])
        outcome.refusals.sort(key=lambda refusal: refusal.line)
        return outcome

    def _stored(self, skus: Iterable[str]) -> dict[str, Product]:
        ids = repository.find_product_ids_by_sku(self._actor.org_id, skus)
        products = repository.find_products(ids.values())
        return {sku: products[id_] for sku, id_ in ids.items() if id_ in products}

    def _plan(
        self, line: int, raw: Mapping[str, Any], before: Product | None, outcome: Outcome
    ) -> _Change | None:
        if before is not None:
            stored = {name: getattr(before.data, name) for name in DATA_FIELDS}
            if not raw.get("status"):
                raw = {**raw, "status": before.data.status}
            full: Mapping[str, Any] = {**stored, **raw}
        else:
            full = raw if raw.get("status") else {**raw, "status": self._new_status}
        try:
            data = parse_product(full)
        except Invalid as refusal:
            outcome.refuse(_refusals(line, raw, refusal))
            return None
        if before is not None and before.data == data:
            outcome.counts.unchanged += 1
            return None
        return _Change(line, raw, before, self._changed(before, data))

    def _changed(self, before: Product | None, data: ProductData) -> Product:
        now = datetime.now(UTC)
        if before is None:
            return new_product(self._actor.org_id, data, now)
        return before.with_data(data, now)

    def _write(self, changes: list[_Change], outcome: Outcome) -> None:
        together: list[_Change] = []
        written: list[_Change] = []
        transaction = Transaction()
        try:
            for change in changes:
                staged = self._staged(change)
                if together and len(transaction) + len(staged) > COMBINED_ACTIONS:
                    written += self._commit(transaction, together, outcome)
                    together, transaction = [], Transaction()
                transaction.extend(staged)
                together.append(change)
            written += self._commit(transaction, together, outcome)
        finally:
            follow_changes([(change.before, change.after) for change in written])

    def _staged(self, change: _Change) -> Transaction:
        transaction = Transaction()
        action = "catalog.change_product" if change.before else "catalog.add_product"
        audit = audit_of(self._actor, change.before, change.after, action)
        repository.stage_change(transaction, change.before, change.after, audit)
        return transaction

    def _commit(
        self, transaction: Transaction, together: list[_Change], outcome: Outcome
    ) -> Iterator[_Change]:
        """What was written, one by one."""
        try:
            transaction.commit()
        except (ProductChanged, SkuTaken, TransactionCancelled, *STORE_FAILURES) as error:
            if not _may_succeed_alone(error):
                raise
        else:
            for change in together:
                _count(outcome, change)
            yield from together
            return
        for change in together:
            current = self._write_alone(change, outcome)
            if current is not None:
                yield current

    def _write_alone(self, change: _Change, outcome: Outcome) -> _Change | None:
        """Once more from what is stored now when somebody was faster; then the row is refused, as
        it is at once where the store does not take it. None when nothing was written."""
        current: _Change | None = change
        reason = str(errors.CHANGED_MEANWHILE)
        for _ in range(2):
            assert current is not None
            try:
                self._staged(current).commit()
            except (ProductChanged, SkuTaken):
                sku = change.after.data.sku
                stored = self._stored([sku]).get(sku)
                current = self._plan(change.line, change.raw, stored, outcome)
                if current is None:
                    return None
            except (TransactionCancelled, *STORE_FAILURES) as error:
                if not _may_succeed_alone(error):
                    raise
                reason = str(errors.NOT_STORED % {"reason": _said(error)})
                break
            else:
                _count(outcome, current)
                return current
        outcome.refuse([Refusal(change.line, "", reason, change.after.data.sku)])
        return None


def _may_succeed_alone(error: Exception) -> bool:
    """Whether the store has something against the contents, or somebody was faster."""
    return not isinstance(error, STORE_FAILURES) or is_invalid(error)


def _said(error: Exception) -> str:
    """In the store's own words, which are English."""
    reasons = error.reasons if isinstance(error, TransactionCancelled) else ()
    texts = (reason.message or reason.code for reason in reasons if reason)
    return next(texts, str(error)).rstrip(". ")


def _count(outcome: Outcome, change: _Change) -> None:
    if change.before is None:
        outcome.counts.created += 1
        outcome.counts.drafts += change.after.data.status == Status.DRAFT
    else:
        outcome.counts.changed += 1


def _findings(line: int, raw: Mapping[str, Any]) -> list[Refusal]:
    try:
        parse_product(raw)
    except Invalid as refusal:
        return _refusals(line, raw, refusal)
    return []


def _no_sku(line: int, raw: Mapping[str, Any]) -> Refusal:
    return Refusal(line, "sku", str(catalog_errors.SKU_FORMAT), _shown(raw.get("sku")))


def _refusals(line: int, raw: Mapping[str, Any], refusal: Invalid) -> list[Refusal]:
    return [
        Refusal(line, name, _reason(raw.get(name), text), _shown(raw.get(name)))
        for name, texts in refusal.fields.items()
        for text in texts
    ]


def _reason(value: object, text: object) -> str:
    if str(text) == str(catalog_errors.PRICE_FORMAT) and isinstance(value, str):
        return why_no_amount(value) or str(text)
    return str(text)


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        value = "/".join(map(str, value))
    return "" if value is None else str(value)[:VALUE_SHOWN]
