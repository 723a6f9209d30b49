"""Exact amounts."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import get_currency_precision


def decimals_of(currency: str) -> int:
    """How many decimals prices in this ISO 4217 currency have, e.g. 2 for EUR, 0 for JPY."""
    return int(get_currency_precision(currency))


def in_currency(amount: Decimal, currency: str) -> Decimal:
    """The same amount with all decimals of its currency: DynamoDB stores 10.50 as 10.5."""
    return amount.quantize(Decimal(1).scaleb(-decimals_of(currency)))
