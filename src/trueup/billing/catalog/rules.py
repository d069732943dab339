"""Which version of each charge is sold on a day, or agreed with one customer.  Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trueup.billing.catalog.errors import ChargeNotOffered, PriceNotAgreeable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from trueup.billing.catalog.model import Price


def in_force(prices: Iterable[Price], currency: str, at: datetime) -> list[Price]:
    """The newest version of each charge and phase that is offered in `currency` at `at`.

    prices: of one plan, oldest first, as the catalog lists them; a version without a start is the
    first.  In the order in which the charges came up.
    """
    newest: dict[tuple[str, int | None], Price] = {}
    for price in prices:
        has_begun = price.effective_from is None or price.effective_from <= at
        if price.currency == currency and has_begun and not price.is_private:
            newest[price.charge_code, price.phase] = price
    return list(newest.values())


def of_charge(prices: Iterable[Price], code: str | None, plan: str) -> Price:
    """The price of one charge among those offered; None: of the only one.

    Raises ChargeNotOffered.
    """
    kept = list(prices)
    meant = [price for price in kept if code in {None, price.charge_code}]
    if len(meant) != 1:
        codes = sorted({price.charge_code for price in kept})
        raise ChargeNotOffered(plan=plan, charge=code, offered=codes)
    return meant[0]


def agreed_price(of: Price, amount_micros: int, price_id: UUID, at: datetime) -> Price:
    """A version of `of` at another amount, agreed with one customer and offered to nobody else.

    amount_micros: of the whole charge or a unit of it, as `of` is priced.  Raises PriceNotAgreeable
    for a price of more than one amount.
    """
    if of.unit_amount_micros is None:
        raise PriceNotAgreeable(charge=of.charge_code, model=of.model)
    return replace(
        of,
        price_id=price_id,
        unit_amount_micros=amount_micros,
        effective_from=at,
        is_private=True,
    )
