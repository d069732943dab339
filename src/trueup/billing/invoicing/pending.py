"""Charges and credits that wait for an invoice: added, listed, taken back, billed at once.

They go along with the customer's next invoice, or, where they are of a subscription, with that
one's; a run sees to it (ADR 0090).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.customers import service as customers
from trueup.billing.invoicing import keeping, reading
from trueup.billing.invoicing.errors import (
    ItemAlike,
    ItemOfNothing,
    ItemUnnamed,
    NothingPending,
    PendingItemGone,
)
from trueup.billing.invoicing.model import PENDING_ITEM, Context
from trueup.billing.invoicing.rules.apart import Asked, billed_apart
from trueup.billing.invoicing.writing import write_bills
from trueup.billing.subscriptions import service as subscriptions
from trueup.billing.subscriptions.errors import SubscriptionUnknown
from trueup.kernel.cards import CardNumberFound, contains_card_number
from trueup.kernel.clock import StandingClock
from trueup.kernel.currency import CURRENCIES
from trueup.kernel.ids import new_id
from trueup.kernel.money import Money

if TYPE_CHECKING:
    from uuid import UUID

    from trueup.billing.invoicing.model import NewPendingItem
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


def add(tx: Tx, item: NewPendingItem) -> None:
    """Let an item wait for the customer's next invoice in its currency.

    Raises, in this order, ItemOfNothing, ItemUnnamed, CardNumberFound, CustomerUnknown,
    AuthorityElsewhere, SubscriptionUnknown for one of another customer or in another currency.
    """
    if not item.amount_micros:
        raise ItemOfNothing
    if not item.description.strip():
        raise ItemUnnamed
    if contains_card_number(item.description):
        raise CardNumberFound(table=PENDING_ITEM.table, column="description", rows=1)
    customers.get_ours(tx, item.customer_id)
    if item.subscription_id is not None:
        record = subscriptions.get(tx, item.subscription_id).record
        if (record.customer_id, record.currency) != (item.customer_id, item.currency):
            raise SubscriptionUnknown(subscription=str(item.subscription_id))
    keeping.insert_pending_item(tx, item)


def check_new(tx: Tx, item: NewPendingItem) -> None:
    """Not the same amount for the same thing on the same day of a customer.  Raises ItemAlike."""
    if keeping.is_pending_alike(tx, item):
        amount = Money(item.amount_micros, CURRENCIES[item.currency])
        raise ItemAlike(description=item.description, amount=amount)


def listed(
    tx: Tx, *, customer_id: UUID | None = None, is_billed_too: bool = False, limit: int = 50
) -> list[Any]:
    """What waits for an invoice, the newest first; on request what no longer does, too."""
    return keeping.pending_listed(tx, customer_id, limit, is_billed_too=is_billed_too)


def drop(tx: Tx, pending_item_id: UUID) -> None:
    """Take back an item that waits.  Raises PendingItemGone."""
    if not keeping.drop_pending_item(tx, pending_item_id):
        raise PendingItemGone(item=str(pending_item_id))


def bill_now(tx: Tx, customer_id: UUID, at: Instant, *, net_days: int = 0) -> list[Any]:
    """Bill at once what waits of a customer, on invoices of its own; returns them.

    Raises CustomerUnknown, AuthorityElsewhere, NothingPending, TaxPending, EntityMissing,
    DialectUnknown, FxRateMissing.
    """
    row = customers.get_ours(tx, customer_id)
    tx.check_references_by_set()
    context = Context(
        subscriptions={},
        books={},
        usage={},
        discounts={},
        credits=reading.credits_of(tx, [row]),
        buyers=reading.buyers(tx, [customer_id]),
        pending=reading.pending(tx, [customer_id]),
    )
    word = new_id(StandingClock(at))
    asked = Asked(word, customer_id, at, zone(row.time_zone), net_days)
    agreed = reading.conventions(tx)
    bills = billed_apart(asked, context, agreed)
    if not bills:
        raise NothingPending(customer=str(customer_id))
    write_bills(tx, bills, {}, {}, agreed.fx, None)
    return [keeping.find_invoice(tx, str(bill.invoice_id)) for bill in bills]
