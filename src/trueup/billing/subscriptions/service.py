"""Agreements come in here: imported, ordered by customers, or handed over from another system.

An order changes spans of service and nothing else.  What it costs, the next bill run finds out,
which is why a change can be previewed by the very code that bills it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.catalog import service as catalogs
from trueup.billing.customers import service as customers
from trueup.billing.customers.errors import CustomerClosed
from trueup.billing.dialect.service import dialects
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.errors import (
    ChargeNotServed,
    CustomerServed,
    CustomerUnsettled,
    HandOverUnclear,
    SubscriptionLive,
    SubscriptionUnknown,
)
from trueup.billing.subscriptions.model import (
    DISCOUNT,
    SUBSCRIPTION,
    SUBSCRIPTION_ITEM,
    CollectionMethod,
    OrderKind,
    OrderRecord,
    Record,
    Subscription,
    SubscriptionStatus,
)
from trueup.billing.subscriptions.rules import (
    ordering,
    planning,
    recording,
    taking_back,
    taking_over,
)
from trueup.billing.subscriptions.rules.closing import SERVED, left_told
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.billing.subscriptions.rules.standing import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.dialect.model import Dialect, Start
    from trueup.billing.subscriptions.cycle import Point
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
class NewSubscription:
    """A subscription that is to begin.

    prices: one version of each charge, as the catalog offers them or as agreed with this customer.
    start, billing_from, end: instants; days of `time_zone`, unless the dialect counts seconds.
    may_repeat: the customer may have the plan already (B37).
    """

    subscription_id: UUID
    customer_id: UUID
    plan: Plan
    prices: Sequence[Price]
    currency: str
    time_zone: str
    start: Instant
    quantity: Decimal = Decimal(1)
    billing_from: Instant | None = None
    end: Instant | None = None
    anchor: Start | None = None
    cycle_day: int | None = None
    dialect: str | None = None
    legal_entity_id: UUID | None = None
    bundle: str | None = None
    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY
    net_days: int = 0
    is_joint: bool = False
    may_repeat: bool = False


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many subscriptions are billed here now, and which could not be, and why."""

    subscriptions: int
    unclear: tuple[HandOverUnclear, ...]


def start(tx: Tx, wanted: Sequence[NewSubscription], ordered: Ordered) -> list[Subscription]:
    """Begin subscriptions; nothing is billed yet.  Any number in a fixed number of statements.

    Raises CustomerClosed, SubscriptionLive, DialectUnknown, TimeZoneUnknown, the refusals of
    `rating.model`.
    """
    closed = store.closed_customers(tx, [each.customer_id for each in wanted])
    if closed:
        raise CustomerClosed(customer=str(closed[0]))
    known = dialects(tx)
    spoken = [known.named(each.dialect) for each in wanted]
    tried = store.first_starts(
        tx,
        [
            (each.customer_id, each.plan.plan_id)
            for each, dialect in zip(wanted, spoken, strict=True)
            if dialect.tries_out_once
        ],
    )
    begun = []
    for each, dialect in zip(wanted, spoken, strict=True):
        if not each.may_repeat and len(wanted) == 1:
            _refuse_second(tx, each)
        tried_at = tried.get((each.customer_id, each.plan.plan_id))
        begun.append(_begun(each, dialect, ordered, tried_at))
    store.put(tx, [subscription.record for subscription in begun])
    store.add_orders(
        tx,
        [
            (
                s.record.subscription_id,
                1,
                OrderRecord(
                    OrderKind.START,
                    ordered.at,
                    each.start,
                    {"plan": plan_name(each.plan), "quantity": str(each.quantity)},
                    ordered.by,
                ),
            )
            for s, each in zip(begun, wanted, strict=True)
        ],
    )
    return begun


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


def _begun(
    each: NewSubscription, dialect: Dialect, ordered: Ordered, tried_at: Instant | None = None
) -> Subscription:
    where = zone(each.time_zone)

    def point(instant: Instant | None) -> Point | None:
        if instant is None:
            return None
        return recording.point_of(instant, where, counts_instants=dialect.counts_instants)

    terms = terms_of(each.plan, each.prices)
    first = recording.point_of(each.start, where, counts_instants=dialect.counts_instants)
    opening = ordering.Opening(
        key=str(each.subscription_id),
        customer=str(each.customer_id),
        terms=terms,
        start=first,
        quantity=each.quantity,
        billing_from=point(each.billing_from),
        anchor=each.anchor,
        cycle_day=each.cycle_day,
        end=point(each.end),
        bundle=each.bundle,
        tried_from=point(tried_at),
    )
    contract = ordering.opened(opening, dialect, where)
    begins = recording.instant_of(first, where)
    trial_end = ordering.trial_end_of(opening)
    record = Record(
        subscription_id=each.subscription_id,
        customer_id=each.customer_id,
        plan_id=each.plan.plan_id,
        status=SubscriptionStatus.PENDING,
        currency=each.currency,
        quantity=each.quantity,
        time_zone=each.time_zone,
        started_at=begins,
        phases_from=begins,
        cycle=recording.cycle_row(contract.cycle),
        items=(),
        collection_method=each.collection_method,
        net_days=each.net_days,
        legal_entity_id=each.legal_entity_id,
        dialect=each.dialect,
        bundle=each.bundle,
        trial_end_at=None if trial_end is None else recording.instant_of(trial_end, where),
        next_bill_at=begins,
        is_joint=each.is_joint,
        orders=1,
    )
    sold = [(charge_of(price, each.plan), price.price_id) for price in each.prices]
    prices = planning.prices_of(contract, {}, sold)
    made = Subscription(record, contract, where, prices)
    record = recording.recorded(made, prices)
    return replace(made, record=standing(record, ordered.at))


def _read(tx: Tx, records: Sequence[Record], charges: dict[UUID, Charge]) -> list[Subscription]:
    if not records:
        return []
    prices = {item.price_id for record in records for item in record.items}
    plans = {plan for record in records for plan in (record.plan_id, *record.former_plans)}
    known = catalogs.catalog(tx, prices, plans)
    return [recording.subscription_of(record, known, charges) for record in records]


def _refuse_second(tx: Tx, each: NewSubscription) -> None:
    live = store.find_live(tx, each.customer_id, each.plan.plan_id)
    if live is not None:
        raise SubscriptionLive(plan=plan_name(each.plan), subscription=str(live))
