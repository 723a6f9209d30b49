"""The products of an organisation that is deleted, restored or destroyed.

Those that are public are withheld, beside their status; the others nobody else sees anyway. All are
found by the entries of the staff's lists, which stay until they are destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from accounts.removal.errors import Overtaken
from accounts.removal.followers import Piece
from catalog import listing_repository, repository
from catalog.entities import Product, Status
from catalog.errors import ProductChanged
from catalog.heading_repository import Change, follow_changes
from catalog.services import audit_of
from storage.transactions import MAX_ACTIONS, Transaction

# Some twenty entries of the listing each, and where all differ in category a few queries.
AT_ONCE = 25
_BESIDE = "/"


class Catalogue:
    name = "catalog"

    def delete(self, piece: Piece) -> str | None:
        products, place = _products(piece.org_id, Status.PUBLIC, piece.position)
        _write(
            piece,
            [
                (product, replace(product, withheld=piece.removal_id))
                for product in products
                if product.is_public
            ],
            "catalog.withhold_product",
        )
        # Of those withheld already, too: whoever did that may not have come to the navigation.
        follow_changes([(_shown(product), None) for product in products])
        return place

    def restore(self, piece: Piece) -> str | None:
        products, place = _products(piece.org_id, Status.PUBLIC, piece.position)
        _write(
            piece,
            [(product, _shown(product)) for product in products if product.withheld],
            "catalog.return_product",
        )
        follow_changes([(None, _shown(product)) for product in products])
        return place

    def destroy(self, piece: Piece) -> str | None:
        states = tuple(Status)
        named, _, after = piece.position.partition(_BESIDE)
        status = Status(named) if named else states[0]
        products, place = _products(piece.org_id, status, after)
        _write(piece, [(product, None) for product in products], "catalog.delete_product")
        follow_changes([(_shown(product), None) for product in products])
        if place is not None:
            return f"{status}{_BESIDE}{place}"
        following = states[states.index(status) + 1 :]
        return f"{following[0]}{_BESIDE}" if following else None


def _products(org_id: str, status: Status, after: str) -> tuple[list[Product], str | None]:
    """One query, and one read of them all."""
    ids, place = listing_repository.own_product_ids(org_id, status, most=AT_ONCE, after=after)
    found = repository.find_products(ids)
    return [found[product_id] for product_id in ids if product_id in found], place


def _shown(product: Product) -> Product:
    return replace(product, withheld="")


def _write(piece: Piece, changes: Iterable[Change], action: str) -> None:
    """As many in a transaction as fit. Raises Overtaken when somebody changed one meanwhile."""
    together = _bound(piece)
    for before, after in changes:
        one = Transaction()
        audit = audit_of(piece.actor, before, after, action)
        repository.stage_change(one, before, after, audit)
        if len(together) + len(one) > MAX_ACTIONS:
            _commit(together)
            together = _bound(piece)
        together.extend(one)
    if len(together) > 1:
        _commit(together)


def _bound(piece: Piece) -> Transaction:
    transaction = Transaction()
    piece.bind(transaction)
    return transaction


def _commit(transaction: Transaction) -> None:
    try:
        transaction.commit()
    except ProductChanged:
        raise Overtaken from None
