"""Agreements come in here: imported, ordered by customers, or handed over from another system.

An order changes spans of service and nothing else.  What it costs, the next bill run finds out, which
is why a change can be previewed by the very code that bills it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.rules.zones import zone
from trueup.billing.catalog import service as catalogs
from trueup.billing.dialect.service import dialects
from trueup.billing.subscriptions import store
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.errors import SubscriptionLive, SubscriptionUnknown
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
from trueup.billing.subscriptions.rules import ordering, recording, timeline
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.billing.subscriptions.rules.standing import standing
from trueup.billing.subscriptions.states import Trigger, next_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    import pyarrow as pa

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.dialect.model import Dialect, Start
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point
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
class Start_:  # noqa: N801  `Start` is where periods hang
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
class Ordered:
    """Who orders, and when."""

    at: Instant
    by: str | None = None


def start(tx: Tx, wanted: Sequence[Start_], ordered: Ordered) -> list[Subscription]:
    """Begin subscriptions; nothing is billed yet.  Any number in a fixed number of statements.

    Raises SubscriptionLive, DialectUnknown, TimeZoneUnknown, the refusals of `rating.model`.
    """
    known = dialects(tx)
    begun = []
    for each in wanted:
        if not each.may_repeat and len(wanted) == 1:
            _refuse_second(tx, each)
        begun.append(_begun(each, known.named(each.dialect), ordered))
    store.put(tx, [subscription.record for subscription in begun])
    store.add_orders(
        tx,
        [
            (
                s.record.subscription_id,
                1,
                _order(
                    OrderKind.START,
                    ordered,
                    each.start,
                    plan=plan_name(each.plan),
                    quantity=each.quantity,
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


def change(
    tx: Tx,
    subscription_id: UUID,
    plan: Plan,
    prices: Sequence[Price],
    ordered: Ordered,
    *,
    effective: Instant | None = None,
    settlement: Settlement = Settlement.PRORATE,
    downgrade: Settlement | None = None,
) -> Subscription:
    """Move a subscription to `plan` at `prices`, now or from `effective` (B32, B36).

    downgrade: how it is settled where the new fees are lower, if otherwise.  What was agreed for later is
    replaced.  Raises SubscriptionUnknown, TransitionNotAllowed, ServiceEnded.
    """
    subscription = _held(tx, subscription_id)
    terms = terms_of(plan, prices)
    dialect = dialects(tx).named(subscription.record.dialect)
    where = _point(subscription, effective or ordered.at)
    chosen = settlement
    if downgrade is not None and ordering.fees_of(terms) < ordering.fees_of(
        subscription.contract.terms
    ):
        chosen = downgrade
    contract = ordering.changed(subscription.contract, terms, where, dialect, chosen)
    return _ordered(
        tx,
        replace(subscription, record=replace(subscription.record, plan_id=plan.plan_id)),
        contract,
        _order(OrderKind.CHANGE, ordered, effective, plan=plan_name(plan), settlement=chosen.value),
        Trigger.CHANGE,
        [(charge_of(price, plan), price.price_id) for price in prices],
    )


def change_quantity(
    tx: Tx,
    subscription_id: UUID,
    quantity: Decimal,
    ordered: Ordered,
    *,
    effective: Instant | None = None,
) -> Subscription:
    """Another quantity of every per-unit fee.  Raises as `change`."""
    subscription = _held(tx, subscription_id)
    contract = ordering.quantity_changed(
        subscription.contract,
        quantity,
        _point(subscription, effective or ordered.at),
        _point(subscription, ordered.at),
    )
    order = _order(OrderKind.CHANGE_QUANTITY, ordered, effective, quantity=quantity)
    return _ordered(tx, subscription, contract, order, Trigger.CHANGE)


def add(
    tx: Tx,
    subscription_id: UUID,
    plan: Plan,
    price: Price,
    quantity: Decimal,
    ordered: Ordered,
    *,
    effective: Instant | None = None,
) -> Subscription:
    """One charge more, of any plan.  Raises as `change`."""
    subscription = _held(tx, subscription_id)
    charge = charge_of(price, plan)
    contract = timeline.add_charge(
        subscription.contract, charge, _point(subscription, effective or ordered.at), quantity
    )
    order = _order(OrderKind.ADD, ordered, effective, charge=charge.code, quantity=quantity)
    return _ordered(tx, subscription, contract, order, Trigger.CHANGE, [(charge, price.price_id)])


def remove(
    tx: Tx,
    subscription_id: UUID,
    charge: str,
    ordered: Ordered,
    *,
    effective: Instant | None = None,
) -> Subscription:
    """One charge less.  Raises as `change`."""
    subscription = _held(tx, subscription_id)
    contract = timeline.remove_charge(
        subscription.contract, charge, _point(subscription, effective or ordered.at)
    )
    order = _order(OrderKind.REMOVE, ordered, effective, charge=charge)
    return _ordered(tx, subscription, contract, order, Trigger.CHANGE)


def cancel(
    tx: Tx,
    subscription_id: UUID,
    ordered: Ordered,
    *,
    effective: Instant | None = None,
    at_period_end: bool = False,
) -> Subscription:
    """End a subscription: now, at the end of its period, or at `effective`; B35.

    Raises as `change`.
    """
    subscription = _held(tx, subscription_id)
    dialect = dialects(tx).named(subscription.record.dialect)
    now = _point(subscription, ordered.at)
    where = now if effective is None else _point(subscription, effective)
    if at_period_end:
        where = ordering.end_of_period(subscription.contract, now)
    is_now = effective is None and not at_period_end
    contract = ordering.cancelled(subscription.contract, where, dialect, is_now=is_now)
    ends = recording.instant_of(contract.cancelled or where, subscription.zone)
    kept = replace(subscription.record, cancelled_at=ordered.at)
    return _ordered(
        tx,
        replace(subscription, record=kept),
        contract,
        _order(OrderKind.CANCEL, ordered, ends),
        None,
    )


def uncancel(tx: Tx, subscription_id: UUID, ordered: Ordered) -> Subscription:
    """Take a cancellation back before it takes effect; dates stay as they were (B35).

    Raises SubscriptionUnknown, NothingToTakeBack.
    """
    subscription = _held(tx, subscription_id)
    contract = timeline.uncancel(subscription.contract, _point(subscription, ordered.at))
    kept = replace(subscription.record, cancelled_at=None)
    order = _order(OrderKind.UNCANCEL, ordered, None)
    return _ordered(tx, replace(subscription, record=kept), contract, order, None)


def pause(
    tx: Tx, subscription_id: UUID, ordered: Ordered, *, effective: Instant | None = None
) -> Subscription:
    """No service, and no fees, from now or `effective` until it is resumed (B38).

    Raises as `change`.
    """
    subscription = _held(tx, subscription_id)
    where = _point(subscription, effective or ordered.at)
    contract = timeline.pause(subscription.contract, where)
    order = _order(OrderKind.PAUSE, ordered, effective)
    trigger = Trigger.PAUSE if (effective or ordered.at) <= ordered.at else Trigger.CHANGE
    return _ordered(tx, subscription, contract, order, trigger)


def resume(
    tx: Tx, subscription_id: UUID, ordered: Ordered, *, effective: Instant | None = None
) -> Subscription:
    """In service again.  Raises as `change`, and NothingToResume."""
    subscription = _held(tx, subscription_id)
    where = _point(subscription, effective or ordered.at)
    contract = timeline.resume(subscription.contract, where)
    order = _order(OrderKind.RESUME, ordered, effective)
    is_now = (effective or ordered.at) <= ordered.at
    trigger = (
        Trigger.RESUME
        if is_now and subscription.record.status is SubscriptionStatus.PAUSED
        else None
    )
    return _ordered(tx, subscription, contract, order, trigger)


def listed(tx: Tx, *, customer_id: UUID | None = None, limit: int = 50) -> list[Any]:
    """Subscriptions for people, the newest first."""
    return store.listed(tx, customer_id, limit)


def orders(tx: Tx, subscription_id: UUID) -> list[Any]:
    """What was ordered of a subscription, in order."""
    return store.orders(tx, subscription_id)


def _begun(each: Start_, dialect: Dialect, ordered: Ordered) -> Subscription:
    where = zone(each.time_zone)

    def point(instant: Instant | None) -> Point | None:
        if instant is None:
            return None
        return recording.point_of(instant, where, counts_instants=dialect.counts_instants)

    terms = terms_of(each.plan, each.prices)
    first = recording.point_of(each.start, where, counts_instants=dialect.counts_instants)
    contract = ordering.opened(
        ordering.Opening(
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
        ),
        dialect,
        where,
    )
    begins = recording.instant_of(first, where)
    trial_end = first + ordering.DAY * terms.trial_days if terms.trial_days else None
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
    prices = _prices(contract, {}, sold)
    made = Subscription(record, contract, where, prices)
    record = recording.recorded(made, prices)
    return replace(made, record=standing(record, ordered.at))


def _held(tx: Tx, subscription_id: UUID) -> Subscription:
    """The subscription, held so that one order at a time changes it.  Raises SubscriptionUnknown."""
    store.lock(tx, [subscription_id])
    return get(tx, subscription_id)


def _ordered(
    tx: Tx,
    before: Subscription,
    contract: Contract,
    order: OrderRecord,
    trigger: Trigger | None,
    sold: Iterable[tuple[Charge, UUID]] = (),
) -> Subscription:
    """Store what an order made of a subscription; its next bill is at once."""
    record = before.record
    status = record.status if trigger is None else next_status(record.status, trigger)
    prices = _prices(contract, before.prices, sold)
    after = replace(before, contract=contract, prices=prices)
    next_bill = min(record.next_bill_at or order.ordered_at, order.ordered_at)
    kept = replace(
        recording.recorded(after, prices),
        status=status,
        orders=record.orders + 1,
        next_bill_at=max(next_bill, record.started_at),
        is_steady=False,
    )
    kept = standing(kept, order.ordered_at)
    store.put(tx, [kept])
    store.add_orders(tx, [(kept.subscription_id, kept.orders, order)])
    return replace(after, record=kept)


def _prices(
    contract: Contract, known: Mapping[str, UUID], sold: Iterable[tuple[Charge, UUID]]
) -> dict[str, UUID]:
    """The price of each item: kept, or of the charge that it is in service of."""
    by_charge = list(sold)
    by_charge += [(i.charge, known[i.key]) for i in contract.items if i.key in known]
    found = dict(known)
    for item in contract.items:
        if item.key not in found:
            found[item.key] = next(price for charge, price in by_charge if charge == item.charge)
    return found


def _read(tx: Tx, records: Sequence[Record], charges: dict[UUID, Charge]) -> list[Subscription]:
    if not records:
        return []
    prices = {item.price_id for record in records for item in record.items}
    known = catalogs.catalog(tx, prices, {record.plan_id for record in records})
    return [recording.subscription_of(record, known, charges) for record in records]


def _point(subscription: Subscription, instant: Instant) -> Point:
    counts_instants = subscription.record.counts_instants
    return recording.point_of(instant, subscription.zone, counts_instants=counts_instants)


def _order(
    kind: OrderKind, ordered: Ordered, effective: Instant | None, **terms: object
) -> OrderRecord:
    return OrderRecord(kind, ordered.at, effective or ordered.at, terms, ordered.by)


def _refuse_second(tx: Tx, each: Start_) -> None:
    live = store.find_live(tx, each.customer_id, each.plan.plan_id)
    if live is not None:
        raise SubscriptionLive(plan=plan_name(each.plan), subscription=str(live))
