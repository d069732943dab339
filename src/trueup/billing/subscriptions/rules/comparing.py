"""Which of two plans costs more, by what a day of it costs; usage is left out."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from trueup.billing.rating.model import FlatPrice, UnitPrice
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from trueup.billing.calendar.model import Cadence
    from trueup.billing.subscriptions.terms import Charge, Terms

MONTH_DAYS: Final = Fraction(146_097, 4_800)
"""The mean month of the calendar, over its cycle of 400 years."""


def is_downgrade(before: Terms, after: Terms) -> bool:
    """Whether a day of `after` costs less than one of `before` (B32)."""
    return daily_fee(after) < daily_fee(before)


def daily_fee(terms: Terms) -> Fraction:
    """What a day of the last phase's recurring fees costs, one unit each, in main units."""
    fees = (c for c in terms.phases[-1].charges if c.kind is ChargeKind.RECURRING)
    return sum((_amount(c) / _days(c.cadence or terms.cadence) for c in fees), Fraction(0))


def _amount(charge: Charge) -> Fraction:
    model = charge.price.model
    units = Fraction(charge.units or Decimal(1))
    if isinstance(model, UnitPrice):
        return Fraction(model.unit) * units
    return Fraction(model.amount) * units if isinstance(model, FlatPrice) else Fraction(0)


def _days(cadence: Cadence | None) -> Fraction:
    if cadence is None:
        return MONTH_DAYS
    return Fraction(cadence.days) if cadence.days else MONTH_DAYS * cadence.months
