"""What waits for an invoice: which of it goes along with one, and as what line.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trueup.billing.calendar.rules.zones import local_date
from trueup.billing.drafting.model import DraftLine, LineKind
from trueup.billing.drafting.rules.amounts import flat, rounded
from trueup.billing.invoicing.rules.reading import EVER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, tzinfo
    from uuid import UUID

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.invoicing.model import PendingItem
    from trueup.kernel.currency import Currency


def going_along(
    waiting: Sequence[PendingItem], subscriptions: Collection[UUID], on: date, where: tzinfo
) -> list[PendingItem]:
    """Those of `waiting` that an invoice of `subscriptions` dated `on` bills, the oldest first.

    waiting: of its customer and currency.  What occurred on a later day, told by `where`, waits on:
    a run that is late bills as one in time would have.
    """
    fitting = (
        item
        for item in waiting
        if (item.goes_with is None or item.goes_with in subscriptions)
        and (item.occurred_at is None or local_date(item.occurred_at, where) <= on)
    )
    return in_order(fitting)


def in_order(items: Iterable[PendingItem]) -> list[PendingItem]:
    """As they stand on an invoice: those without a time first, then by time."""
    return sorted(
        items,
        key=lambda item: (item.occurred_at or EVER, item.pending_item_id),
    )


def line_of(item: PendingItem, currency: Currency, dialect: Dialect) -> DraftLine:
    """The line that bills an item, for no item in service and no time; its amount as agreed."""
    contract = None if item.subscription_id is None else str(item.subscription_id)
    key = f"pending/{item.pending_item_id}"
    derivation = flat(item.amount_micros)
    return DraftLine(
        key=key if contract is None else f"{contract}/{key}",
        kind=LineKind.ONE_OFF,
        contract=contract,
        item=None,
        plan=None,
        component=None,
        span=None,
        full=None,
        derivation=derivation,
        amount_micros=rounded(derivation, currency, dialect),
        description=item.description,
    )
