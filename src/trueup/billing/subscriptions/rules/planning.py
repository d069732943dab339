"""What each order makes of a subscription, before anything is stored.  Pure.

A preview and the order itself ask the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from trueup.billing.calendar.errors import CycleDayImpossible
from trueup.billing.subscriptions.contract import Settlement
from trueup.billing.subscriptions.cycle import cadence_of, latest
from trueup.billing.subscriptions.errors import (
    CancelledBeforeStart,
    ChangedSince,
    PlanHadAlready,
)
from trueup.billing.subscriptions.model import (
    OrderKind,
    OrderRecord,
    Subscription,
    SubscriptionStatus,
)
from trueup.billing.subscriptions.rules import ending, ordering, pausing, recording, timeline
from trueup.billing.subscriptions.rules.comparing import is_downgrade
from trueup.billing.subscriptions.rules.items import refuse_ended
from trueup.billing.subscriptions.rules.offers import (
    cadence_of_plan,
    charge_of,
    plan_name,
    terms_of,
)
from trueup.billing.subscriptions.rules.standing import standing
from trueup.billing.subscriptions.states import Trigger, next_status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from trueup.billing.catalog.model import Plan, Price
    from trueup.billing.dialect.model import Dialect
    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Charge
    from trueup.kernel.clock import Instant


@dataclass(frozen=True, slots=True)
class Ordered:
    """Who orders, when, and from when it counts; None: at once."""

    at: Instant
    by: str | None = None
    effective: Instant | None = None

    @property
    def counts_from(self) -> Instant:
        return self.effective or self.at

    @property
    def is_now(self) -> bool:
        return self.counts_from <= self.at


class Planned(NamedTuple):
    """A subscription as an order leaves it, and the order as it is kept."""

    after: Subscription
    order: OrderRecord


def change(  # noqa: PLR0913  an order has this many parts
    before: Subscription,
    plan: Plan,
    prices: Sequence[Price],
    ordered: Ordered,
    dialect: Dialect,
    *,
    settlement: Settlement = Settlement.PRORATE,
    downgrade: Settlement | None = None,
) -> Planned:
    """Another plan at `prices`; what was agreed for later is replaced (B32, B36).

    downgrade: how it is settled where the new fees are lower, if otherwise.
    Raises PlanHadAlready, ChangedSince, TransitionNotAllowed, ServiceEnded.
    """
    terms = terms_of(plan, prices)
    if dialect.downgrades_wait and is_downgrade(before.contract.terms, terms):
        ordered = _waiting(before, ordered)
    _refuse_same(before, plan, prices, ordered)
    _refuse_changed_since(before, ordered)
    is_lower = ordering.fees_of(terms) < ordering.fees_of(before.contract.terms)
    chosen = downgrade if downgrade is not None and is_lower else settlement
    kept = ordering.going_on(before.contract, point(before, ordered.at))
    where = point(before, ordered.counts_from)
    contract = ordering.changed(kept, terms, where, dialect, chosen)
    tried_until = before.record.trial_end_at
    if tried_until is not None and tried_until > ordered.counts_from:
        end = ordering.trial_end_after(kept, terms, where, dialect) or where
        tried_until = recording.instant_of(end, before.zone)
    former = before.record.former_plans
    if len(contract.former_terms) > len(before.contract.former_terms):
        former = (*former, before.record.plan_id)
    record = replace(
        before.record, plan_id=plan.plan_id, former_plans=former, trial_end_at=tried_until
    )
    moved = replace(before, record=record)
    sold = [(charge_of(price, plan), price.price_id) for price in prices]
    order = _order(OrderKind.CHANGE, ordered, plan=plan_name(plan), settlement=chosen.value)
    return _planned(moved, contract, order, Trigger.CHANGE, sold)


def _waiting(before: Subscription, ordered: Ordered) -> Ordered:
    """The order from the next period on, unless it names a time (B32)."""
    end = ordering.end_of_period(before.contract, point(before, ordered.at))
    return _from(before, ordered, end)


def _leaving_day(before: Subscription, ordered: Ordered) -> Ordered:
    """The order from the next day on, unless it names a time (B7)."""
    return _from(before, ordered, point(before, ordered.at) + ordering.DAY)


def _from(before: Subscription, ordered: Ordered, where: Point) -> Ordered:
    if ordered.effective is not None:
        return ordered
    return replace(ordered, effective=recording.instant_of(where, before.zone))


def change_quantity(
    before: Subscription, quantity: Decimal, ordered: Ordered, dialect: Dialect
) -> Planned:
    """Another quantity of every per-unit fee.  Raises as `change`."""
    if dialect.decreases_wait and quantity < before.contract.quantity:
        ordered = _waiting(before, ordered)
    elif dialect.quantities_change_next_day and not dialect.counts_instants:
        ordered = _leaving_day(before, ordered)
    _refuse_changed_since(before, ordered)
    where, now = point(before, ordered.counts_from), point(before, ordered.at)
    contract = ordering.quantity_changed(before.contract, quantity, where, now)
    order = _order(OrderKind.CHANGE_QUANTITY, ordered, quantity=quantity)
    return _planned(before, contract, order, Trigger.CHANGE)


def add(
    before: Subscription, plan: Plan, price: Price, quantity: Decimal, ordered: Ordered
) -> Planned:
    """One charge more, of any plan, which recurs as often as it is sold.  Raises as `change`."""
    charge = charge_of(price, plan)
    where = point(before, ordered.counts_from)
    contract = timeline.add_charge(
        before.contract,
        charge,
        where,
        quantity,
        plan=plan_name(plan),
        cadence=charge.cadence or cadence_of_plan(plan),
    )
    order = _order(OrderKind.ADD, ordered, charge=charge.code, quantity=quantity)
    return _planned(before, contract, order, Trigger.CHANGE, [(charge, price.price_id)])


def remove(
    before: Subscription, charge: str, ordered: Ordered, *, plan: str | None = None
) -> Planned:
    """One charge less.  plan: only that plan's.  Raises as `change`, and NothingToRemove."""
    where = point(before, ordered.counts_from)
    contract = timeline.remove_charge(before.contract, charge, where, plan=plan)
    order = _order(OrderKind.REMOVE, ordered, charge=charge)
    return _planned(before, contract, order, Trigger.CHANGE)


def change_price(before: Subscription, plan: Plan, price: Price, ordered: Ordered) -> Planned:
    """A charge that it has at another price, as agreed with this customer.

    plan: of the price.  Raises as `change`, and ChargeNotServed.
    """
    _refuse_changed_since(before, ordered)
    charge = charge_of(price, plan)
    where = point(before, ordered.counts_from)
    contract = timeline.change_price(before.contract, charge, where)
    order = _order(OrderKind.CHANGE_PRICE, ordered, charge=charge.code, price=price.price_id)
    return _planned(before, contract, order, Trigger.CHANGE, [(charge, price.price_id)])


def change_cycle_day(before: Subscription, day: int, ordered: Ordered) -> Planned:
    """Another day of the month on which its periods begin; none is billed twice or left out (B10).

    Raises as `change`, and CycleDayImpossible.
    """
    where = point(before, ordered.counts_from)
    refuse_ended(before.contract, where)
    cadence = cadence_of(before.contract.cycle)
    if not cadence.months:
        raise CycleDayImpossible(cycle_day=day, unit=cadence.unit)
    cycle, first = ordering.on_cycle_day(latest(before.contract.cycle), where, day)
    contract = timeline.change_cycle(before.contract, cycle, first)
    return _planned(
        before, contract, _order(OrderKind.CHANGE_CYCLE, ordered, day=day), Trigger.CHANGE
    )


def cancel(
    before: Subscription, ordered: Ordered, dialect: Dialect, *, at_period_end: bool = False
) -> Planned:
    """The end: at once, at the end of the period, or when the order counts from (B35).

    What has not begun may end at once.  Raises CancelledBeforeStart for a day before the start.
    """
    now = point(before, ordered.at)
    where = point(before, ordered.counts_from)
    start = before.contract.start
    if ordered.effective is not None and where < start:
        key = before.contract.key
        raise CancelledBeforeStart(
            subscription=key, start=start.isoformat(), asked=where.isoformat()
        )
    if at_period_end:
        at_once = dialect.ends_arrears_at_once
        where = ordering.end_of_period(before.contract, now, arrears_end_now=at_once)
    is_now = ordered.effective is None and not at_period_end
    contract = ordering.cancelled(before.contract, where, dialect, is_now=is_now)
    ends = recording.instant_of(contract.cancelled or where, before.zone)
    asked = replace(before, record=replace(before.record, cancelled_at=ordered.at))
    return _planned(
        asked, contract, _order(OrderKind.CANCEL, replace(ordered, effective=ends)), None
    )


def uncancel(before: Subscription, ordered: Ordered) -> Planned:
    """A cancellation taken back before it takes effect; dates stay (B35).

    Raises NothingToTakeBack.
    """
    contract = ending.uncancel(before.contract, point(before, ordered.at))
    kept = replace(before, record=replace(before.record, cancelled_at=None))
    return _planned(kept, contract, _order(OrderKind.UNCANCEL, ordered), None)


def pause(before: Subscription, ordered: Ordered) -> Planned:
    """No service and no fees until it is resumed (B38).

    Raises as `change`, PausedBeforeStart and AlreadyPaused.
    """
    contract = pausing.pause(before.contract, point(before, ordered.counts_from))
    trigger = Trigger.PAUSE if ordered.is_now else Trigger.CHANGE
    return _planned(before, contract, _order(OrderKind.PAUSE, ordered), trigger)


def resume(before: Subscription, ordered: Ordered, dialect: Dialect) -> Planned:
    """In service again.

    Raises NothingToResume, and ChangedSince for a day before a pause that counts already: it would
    be gone without a word, and what was given back for it charged again.
    """
    where = point(before, ordered.counts_from)
    last = before.contract.pauses[-1] if before.contract.pauses else None
    if last is not None and last.end is None and where < last.start <= point(before, ordered.at):
        since, asked = last.start.isoformat(), where.isoformat()
        raise ChangedSince(subscription=before.contract.key, changed=since, asked=asked)
    contract = pausing.resume(before.contract, where, anchors_anew=dialect.anchors_anew)
    is_paused = before.record.status is SubscriptionStatus.PAUSED
    trigger = Trigger.RESUME if ordered.is_now and is_paused else None
    return _planned(before, contract, _order(OrderKind.RESUME, ordered), trigger)


def prices_of(
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


def point(subscription: Subscription, instant: Instant) -> Point:
    counts_instants = subscription.record.counts_instants
    return recording.point_of(instant, subscription.zone, counts_instants=counts_instants)


def _refuse_same(
    before: Subscription, plan: Plan, prices: Sequence[Price], ordered: Ordered
) -> None:
    """The plan in service, at the prices it is served for, is no other: nothing would change.

    One that is agreed for later may begin earlier, and at other prices it is sold anew.
    """
    contract, where = before.contract, point(before, ordered.counts_from)
    kept = [
        item
        for item in contract.items
        if item.plan == contract.terms.plan and not item.is_closed_by_change
    ]
    is_served = any(i.start <= where and (i.end is None or i.end > where) for i in kept)
    same = {price.price_id for price in prices} <= {before.prices[item.key] for item in kept}
    if plan.plan_id == before.record.plan_id and is_served and same:
        raise PlanHadAlready(subscription=contract.key, plan=contract.terms.plan)


def _refuse_changed_since(before: Subscription, ordered: Ordered) -> None:
    """What counts already is changed from its own day on: a later change stands (B36)."""
    now, asked = point(before, ordered.at), point(before, ordered.counts_from)
    contract = before.contract
    changed = [
        item.end
        for item in contract.items
        if item.is_closed_by_change and item.end is not None and item.start < item.end <= now
    ]
    if changed and asked < max(changed):
        last = max(changed).isoformat()
        raise ChangedSince(subscription=contract.key, changed=last, asked=asked.isoformat())


def _planned(
    before: Subscription,
    contract: Contract,
    order: OrderRecord,
    trigger: Trigger | None,
    sold: Iterable[tuple[Charge, UUID]] = (),
) -> Planned:
    """The subscription under `contract`; its next bill is at once."""
    record = before.record
    status = record.status if trigger is None else next_status(record.status, trigger)
    prices = prices_of(contract, _kept_prices(before, contract), sold)
    after = replace(before, contract=contract, prices=prices)
    next_bill = min(record.next_bill_at or order.ordered_at, order.ordered_at)
    kept = replace(
        recording.recorded(after, prices),
        status=status,
        orders=record.orders + 1,
        next_bill_at=max(next_bill, record.started_at),
        is_steady=False,
    )
    return Planned(replace(after, record=standing(kept, order.ordered_at)), order)


def _kept_prices(before: Subscription, contract: Contract) -> dict[str, UUID]:
    """Prices of items that stay what they are; one that goes on in another plan has that plan's."""
    plans = {item.key: item.plan for item in contract.items}
    return {
        item.key: before.prices[item.key]
        for item in before.contract.items
        if plans.get(item.key, item.plan) == item.plan
    }


def _order(kind: OrderKind, ordered: Ordered, **terms: object) -> OrderRecord:
    return OrderRecord(kind, ordered.at, ordered.counts_from, terms, ordered.by)
