"""Amounts and numbers as people write them at the command line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

import typer

from trueup.cli.errors import AmountNotHeld
from trueup.kernel.currency import MICROS, currency
from trueup.kernel.money import Money

QUANTITY_STEP: Final = Decimal("0.000001")
QUANTITY_END: Final = Decimal(10) ** 14
"""Quantities have six decimals and fourteen places before them."""
QUANTITY_MAX: Final = QUANTITY_END - QUANTITY_STEP

LARGEST_MICROS: Final = 10**12 * MICROS
"""A trillion: what is kept holds nine of them, so that there is room for tax and sums."""


def decimal(text: str) -> Decimal:
    """A plain number; what is no finite one is wrong usage."""
    try:
        read = Decimal(text)
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise typer.BadParameter("write a number, such as 25")
    return read


def units(text: str) -> Decimal:
    """A number of units; what the books cannot hold is wrong usage."""
    read = decimal(text)
    if abs(read) >= QUANTITY_END:
        raise typer.BadParameter(f"{text} is too large; the largest is {QUANTITY_MAX:,f}")
    if read % QUANTITY_STEP:
        raise typer.BadParameter(f"{text} is too fine; give it with at most six decimals")
    return read


def units_served(text: str) -> Decimal:
    """A number of units that somebody has: none, or more."""
    read = units(text)
    if read < 0:
        raise typer.BadParameter(f"{text} is below zero; a quantity is zero or more")
    return read


def payable(amount: str, code: str, field: str = "amount") -> int:
    """An amount that is paid, granted or credited, in micro-units.

    Raises MalformedAmount, AmountNotHeld, AmountBelowStep.
    """
    money = _read(amount, code, field)
    return money.of_steps(money.steps).micros


def micros_of(amount: str, code: str, field: str = "amount") -> int:
    """Raises MalformedAmount, AmountNotHeld."""
    return _read(amount, code, field).micros


def _read(amount: str, code: str, field: str) -> Money:
    money = Money.from_major(amount, currency(code))
    largest = Money(LARGEST_MICROS, money.currency)
    if abs(money.micros) > LARGEST_MICROS:
        raise AmountNotHeld(field=field, amount=money.format(), largest=largest.format())
    return money
