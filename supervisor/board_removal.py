"""The counters of an organisation that is destroyed. While it is only deleted nobody reads them."""

from __future__ import annotations

from accounts.removal.followers import Piece
from storage.transactions import MAX_ACTIONS, Transaction
from supervisor import board_repository

_MORE = "more"


class Counters:
    name = "request-counters"

    def delete(self, piece: Piece) -> str | None:  # noqa: ARG002  # the protocol's
        return None

    def restore(self, piece: Piece) -> str | None:  # noqa: ARG002
        return None

    def destroy(self, piece: Piece) -> str | None:
        """Always from the start: what was removed is not there any more."""
        transaction = Transaction()
        piece.bind(transaction)
        if not board_repository.remove_some(transaction, piece.org_id, most=MAX_ACTIONS - 1):
            return None
        transaction.commit()
        return _MORE
