"""What goes of the queue with an organisation that is destroyed, or with a store.

While an organisation is only deleted nothing is written here: nobody can log in, deadlines pass as
ever, callers are forgotten as ever, and calls to askers wait (see `callbacks.delivering`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.entities import Actor
from accounts.removal.errors import Overtaken
from accounts.removal.followers import Piece
from accounts.stores.entities import Store
from accounts.stores.repository import store_ids_from
from storage.audit import audit_item
from storage.transactions import MAX_ACTIONS, Transaction
from supervisor import keys
from supervisor import removal_repository as repository
from supervisor.entities import Request, now_in_milliseconds
from supervisor.removal_repository import RemovedStore
from supervisor.repository import Lost
from supervisor.settings_tables import of_organisation, of_store

REQUESTS_AT_ONCE = 40
STORES_AT_ONCE = 25
# How many pieces one run of the sweeper does.
PIECES_BY_THE_WAY = 20
MOST_COUNTED = 25
_NOTED = "noted"
_MORE = "more"
_Bind = Callable[[Transaction], None]
RemoveSome = Callable[[RemovedStore, Actor], bool]
"""Removes a piece of what is kept about a store that is gone; False where nothing is left. May
raise Lost where somebody else is at it."""
_others: list[RemoveSome] = []


def remove_with_stores(remove_some: RemoveSome) -> None:
    """For `AppConfig.ready`: besides requests and settings."""
    _others.append(remove_some)


class Requests:
    """With their deliveries and the settings of their stores, store by store, then of the stores
    that were destroyed before."""

    name = "requests"

    def delete(self, piece: Piece) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def restore(self, piece: Piece) -> str | None:  # noqa: ARG002
        return None

    def destroy(self, piece: Piece) -> str | None:
        """The position is the store at hand. Stores themselves go in a later step."""
        try:
            if piece.position == _NOTED:
                return self._destroy_noted(piece)
            stores = store_ids_from(piece.org_id, piece.position, most=STORES_AT_ONCE)
            for store_id in stores:
                if _remove_some(store_id, piece.actor, piece.bind):
                    return store_id
        except Lost:
            raise Overtaken from None
        return stores[-1] if len(stores) == STORES_AT_ONCE else _NOTED

    def _destroy_noted(self, piece: Piece) -> str | None:
        removed = next(repository.removed_stores(piece.org_id), None)
        if removed is None:
            return None
        if not _remove_some(removed.store_id, piece.actor, piece.bind):
            transaction = Transaction()
            piece.bind(transaction)
            repository.drop_note(transaction, removed)
            transaction.commit()
        return _NOTED


class RequestSettings:
    """Canned answers, the secret that signs calls, how long callers are kept."""

    name = "request-settings"

    def delete(self, piece: Piece) -> str | None:  # noqa: ARG002
        return None

    def restore(self, piece: Piece) -> str | None:  # noqa: ARG002
        return None

    def destroy(self, piece: Piece) -> str | None:
        """Always from the start: what was removed is not there any more."""
        try:
            removed = _remove_settings(of_organisation(piece.org_id), piece.bind)
        except Lost:
            raise Overtaken from None
        return _MORE if removed else None


class RequestsOfStore:
    """Those of a store that is destroyed: noted in that transaction, removed by the sweeper."""

    name = "requests"

    def under_way(self, store: Store) -> str:
        """One query."""
        count = repository.count_pending(
            store.store_id, now=now_in_milliseconds(), most=MOST_COUNTED + 1
        )
        if not count:
            return ""
        if count > MOST_COUNTED:
            text = _("More than %(count)d requests wait for an answer here.")
            return text % {"count": MOST_COUNTED}
        text = ngettext(
            "%(count)d request waits for an answer here.",
            "%(count)d requests wait for an answer here.",
            count,
        )
        return text % {"count": count}

    def destroy(self, transaction: Transaction, store: Store) -> None:
        since = keys.stamp(now_in_milliseconds())
        removed = RemovedStore(store.org_id, store.store_id, since)
        repository.note_removed_store(transaction, removed)


def finish_removed_stores(*, pieces: int = PIECES_BY_THE_WAY) -> None:
    """So many pieces of what was kept about stores that were destroyed. A query where there are
    none. Where somebody else is at the same ones, that is left to them."""
    # Who asked just before a store was destroyed may be heard a moment after.
    settles = timedelta(seconds=settings.REMOVAL_SETTLES_SECONDS)
    settled = keys.stamp(now_in_milliseconds() - settles)
    failure: Exception | None = None
    for removed in repository.removed_stores():
        try:
            pieces -= _finish(removed, settled, pieces)
        except Lost:
            continue
        except Exception as error:  # noqa: BLE001  # raised below, when the others have had their turn
            failure = error
        if not pieces:
            break
    if failure is not None:
        raise failure


def _finish(removed: RemovedStore, settled: str, most: int) -> int:
    """The number of pieces that it took; the note goes after the last of them."""
    clock = Actor.system(org_id=removed.org_id)
    pieces = 0
    while pieces < most:
        others = (remove_some(removed, clock) for remove_some in _others)
        if not (_remove_some(removed.store_id, clock) or any(others)):
            if removed.since <= settled:
                transaction = Transaction()
                repository.drop_note(transaction, removed)
                transaction.commit()
            break
        pieces += 1
    return pieces


def _remove_some(store_id: str, actor: Actor, bind: _Bind | None = None) -> bool:
    """Of what is kept about a store; False where nothing is left. Raises Lost."""
    requests = repository.some_requests(store_id, most=REQUESTS_AT_ONCE)
    if not requests:
        return _remove_settings(of_store(store_id), bind)
    for request in requests:
        # They are found by their request, so they go before it.
        if request.callback_url:
            _remove_deliveries(request, bind)
    transaction = _bound(bind)
    for request in requests:
        repository.remove_request(transaction, request)
        transaction.put(
            audit_item(
                subject=request.audit_subject,
                actor_id=actor.user_id,
                actor_name=actor.name,
                action="supervisor.destroy_request",
            )
        )
    transaction.commit()
    return True


def _remove_deliveries(request: Request, bind: _Bind | None) -> None:
    transaction = _bound(bind)
    while repository.remove_some_deliveries(transaction, request.id, most=MAX_ACTIONS - 1):
        transaction.commit()
        transaction = _bound(bind)


def _remove_settings(owner: str, bind: _Bind | None) -> bool:
    transaction = _bound(bind)
    removed = repository.remove_some_settings(transaction, owner, most=MAX_ACTIONS - 1)
    if removed:
        transaction.commit()
    return removed


def _bound(bind: _Bind | None) -> Transaction:
    transaction = Transaction()
    if bind is not None:
        bind(transaction)
    return transaction
