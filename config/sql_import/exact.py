"""Numbers without loss, whatever type a driver gives them."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import Any

from config.sql_import import errors
from config.sql_import.errors import Refused

DIGITS = 38
LARGEST_EXPONENT = 125
ROUNDING = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
MOST_DECIMALS = 30
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
# Wide enough that nothing which is stored is ever rounded by it.
_WIDE = Context(prec=200, traps=[InvalidOperation])


def shortest_of_single(value: float) -> Decimal:
    """The shortest decimal that a four-byte float means: 2.549999952316284 → 2.55."""
    if value != value or value in (float("inf"), float("-inf")):
        return Decimal(value)
    single = struct.pack("<f", value)
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack("<f", float(text)) == single:
                return Decimal(text)
        except OverflowError:  # rounded up beyond the largest
            continue
    return shortest_of_double(value)


def shortest_of_double(value: float) -> Decimal:
    """The same for eight bytes: 0.1 → 0.1, 18.0 → 18."""
    return Decimal(repr(value).removesuffix(".0"))


def exact(value: Any) -> Decimal:
    """Raises Refused for what is no finite number, or none that DynamoDB can hold."""
    if isinstance(value, bool):
        raise Refused(errors.NO_NUMBER)
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, float):
        number = shortest_of_double(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        raise Refused(errors.NO_NUMBER)
    if not number.is_finite():
        raise Refused(errors.NOT_FINITE)
    if number and not -LARGEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise Refused(errors.TOO_LARGE)
    if len(_WIDE.normalize(number).as_tuple().digits) > DIGITS:
        raise Refused(errors.TOO_LARGE)
    return number


def plain(number: Decimal) -> str:
    """Without an exponent."""
    return format(number, "f")


def whole(value: Any) -> int:
    """Raises Refused."""
    number = exact(value)
    if number != number.to_integral_value():
        raise Refused(errors.NOT_WHOLE)
    return int(number)


def decimal_converter(
    *,
    scale: int | None,
    rounding: str | None,
    factor: Decimal | None,
    decimal_sign: str,
    group_sign: str,
) -> Callable[[Any], Decimal]:
    """Raises Refused for what would need rounding, unless `rounding` says how."""

    def convert(value: Any) -> Decimal:
        number = exact(_with_point(value, decimal_sign, group_sign))
        if factor is not None:
            number = exact(_WIDE.multiply(number, factor))
        return number if scale is None else _to_scale(number, scale, rounding)

    return convert


def _with_point(value: Any, decimal_sign: str, group_sign: str) -> Any:
    if not isinstance(value, str) or (decimal_sign, group_sign) == (".", ""):
        return value
    if group_sign:
        whole_part = value.partition(decimal_sign)[0]
        pattern = rf"\s*[+-]?\d{{1,3}}({re.escape(group_sign)}\d{{3}})+\s*"
        if group_sign in value and not re.fullmatch(pattern, whole_part, re.ASCII):
            raise Refused(errors.NO_NUMBER)
        value = value.replace(group_sign, "")
    if decimal_sign != "." and "." in value:
        raise Refused(errors.NO_NUMBER)
    return value.replace(decimal_sign, ".")


def _to_scale(number: Decimal, scale: int, rounding: str | None) -> Decimal:
    unit = Decimal(1).scaleb(-scale)
    context = _WIDE.copy()
    if rounding:
        context.rounding = ROUNDING[rounding]
    else:
        context.traps[Inexact] = True
    try:
        return number.quantize(unit, context=context)
    except Inexact:
        raise Refused(errors.TOO_MANY_DECIMALS % {"scale": scale}) from None


def step_finder(steps: list[tuple[Decimal, str]], above: str) -> Callable[[Any], str]:
    """The text of the first step that a number does not exceed."""

    def find(value: Any) -> str:
        number = exact(value)
        return next((text for most, text in steps if number <= most), above)

    return find


def map_key(value: Any, mapped: Mapping[str, Any]) -> str:
    """How a mapping names this value: `1` for 1, 1.0 and true, the text itself otherwise."""
    if isinstance(value, bool):
        words = ("true", "1", "t") if value else ("false", "0", "f")
        return next((word for word in words if word in mapped), words[0])
    if isinstance(value, (int, float, Decimal)):
        number = exact(value)
        if number == number.to_integral_value():
            return str(int(number))
        return plain(_WIDE.normalize(number))
    return str(value)
