"""Agreements come in here: imported, ordered by customers, or handed over from another system.

An order changes spans of service and nothing else.  What it costs, the next bill run finds out,
which is why a change can be previewed by the very code that bills it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from trueup.billing.catalog import service as catalogs
from trueup.billing.customers import service as customers
from trueup.billing.dialect.service import dialects
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.errors import (
    ChargeNotServed,
    CustomerServed,
    CustomerUnsettled,
    HandOverUnclear,
    SubscriptionUnknown,
)
from trueup.billing.subscriptions.model import (
    DISCOUNT,
    SUBSCRIPTION,
    SUBSCRIPTION_ITEM,
    OrderKind,
    OrderRecord,
    Record,
    Subscription,
)
from trueup.billing.subscriptions.rules import (
    recording,
    taking_back,
    taking_over,
)
from trueup.billing.subscriptions.rules.closing import SERVED, left_told
from trueup.billing.subscriptions.rules.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.rules.planning import Ordered, Planned
    from trueup.billing.subscriptions.terms import Charge
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


def import_subscriptions(tx: Tx, subscriptions: pa.Table, items: pa.Table) -> int:
    """Insert subscriptions and their items, and count the subscriptions.

    Columns as `SUBSCRIPTION` and `SUBSCRIPTION_ITEM` list them; an item's subscription is among
    them or there already.  Raises Defect, CardNumberFound, ConstraintBroken.
    """
    subscriptions = SUBSCRIPTION.complete(subscriptions)
    items = SUBSCRIPTION_ITEM.complete(items)
    count = tx.insert(SUBSCRIPTION.table, subscriptions)
    tx.insert(SUBSCRIPTION_ITEM.table, items)
    return count


def import_discounts(tx: Tx, rows: pa.Table) -> int:
    """Insert running discounts, as `DISCOUNT` lists them.  Raises as `import_subscriptions`."""
    rows = DISCOUNT.complete(rows)
    return tx.insert(DISCOUNT.table, rows)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many subscriptions are billed here now, and which could not be, and why."""

    subscriptions: int
    unclear: tuple[HandOverUnclear, ...]


def find(tx: Tx, ids: Sequence[UUID]) -> list[Subscription]:
    """Those of `ids` that are billed here, by id."""
    return _read(tx, store.records(tx, ids), {})


def get(tx: Tx, subscription_id: UUID) -> Subscription:
    """Raises SubscriptionUnknown."""
    found = find(tx, [subscription_id])
    if not found:
        raise SubscriptionUnknown(subscription=str(subscription_id))
    return found[0]


def read(tx: Tx, ids: Sequence[UUID], charges: dict[UUID, Charge]) -> list[Subscription]:
    """As `find`, for a run that keeps the charges it has read."""
    return _read(tx, store.records(tx, ids), charges)


def order(
    tx: Tx, subscription_id: UUID, plan: Callable[[Subscription, Dialect], Planned]
) -> Subscription:
    """Do what `plan` makes of a subscription, one order at a time; its next bill is at once.

    plan: one of `rules.planning`, given the subscription and its dialect.
    Raises SubscriptionUnknown and what the plan refuses.
    """
    store.lock(tx, [subscription_id])
    before = get(tx, subscription_id)
    after, kept = plan(before, dialects(tx).named(before.record.dialect))
    if kept.effective_at > kept.ordered_at:
        kept = replace(kept, replaced=taking_back.replaced(before.record))
    store.put(tx, [after.record])
    store.add_orders(tx, [(subscription_id, after.record.orders, kept)])
    return after


def take_back(tx: Tx, subscription_id: UUID, ordered: Ordered) -> Subscription:
    """Take the last order back, where its time lies ahead: all is as if it had not been given.

    Raises SubscriptionUnknown, NothingScheduled.
    """
    store.lock(tx, [subscription_id])
    before = get(tx, subscription_id)
    last = taking_back.last_standing(
        str(subscription_id), store.orders(tx, subscription_id), ordered.at
    )
    record = taking_back.restored(before.record, last.replaced)
    record = replace(
        record,
        orders=record.orders + 1,
        next_bill_at=max(min(record.next_bill_at or ordered.at, ordered.at), record.started_at),
        is_steady=False,
    )
    terms = {"order": last.number, "kind": last.kind}
    kept = OrderRecord(OrderKind.TAKE_BACK, ordered.at, ordered.at, terms, ordered.by)
    store.put(tx, [standing(record, ordered.at)])
    store.add_orders(tx, [(subscription_id, record.orders, kept)])
    return get(tx, subscription_id)


def hand_over(
    tx: Tx, customers: Sequence[UUID], ordered: Ordered, *, time_zone: str | None = None
) -> HandedOver:
    """Bill the imported subscriptions of customers from where their source stopped billing.

    customers: with authority here already (`customers.service.hand_over`).  time_zone: of the days
    the source counted; None: each customer's own.  A subscription that lacks what its next bill
    depends on is named with the reason and left alone; what is over stays over.
    """
    rows = store.imported(tx, customers)
    prices = {price for row in rows for price in row.prices}
    known = catalogs.catalog(tx, prices)
    taken, unclear = [], []
    for row in rows:
        try:
            taken.append(taking_over.taken_over(row, known, time_zone or row.time_zone))
        except HandOverUnclear as refusal:
            unclear.append(refusal)
    store.put(tx, taken)
    order = OrderRecord(OrderKind.HAND_OVER, ordered.at, ordered.at, {}, ordered.by)
    store.add_orders(tx, [(record.subscription_id, record.orders, order) for record in taken])
    return HandedOver(len(taken), tuple(unclear))


class Sold(NamedTuple):
    """A price and the plan it is of."""

    price: Price
    plan: Plan


def sold(tx: Tx, subscription: Subscription, charge: str) -> Sold:
    """What a subscription's charge of this code costs, as it was sold last.

    Raises ChargeNotServed.
    """
    keys = [item.key for item in subscription.contract.items if item.charge.code == charge]
    if not keys:
        raise ChargeNotServed(subscription=subscription.contract.key, charge=charge)
    price_id = subscription.prices[keys[-1]]
    known = catalogs.catalog(tx, [price_id])
    version = known.prices[price_id]
    return Sold(version, known.plans[version.plan_id])


def close_customer(tx: Tx, customer_id: UUID, at: Instant, *, is_left: bool = False) -> list[Any]:
    """Close a customer: nothing new is begun for them.  Returns what stays as it is.

    is_left: invoices that are due or drafted, items that wait for one and credit may be left.
    Raises CustomerServed while a subscription is not over, then as `customers.close_customer`, then
    CustomerUnsettled.
    """
    left = store.left_with(tx, customer_id, at)
    if any(each.kind == SERVED for each in left):
        raise CustomerServed(customer=str(customer_id), left=left_told(left))
    customers.close_customer(tx, customer_id, at)
    if left and not is_left:
        raise CustomerUnsettled(customer=str(customer_id), left=left_told(left))
    return left


def listed(tx: Tx, *, customer_id: UUID | None = None, limit: int = 50) -> list[Any]:
    """Subscriptions for people, the newest first."""
    return store.listed(tx, customer_id, limit)


def orders(tx: Tx, subscription_id: UUID) -> list[Any]:
    """What was ordered of a subscription, in order."""
    return store.orders(tx, subscription_id)


def _read(tx: Tx, records: Sequence[Record], charges: dict[UUID, Charge]) -> list[Subscription]:
    if not records:
        return []
    prices = {item.price_id for record in records for item in record.items}
    plans = {plan for record in records for plan in (record.plan_id, *record.former_plans)}
    known = catalogs.catalog(tx, prices, plans)
    return [recording.subscription_of(record, known, charges) for record in records]
