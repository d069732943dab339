"""Subscriptions begin: as the catalog offers a plan or as agreed; nothing is billed yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.customers.errors import CustomerClosed
from trueup.billing.dialect.service import dialects
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.errors import (
    SubscriptionLive,
)
from trueup.billing.subscriptions.model import (
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
)
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.billing.subscriptions.rules.standing import standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.dialect.model import Dialect, Start
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.rules.planning import Ordered
    from trueup.db import Tx
    from trueup.kernel.clock import Instant


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


def _refuse_second(tx: Tx, each: NewSubscription) -> None:
    live = store.find_live(tx, each.customer_id, each.plan.plan_id)
    if live is not None:
        raise SubscriptionLive(plan=plan_name(each.plan), subscription=str(live))
