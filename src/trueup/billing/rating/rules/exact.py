"""Exact arithmetic: a value is a decimal over a positive decimal, and only rounding loses anything.

The context traps every inexact result, so that nothing is ever rounded by accident (B13).
"""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGITS: Final = 10_000  # what no sum of products of stored numbers reaches; more is trapped

_TRAPS: Final = [InvalidOperation, DivisionByZero, Overflow]
EXACT: Final = Context(prec=DIGITS, traps=[*_TRAPS, Inexact])
_ROUNDING: Final = Context(prec=DIGITS, traps=_TRAPS)

ADD: Final = EXACT.add
SUBTRACT: Final = EXACT.subtract
MULTIPLY: Final = EXACT.multiply
SCALE: Final = EXACT.scaleb

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)

Ratio: TypeAlias = tuple[Decimal, Decimal]
"""A value: the first over the second, which is above zero."""

MODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "half_up": ROUND_HALF_UP,  # half away from zero
        "half_even": ROUND_HALF_EVEN,
        "half_down": ROUND_HALF_DOWN,
        "up": ROUND_UP,  # away from zero
        "down": ROUND_DOWN,  # towards zero
        "floor": ROUND_FLOOR,
        "ceiling": ROUND_CEILING,
    }
)
WORDS: Final[Mapping[str, str]] = MappingProxyType({mode: word for word, mode in MODES.items()})

_STEPS: Final = tuple(Decimal(1).scaleb(-scale) for scale in range(8))
_HALVES: Final = (ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_HALF_EVEN)


def added(left: Ratio, right: Ratio) -> Ratio:
    if left[1] == right[1]:
        return ADD(left[0], right[0]), left[1]
    top = ADD(MULTIPLY(left[0], right[1]), MULTIPLY(right[0], left[1]))
    return top, MULTIPLY(left[1], right[1])


def negated(value: Ratio) -> Ratio:
    return SUBTRACT(ZERO, value[0]), value[1]


def times(left: Ratio, right: Ratio) -> Ratio:
    return MULTIPLY(left[0], right[0]), MULTIPLY(left[1], right[1])


def is_below(left: Ratio, right: Ratio) -> bool:
    if left[1] == right[1]:
        return left[0] < right[0]
    return MULTIPLY(left[0], right[1]) < MULTIPLY(right[0], left[1])


def to_scale(value: Ratio, scale: int, mode: str) -> Decimal:
    """`value` with `scale` decimals.  mode: a mode of `decimal`."""
    top, below = value
    check(top.is_finite(), "only a finite number is rounded", is_=top)
    if below == ONE:
        step = _STEPS[scale] if 0 <= scale < len(_STEPS) else SCALE(ONE, -scale)
        return top.quantize(step, mode, _ROUNDING)
    shifted = SCALE(top, scale)
    whole, rest = EXACT.divmod(shifted, below)
    if _is_away(whole, rest, below, mode):
        whole = ADD(whole, ONE) if rest > 0 else SUBTRACT(whole, ONE)
    return SCALE(whole, -scale)


def _is_away(whole: Decimal, rest: Decimal, below: Decimal, mode: str) -> bool:
    """Whether a quotient cut towards zero is rounded to the next number away from it."""
    if not rest:
        return False
    if mode in _HALVES:
        twice = ADD(rest.copy_abs(), rest.copy_abs())
        if twice != below:
            return twice > below
        if mode == ROUND_HALF_EVEN:
            return bool(EXACT.remainder(whole, Decimal(2)))
        return mode == ROUND_HALF_UP
    return mode in {ROUND_UP, ROUND_CEILING if rest > 0 else ROUND_FLOOR}
