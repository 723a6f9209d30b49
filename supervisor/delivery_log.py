"""The calls that were made for a request, as far as somebody may see them."""

from __future__ import annotations

from accounts.entities import Actor
from storage.cursors import open_sealed, seal
from storage.pages import Page, page_of
from supervisor import selectors
from supervisor.callbacks import repository
from supervisor.callbacks.entities import Delivery
from supervisor.entities import Request
from supervisor.errors import RequestNotFound

PAGE = 25


def list_deliveries(actor: Actor, request: Request, cursor: str | None = None) -> Page[Delivery]:
    """Newest first: one query, none where nobody wants to be called. Raises RequestNotFound,
    PermissionDenied, InvalidCursor."""
    if request.org_id != actor.org_id or not actor.reaches(request.store_id):
        raise RequestNotFound
    actor.require(selectors.VIEW, request.org_id, request.store_id)
    purpose = f"deliveries:{request.id}"
    start = open_sealed(cursor, purpose=purpose)["key"] if cursor else None
    if not request.callback_url:
        return Page(())
    found = repository.deliveries_of(request.id, most=PAGE + 1, after=start)
    return page_of(
        found.deliveries,
        PAGE,
        lambda delivery: seal({"key": repository.place_of(delivery)}, purpose=purpose),
        found.capacity,
    )
