"""What customers agree to, as spans of service.  Pure: every function returns a new contract.

Orders may take effect in the past, now or later; a later order replaces what an earlier one had
agreed for the time after it, in one step (B36).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.subscriptions.contract import Contract, Item, Pause
from trueup.billing.subscriptions.cycle import with_cadence
from trueup.billing.subscriptions.errors import NothingToResume, NothingToTakeBack, ServiceEnded
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trueup.billing.subscriptions.cycle import Cycle, Point
    from trueup.billing.subscriptions.terms import Charge, Terms

ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Order:
    """What a new subscription is asked for.

    trial_end: from when recurring fees are due, where the trial is no phase; else None.
    end: when it was agreed to end; None: open.
    end_cuts_price: a last period that the end cuts costs its part; else all of it.
    """

    key: str
    customer: str
    terms: Terms
    start: Point
    cycle: Cycle
    quantity: Decimal
    phase_starts: tuple[Point, ...]
    trial_end: Point | None = None
    end: Point | None = None
    end_cuts_price: bool = True
    bundle: str | None = None


def open_contract(order: Order) -> Contract:
    """The contract of a new subscription, each phase in service one after another."""
    contract = Contract(
        key=order.key,
        customer=order.customer,
        terms=order.terms,
        quantity=order.quantity,
        start=order.start,
        origin=order.start,
        cycle=order.cycle,
        items=(),
        bundle=order.bundle,
    )
    items = tuple(
        _items_of(contract, order.terms, order.phase_starts, order.start, trial_end=order.trial_end)
    )
    contract = replace(contract, items=items)
    if order.end is None:
        return contract
    ended = _closed(contract, order.end)
    items = tuple(
        replace(item, costs_full_last_period=not order.end_cuts_price) for item in ended.items
    )
    return replace(ended, items=items, cancelled=order.end, ordered_items=contract.items)


def change_terms(  # noqa: PLR0913  what a change of plan is made of
    contract: Contract,
    terms: Terms,
    effective: Point,
    phase_starts: tuple[Point, ...],
    cycle: Cycle,
    *,
    keeps_unchanged: bool = False,
    bills_once: bool = True,
) -> Contract:
    """`contract` under other `terms` from `effective`; what was agreed for later is replaced.

    phase_starts: where each phase of the new terms starts, which may be before `effective`.
    keeps_unchanged: a fee that is the same in both goes on as one service.
    bills_once: one-time fees of the new terms are charged.
    Raises ServiceEnded.
    """
    _refuse_ended(contract, effective)
    opened = _items_of(replace(contract, cycle=cycle), terms, phase_starts, effective)
    fresh = [i for i in opened if bills_once or i.charge.kind is not ChargeKind.ONE_OFF]
    kept: list[Item] = []
    for item in contract.items:
        successor = _same_service(item, fresh, effective) if keeps_unchanged else None
        if successor is not None:
            fresh.remove(successor)
            kept.append(replace(item, plan=successor.plan, end=successor.end))
        else:
            kept.append(_until(item, effective, by_change=True))
    return replace(
        contract,
        terms=terms,
        cycle=cycle,
        items=(*kept, *fresh),
        cancelled=None,
        final_bill=None,
        ordered_items=(),
    )


def change_quantity(contract: Contract, quantity: Decimal, effective: Point) -> Contract:
    """`contract` with `quantity` of every per-unit fee from `effective`.  Raises ServiceEnded."""
    _refuse_ended(contract, effective)
    items: list[Item] = []
    for item in contract.items:
        if not _counts_quantity(item.charge) or (item.end is not None and item.end <= effective):
            items.append(item)
            continue
        items.append(_until(item, effective, by_change=True))
        start = max(item.start, effective)
        items.append(_renewed(contract, item, start, quantity=quantity))
    return replace(contract, quantity=quantity, items=tuple(items))


def add_charge(
    contract: Contract,
    charge: Charge,
    effective: Point,
    quantity: Decimal,
    *,
    replaces: str | None = None,
) -> Contract:
    """`contract` with one charge more from `effective`.  Raises ServiceEnded.

    replaces: the item it takes over, as `Item.replaces`.
    """
    _refuse_ended(contract, effective)
    item = Item(
        key=f"{contract.key}/{charge.code}/{effective}/{len(contract.items)}",
        plan=contract.terms.plan,
        charge=charge,
        quantity=quantity,
        start=effective,
        end=None,
        cycle=contract.cycle,
        replaces=replaces,
    )
    return replace(contract, items=(*contract.items, item))


def remove_charge(contract: Contract, code: str, effective: Point) -> Contract:
    """`contract` without the charge `code` from `effective`."""
    items = (
        _until(item, effective, by_change=True) if item.charge.code == code else item
        for item in contract.items
    )
    return replace(contract, items=tuple(items))


def cancel(contract: Contract, effective: Point, *, final_bill: Point | None = None) -> Contract:
    """`contract` without any service from `effective`; may be taken back until then.

    final_bill: when everything is settled, if before `effective`: the last day still counts then.
    """
    if contract.cancelled is not None and contract.cancelled <= effective:
        return contract
    closed = _closed(contract, effective, usage_until=final_bill or effective)
    return replace(
        closed,
        cancelled=effective,
        final_bill=final_bill or effective,
        ordered_items=contract.ordered_items or contract.items,
    )


def uncancel(contract: Contract, now: Point) -> Contract:
    """`contract` as it was before a cancellation that has not taken effect; the anchor stays (B35).

    Raises NothingToTakeBack.
    """
    if contract.cancelled is None or contract.cancelled <= now:
        raise NothingToTakeBack(subscription=contract.key)
    return replace(
        contract, items=contract.ordered_items, cancelled=None, final_bill=None, ordered_items=()
    )


def pause(contract: Contract, effective: Point) -> Contract:
    """`contract` without service from `effective` until it is resumed (B38)."""
    return replace(contract, pauses=(*contract.pauses, Pause(effective, None)))


def resume(contract: Contract, effective: Point) -> Contract:
    """`contract` in service again from `effective`.  Raises NothingToResume."""
    if not contract.pauses or contract.pauses[-1].end is not None:
        raise NothingToResume(subscription=contract.key)
    *before, last = contract.pauses
    if effective <= last.start:
        return replace(contract, pauses=tuple(before))
    return replace(contract, pauses=(*before, Pause(last.start, effective)))


def change_cycle(contract: Contract, cycle: Cycle) -> Contract:
    """`contract` on another cycle from its next bill on; what is billed stays billed (B10)."""
    items = tuple(
        replace(item, cycle=cycle) if item.cycle == contract.cycle else item
        for item in contract.items
    )
    return replace(contract, cycle=cycle, items=items)


def served(item: Item, pauses: tuple[Pause, ...]) -> Iterator[tuple[Point, Point | None]]:
    """The spans in which `item` is in service, in order; the last may be open."""
    start = item.start
    for gap in pauses:
        if gap.end is not None and gap.end <= start:
            continue
        if item.end is not None and gap.start >= item.end:
            break
        if gap.start > start:
            yield start, gap.start
        if gap.end is None:
            return
        start = max(start, gap.end)
    if item.end is None or start < item.end:
        yield start, item.end


def _items_of(
    contract: Contract,
    terms: Terms,
    phase_starts: tuple[Point, ...],
    effective: Point,
    *,
    trial_end: Point | None = None,
) -> Iterator[Item]:
    """The items of `terms` in service from `effective` on."""
    ends = (*phase_starts[1:], None)
    number = len(contract.items)
    spans: list[tuple[Charge, Point, Point | None]] = []
    for phase, start, end in zip(terms.phases, phase_starts, ends, strict=True):
        if end is not None and end <= effective:
            continue
        for charge in phase.charges:
            if charge.kind is ChargeKind.FIXED and start < effective:
                continue
            spans.append((charge, _phase_start(charge, start, effective, trial_end), end))
    spans.extend((charge, effective, None) for charge in terms.metered)
    for count, (charge, start, end) in enumerate(spans):
        yield Item(
            key=f"{contract.key}/{charge.code}/{start}/{number + count}",
            plan=terms.plan,
            charge=charge,
            quantity=_units(charge, contract.quantity),
            start=start,
            end=end,
            cycle=contract.cycle
            if charge.cadence is None
            else with_cadence(contract.cycle, charge.cadence),
        )


def _counts_quantity(charge: Charge) -> bool:
    return charge.is_per_unit and charge.units is None


def _units(charge: Charge, quantity: Decimal) -> Decimal:
    if not charge.is_per_unit:
        return ONE
    return quantity if charge.units is None else charge.units


def _phase_start(charge: Charge, start: Point, effective: Point, trial_end: Point | None) -> Point:
    first = max(start, effective)
    if trial_end is not None and charge.kind is ChargeKind.RECURRING:
        return max(first, trial_end)
    return first


def _same_service(item: Item, fresh: list[Item], effective: Point) -> Item | None:
    if item.charge.kind is ChargeKind.USAGE or (item.end is not None and item.end <= effective):
        return None
    return next((i for i in fresh if (i.charge, i.quantity) == (item.charge, item.quantity)), None)


def _until(item: Item, effective: Point, *, by_change: bool) -> Item:
    """`item` cut at `effective`; empty, not gone, where it would have started later."""
    if item.end is not None and item.end <= effective:
        return item
    return replace(item, end=max(item.start, effective), is_closed_by_change=by_change)


def _renewed(contract: Contract, item: Item, start: Point, *, quantity: Decimal) -> Item:
    return replace(
        item,
        key=f"{contract.key}/{item.charge.code}/{start}/{len(contract.items)}",
        start=start,
        quantity=quantity,
        is_closed_by_change=False,
    )


def _closed(contract: Contract, effective: Point, *, usage_until: Point | None = None) -> Contract:
    items = (
        _until(
            item,
            usage_until if usage_until and item.charge.kind is ChargeKind.USAGE else effective,
            by_change=False,
        )
        for item in contract.items
    )
    return replace(contract, items=tuple(items))


def _refuse_ended(contract: Contract, effective: Point) -> None:
    if contract.cancelled is not None and contract.cancelled <= effective:
        raise ServiceEnded(subscription=contract.key)
