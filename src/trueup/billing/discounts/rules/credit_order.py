"""Which credits settle an invoice, in what order, and how much of each.

Plain arithmetic over what is left; credits are rows and transfers of `billing.credits`, which
stands above invoicing. Credits come after tax and do not lower its base (B42).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.discounts.model import CreditOrder, CreditUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trueup.billing.discounts.model import SpendableCredit
    from trueup.kernel.clock import Instant
    from trueup.kernel.currency import Currency


def spend_credits(
    credits_held: Iterable[SpendableCredit],
    due_micros: int,
    *,
    currency: Currency,
    at: Instant,
    order: CreditOrder = CreditOrder.PRIORITY_FIRST,
) -> tuple[CreditUse, ...]:
    """What each credit pays of `due_micros` at `at`, in order; together never more than is due.

    credits_held: any; those that were granted later or have expired by then, are empty or are of
    another currency are left out.
    A due amount of zero or less spends nothing.  Source: B20, B42.
    """
    uses = []
    for credit in sorted(credits_held, key=lambda held: _place(held, order)):
        amount = min(credit.remaining_micros, due_micros)
        if amount <= 0 or not credit.counts_at(at) or credit.currency != currency.code:
            continue
        due_micros -= amount
        uses.append(CreditUse(credit.credit_id, amount))
    return tuple(uses)


def _place(credit: SpendableCredit, order: CreditOrder) -> tuple[object, ...]:
    # A credit without an end waits for those that would be lost.
    expiry = (1,) if credit.expires_at is None else (0, credit.expires_at)
    age = (credit.granted_at, credit.credit_id)
    if order is CreditOrder.EXPIRY_FIRST:
        return (expiry, credit.priority, *age)
    if order is CreditOrder.PRIORITY_FIRST:
        return (credit.priority, expiry, *age)
    return age
