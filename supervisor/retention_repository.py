"""What is stored about how long callers are kept, and where there are some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from storage.transactions import Transaction
from supervisor import keys
from supervisor.settings_tables import SettingItem, of_organisation
from supervisor.tables import CALLERS, RequestItem

_KIND = "retention"
_SERVER = "server"
_LAST_RUN = "callers-forgotten"


class RetentionSaved(Exception):
    """Somebody else changed it at the same moment."""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days after a request is closed it names its caller; 0 is for good. Without a
    `version` the organisation has said nothing."""

    org_id: str
    days: int
    version: int | None = None

    @property
    def audit_subject(self) -> str:
        return f"retention#{self.org_id}"


@dataclass(frozen=True, slots=True)
class Place:
    """In the list of all organisations: the cursor of the page, and the last one of it that was
    done; without them the beginning."""

    page: str | None = None
    org_id: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """`begun` is empty where the next one may begin at once."""

    begun: str
    place: Place = Place()
    version: int | None = None


def get_retention(org_id: str, usual: int) -> Retention:
    """One strongly consistent read; `usual` days where the organisation has said nothing."""
    item = SettingItem.find(of_organisation(org_id), _KIND, consistent=True)
    return Retention(org_id, usual) if item is None else _retention_of(item)


def retentions(org_ids: Iterable[str], usual: int) -> dict[str, Retention]:
    """By organisation: a read for each hundred."""
    wanted = list(org_ids)
    items = SettingItem.find_many((of_organisation(org_id), _KIND) for org_id in wanted)
    found = {item.org_id: _retention_of(item) for item in items}
    return {org_id: found.get(org_id, Retention(org_id, usual)) for org_id in wanted}


def save_retention(transaction: Transaction, retention: Retention) -> Retention:
    """Over the version that was read; the commit raises RetentionSaved. Returns what is stored
    after it."""
    known: dict[str, Any] = {} if retention.version is None else {"version": retention.version}
    owner, document = of_organisation(retention.org_id), {"days": retention.days}
    item = SettingItem(owner, _KIND, org_id=retention.org_id, document=document, **known)
    transaction.put(item, on_failure=RetentionSaved)
    return replace(retention, version=(retention.version or 0) + 1)


def with_callers(org_id: str, *, closed_before: datetime, most: int) -> list[tuple[str, str]]:
    """Stores and ids of requests that were closed before and name a caller, longest closed first:
    one query of a sparse index, which lags a moment."""
    found = RequestItem.slice(
        org_id, RequestItem.closed_key < keys.stamp(closed_before), index=CALLERS, page_size=most
    )
    return [(item.store_id, item.sort.split(keys.SEPARATOR)[-1]) for item in found.items]


def begin_run(now: datetime, *, every: timedelta) -> Run | None:
    """Where it is time for a run, and nobody else has begun one, from where the one before stopped:
    a read, then a conditional write where it looks so."""
    item = SettingItem.find(_SERVER, _LAST_RUN)
    if item is None:
        return _saved(Run(keys.stamp(now)))
    if item.document["begun"] > keys.stamp(now - every):
        return None
    stopped = Place(item.document.get("page"), item.document.get("org_id", ""))
    return _saved(Run(keys.stamp(now), stopped, item.version))


def end_run(run: Run, stopped: Place, *, is_done: bool) -> None:
    """With more to do the next one begins at once, and there. Writes where there is news, unless
    another one has begun meanwhile."""
    ended = replace(run, begun=run.begun if is_done else "", place=stopped)
    if ended != run:
        _saved(ended)


def _saved(run: Run) -> Run | None:
    known: dict[str, Any] = {} if run.version is None else {"version": run.version}
    document = {"begun": run.begun, "page": run.place.page, "org_id": run.place.org_id}
    transaction = Transaction()
    item = SettingItem(_SERVER, _LAST_RUN, org_id=_SERVER, document=document, **known)
    transaction.put(item, on_failure=RetentionSaved)
    try:
        transaction.commit()
    except RetentionSaved:
        return None
    return replace(run, version=(run.version or 0) + 1)


def _retention_of(item: SettingItem) -> Retention:
    return Retention(item.org_id, item.document["days"], item.version)
