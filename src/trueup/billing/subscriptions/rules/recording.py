"""Between a contract and the rows that keep it.  Pure.

A row keeps instants; a contract counts local days, or instants where it is prorated by the second.
The zone is the subscription's own, so that a customer who moves does not move billed time (B4).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence
from trueup.billing.calendar.rules.zones import local_date, midnight, zone
from trueup.billing.subscriptions.contract import Contract, Item, Pause
from trueup.billing.subscriptions.cycle import Turn
from trueup.billing.subscriptions.model import ItemRecord, Record, Subscription
from trueup.billing.subscriptions.rules.offers import charge_of, plan_name, terms_of
from trueup.kernel.errors import check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from decimal import Decimal
    from uuid import UUID

    from trueup.billing.catalog.model import Catalog
    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms
    from trueup.kernel.clock import Instant


def instant_of(point: Point, where: tzinfo) -> Instant:
    """When a point of a contract is."""
    return point if isinstance(point, datetime) else midnight(point, where)


def point_of(instant: Instant, where: tzinfo, *, counts_instants: bool) -> Point:
    """`instant` on the axis of a contract."""
    return instant if counts_instants else local_date(instant, where)


def exactly(quantity: Decimal) -> Decimal:
    """`quantity` without the zeros its column adds: 25, not 25.000000."""
    whole = quantity.to_integral_value()
    return whole if whole == quantity else quantity.normalize()


def cycle_row(cycle: Cycle) -> dict[str, Any]:
    """A cycle as its column keeps it."""
    if isinstance(cycle, Turn):
        turns = cycle.at.isoformat()
        return {"before": cycle_row(cycle.before), "turns": turns, "after": cycle_row(cycle.after)}
    grid = cycle if isinstance(cycle, Grid) else cycle.grid
    anchor, cadence = grid.anchor, grid.cadence
    row: dict[str, Any] = {
        "every": [cadence.count, cadence.unit.value],
        "anchor": [anchor.year, anchor.month, anchor.day],
    }
    return row if isinstance(cycle, Grid) else row | {"at": cycle.at.isoformat()}


def cycle_of(row: Mapping[str, Any], where: tzinfo) -> Cycle:
    """The inverse of `cycle_row`."""
    if "turns" in row:
        after = cycle_of(row["after"], where)
        of = date if isinstance(after, Grid) else datetime
        return Turn(cycle_of(row["before"], where), of.fromisoformat(row["turns"]), after)
    count, unit = row["every"]
    grid = Grid(Cadence(Interval(unit), count), Anchor(*row["anchor"]))
    return Recurrence(grid, where, time.fromisoformat(row["at"])) if "at" in row else grid


def subscription_of(record: Record, catalog: Catalog, charges: dict[UUID, Charge]) -> Subscription:
    """The subscription that `record` keeps.

    catalog: every price of its items and its plan.  charges: those made before, by price; more are
    added, so that a run reads a price once.
    """
    where = zone(record.time_zone)
    cycle = cycle_of(record.cycle, where)
    counts_instants = record.counts_instants

    def point(instant: Instant | None) -> Point | None:
        if instant is None:
            return None
        return point_of(instant, where, counts_instants=counts_instants)

    key = str(record.subscription_id)
    pairs = [(_item(key, row, cycle, where, point, catalog, charges), row) for row in record.items]
    items = tuple(item for item, _ in pairs)
    kept = tuple(replace(item, end=point(row.until_if_kept)) for item, row in pairs)
    contract = Contract(
        key=key,
        customer=str(record.customer_id),
        terms=_terms(record, record.plan_id, catalog),
        quantity=exactly(record.quantity),
        start=_there(point(record.started_at)),
        origin=_there(point(record.phases_from)),
        cycle=cycle,
        items=items,
        bundle=record.bundle,
        pauses=tuple(Pause(_there(point(a)), point(b)) for a, b in record.pauses),
        cancelled=point(record.cancel_at),
        final_bill=point(record.final_bill_at),
        ordered_items=kept if record.cancel_at is not None else (),
        keeps_prepaid=record.keeps_prepaid,
        settles_from=point(record.settles_from),
        former_terms=tuple(_terms(record, plan, catalog) for plan in record.former_plans),
    )
    prices = {item.key: row.price_id for item, row in pairs}
    return Subscription(record, contract, where, prices)


def recorded(subscription: Subscription, prices: Mapping[str, UUID]) -> Record:
    """The record of a subscription whose contract has changed.  prices: of its items, by key."""
    contract, where = subscription.contract, subscription.zone
    kept = {item.key: item.end for item in contract.ordered_items}
    rows = tuple(
        _row(position, item, contract, prices[item.key], where, kept)
        for position, item in enumerate(contract.items)
    )

    def instant(point: Point | None) -> Instant | None:
        return None if point is None else instant_of(point, where)

    return replace(
        subscription.record,
        quantity=contract.quantity,
        started_at=instant_of(contract.start, where),
        phases_from=instant_of(contract.origin, where),
        cycle=cycle_row(contract.cycle),
        items=rows,
        pauses=tuple((instant_of(p.start, where), instant(p.end)) for p in contract.pauses),
        cancel_at=instant(contract.cancelled),
        final_bill_at=instant(contract.final_bill),
        settles_from=instant(contract.settles_from),
        keeps_prepaid=contract.keeps_prepaid,
        bundle=contract.bundle,
    )


def _terms(record: Record, plan_id: UUID, catalog: Catalog) -> Terms:
    """What a plan was sold at, by the items there are of it."""
    sold = {}
    for row in record.items:
        version = catalog.prices[row.price_id]
        is_taken_back = row.is_changed and row.served_until == row.served_from
        if version.plan_id == plan_id and not is_taken_back:
            sold[version.charge_code, version.phase] = version  # the last one agreed
    return terms_of(catalog.plans[plan_id], sold.values())


def _item(  # noqa: PLR0913, PLR0917  a row and all it is read with
    key: str,
    row: ItemRecord,
    cycle: Cycle,
    where: tzinfo,
    point: Callable[[Instant | None], Point | None],
    catalog: Catalog,
    charges: dict[UUID, Charge],
) -> Item:
    version = catalog.prices[row.price_id]
    plan = catalog.plans[version.plan_id]
    if (charge := charges.get(row.price_id)) is None:
        charge = charges[row.price_id] = charge_of(version, plan)
    return Item(
        key=f"{key}/{row.item_key}",
        plan=plan_name(plan),
        charge=charge,
        quantity=exactly(row.quantity),
        start=_there(point(row.served_from)),
        end=point(row.served_until),
        cycle=cycle if row.cycle is None else cycle_of(row.cycle, where),
        is_closed_by_change=row.is_changed,
        costs_full_last_period=row.is_last_whole,
        replaces=None if row.replaces is None else f"{key}/{row.replaces}",
    )


def _row(
    position: int,
    item: Item,
    contract: Contract,
    price_id: UUID,
    where: tzinfo,
    kept: Mapping[str, Point | None],
) -> ItemRecord:
    def instant(point: Point | None) -> Instant | None:
        return None if point is None else instant_of(point, where)

    own = f"{contract.key}/"
    return ItemRecord(
        position=position,
        price_id=price_id,
        quantity=item.quantity,
        item_key=item.key.removeprefix(own),
        served_from=instant_of(item.start, where),
        served_until=instant(item.end),
        until_if_kept=instant(kept.get(item.key, item.end)),
        is_changed=item.is_closed_by_change,
        is_last_whole=item.costs_full_last_period,
        replaces=None if item.replaces is None else item.replaces.removeprefix(own),
        cycle=None if item.cycle == contract.cycle else cycle_row(item.cycle),
    )


def _there(point: Point | None) -> Point:
    check(point is not None, "a span of service has a start")
    return point  # type: ignore[return-value]  # checked in the line above
