"""Which version of each charge is sold on a day.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

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
