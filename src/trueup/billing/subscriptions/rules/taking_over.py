"""An imported subscription, billed here from where its source stopped.  Pure.

What the source billed is not billed again: fees start where it was charged through, usage where it
was last billed, and the periods are those of the source: its anchor, its end of the running one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval
from trueup.billing.calendar.rules.stepping import is_boundary
from trueup.billing.calendar.rules.zones import local_date, zone
from trueup.billing.subscriptions.errors import HandOverUnclear
from trueup.billing.subscriptions.model import (
    CollectionMethod,
    ItemRecord,
    Record,
    SubscriptionStatus,
)
from trueup.billing.subscriptions.rules.offers import charge_of
from trueup.billing.subscriptions.rules.recording import cycle_row, exactly, instant_of
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from trueup.billing.catalog.model import Catalog, Plan
    from trueup.kernel.clock import Instant


def taken_over(row: Any, catalog: Catalog, time_zone: str) -> Record:
    """The record of an imported subscription from here on.

    row: of `store.imported`.  time_zone: whose days the source counted.
    Raises HandOverUnclear where the source does not say what its next bill depends on.
    """
    where = zone(time_zone)
    name = str(row.subscription_id)
    if not row.prices:
        raise HandOverUnclear(subscription=name, missing="item")
    plan = catalog.plans[catalog.prices[row.prices[0]].plan_id]
    ends = row.current_period_end or row.charged_through_at
    fees_from = row.charged_through_at or row.current_period_end
    if row.status == SubscriptionStatus.TRIALING:
        fees_from = row.trial_end_at or fees_from
    if ends is None or fees_from is None:
        raise HandOverUnclear(subscription=name, missing="end of its running period")
    if plan.interval is Interval.ONCE:
        raise HandOverUnclear(subscription=name, missing="interval of its plan")
    usage_from = row.charged_through_at or row.current_period_start or fees_from
    cycle = _cycle(plan, row.anchor_day, local_date(ends, where))
    items = tuple(
        _item(row, number, catalog, where, fees_from, usage_from)
        for number in range(len(row.prices))
    )
    last = ends if row.cancel_at_period_end else row.cancel_at
    end = None if last is None else instant_of(local_date(last, where), where)
    started = row.started_at or fees_from
    return Record(
        subscription_id=row.subscription_id,
        customer_id=row.customer_id,
        plan_id=plan.plan_id,
        status=SubscriptionStatus(row.status),
        currency=row.currency,
        quantity=exactly(row.quantities[0]),
        time_zone=time_zone,
        started_at=started,
        phases_from=started,
        cycle=cycle_row(cycle),
        items=tuple(_ended(item, end) for item in items),
        pauses=((row.paused_at, None),) if row.paused_at is not None else (),
        collection_method=CollectionMethod(row.collection_method),
        net_days=row.net_days,
        trial_end_at=row.trial_end_at,
        cancel_at=end,
        cancelled_at=row.cancelled_at,
        final_bill_at=end,
        paused_at=row.paused_at,
        next_bill_at=min(_first_due(items), end or _first_due(items)),
        orders=1,
    )


def _cycle(plan: Plan, anchor_day: int | None, boundary: date) -> Grid:
    """The source's periods: on its anchor day, if the running one ends there; else on that end."""
    cadence = Cadence(plan.interval, plan.interval_count)
    if anchor_day is not None:
        grid = Grid(cadence, Anchor(boundary.year, boundary.month, anchor_day))
        if is_boundary(grid, boundary):
            return grid
    return Grid(cadence, Anchor.on(boundary))


def _item(
    row: Any,
    number: int,
    catalog: Catalog,
    where: tzinfo,
    fees_from: Instant,
    usage_from: Instant,
) -> ItemRecord:
    version = catalog.prices[row.prices[number]]
    charge = charge_of(version, catalog.plans[version.plan_id])
    begins = usage_from if charge.kind is ChargeKind.USAGE else fees_from
    first = local_date(begins, where)
    return ItemRecord(
        position=row.positions[number],
        price_id=row.prices[number],
        quantity=exactly(row.quantities[number]),
        item_key=f"{charge.code}/{first}/{number}",
        served_from=instant_of(first, where),
    )


def _ended(item: ItemRecord, end: Instant | None) -> ItemRecord:
    if end is None:
        return item
    return ItemRecord(
        position=item.position,
        price_id=item.price_id,
        quantity=item.quantity,
        item_key=item.item_key,
        served_from=item.served_from,
        served_until=max(end, item.served_from),
    )


def _first_due(items: tuple[ItemRecord, ...]) -> Instant:
    return min(item.served_from for item in items)
