"""The tax a credit note gives back: in proportion, and on the last note whatever is left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP
from typing import TYPE_CHECKING

from trueup.billing.taxes.errors import CreditAboveTaxed
from trueup.billing.taxes.rules.rounding import quotient

if TYPE_CHECKING:
    from trueup.kernel.currency import Currency


@dataclass(frozen=True, slots=True)
class Taxed:
    """A net amount and the tax on it, in micro-units."""

    net_micros: int
    tax_micros: int


def tax_to_credit(
    net_micros: int,
    *,
    billed: Taxed,
    credited: Taxed,
    currency: Currency,
    rounding: str = ROUND_HALF_UP,
) -> int:
    """The tax that goes back with `net_micros`, so that notes never exceed what was billed.

    billed: what one tax was on an invoice, or all of an invoice's; credited: what earlier notes
    gave back of it.  The note that takes the last of the net takes the last of the tax.
    Raises CreditAboveTaxed.  Source: B48.
    """
    left = Taxed(billed.net_micros - credited.net_micros, billed.tax_micros - credited.tax_micros)
    if not 0 <= net_micros <= left.net_micros:
        raise CreditAboveTaxed(net_micros=net_micros, left_micros=left.net_micros)
    if net_micros == left.net_micros:
        return left.tax_micros
    step = currency.step_micros
    exact = net_micros * billed.tax_micros
    return min(quotient(exact, billed.net_micros * step, rounding) * step, left.tax_micros)
