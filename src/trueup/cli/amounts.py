"""Amounts and numbers as people write them at the command line."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import typer

from trueup.kernel.currency import currency
from trueup.kernel.money import Money


def decimal(text: str) -> Decimal:
    """A plain number; what is no finite one is wrong usage."""
    try:
        read = Decimal(text)
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise typer.BadParameter("write a number, such as 25")
    return read


def payable(amount: str, code: str) -> int:
    """An amount that is paid, granted or credited, in micro-units.

    Raises MalformedAmount, AmountBelowStep.
    """
    money = Money.from_major(amount, currency(code))
    return money.of_steps(money.steps).micros


def micros_of(amount: str, code: str) -> int:
    """Raises MalformedAmount."""
    return Money.from_major(amount, currency(code)).micros
