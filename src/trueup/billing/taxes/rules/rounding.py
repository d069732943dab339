"""Integer division with a stated rounding: no decimals, no contexts, nothing rounded twice."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
)

from trueup.kernel.errors import check


def quotient(numerator: int, denominator: int, rounding: str) -> int:
    """`numerator / denominator` as a whole number.  denominator: positive.

    rounding: a mode of `decimal`; ROUND_HALF_UP is half away from zero.  Source: B14.
    """
    if rounding == ROUND_HALF_UP:
        if numerator >= 0:
            return (2 * numerator + denominator) // (2 * denominator)
        return -((denominator - 2 * numerator) // (2 * denominator))
    return _by_mode(numerator, denominator, rounding)


def _by_mode(numerator: int, denominator: int, rounding: str) -> int:
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    towards_zero = floor + (numerator < 0)
    away = floor + (numerator > 0)
    twice = 2 * rest
    nearest = floor + (twice > denominator)
    is_tie = twice == denominator
    results = {
        ROUND_DOWN: towards_zero,
        ROUND_UP: away,
        ROUND_FLOOR: floor,
        ROUND_CEILING: floor + 1,
        ROUND_HALF_DOWN: towards_zero if is_tie else nearest,
        ROUND_HALF_EVEN: floor + floor % 2 if is_tie else nearest,
    }
    check(rounding in results, "a rounding is a mode of decimal", is_=rounding)
    return results[rounding]
