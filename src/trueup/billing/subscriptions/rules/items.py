"""Items in service: made of the terms of a plan, cut, followed by others."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Timing
from trueup.billing.subscriptions.contract import Item
from trueup.billing.subscriptions.cycle import with_cadence
from trueup.billing.subscriptions.errors import ServiceEnded
from trueup.billing.subscriptions.terms import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from trueup.billing.subscriptions.contract import Contract
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Charge, Terms

ONE: Final = Decimal(1)


def items_of(
    contract: Contract,
    terms: Terms,
    phase_edges: tuple[Point, ...],
    effective: Point,
    *,
    trial_end: Point | None = None,
) -> Iterator[Item]:
    """The items of `terms` in service from `effective` on.

    phase_edges: the start of each phase, and the end of the last one if it has one; then usage is
    measured no longer, either.
    """
    is_open = len(phase_edges) == len(terms.phases)
    starts = phase_edges[: len(terms.phases)]
    ends = (*starts[1:], None if is_open else phase_edges[-1])
    number = len(contract.items)
    spans: list[tuple[Charge, Point, Point | None]] = []
    for phase, start, end in zip(terms.phases, starts, ends, strict=True):
        if end is not None and end <= effective:
            continue
        for charge in phase.charges:
            if charge.kind is ChargeKind.FIXED and start < effective:
                continue
            spans.append((charge, _phase_start(charge, start, effective, trial_end), end))
    if ends[-1] is None or ends[-1] > effective:
        spans.extend((charge, effective, ends[-1]) for charge in terms.metered)
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


def billed_from(items: Iterable[Item], start: Point) -> Iterator[Item]:
    """`items` as far as they are billed from `start` on; a fee due once before is gone."""
    for item in items:
        if item.end is not None and item.end <= start:
            continue
        if item.start < start and item.charge.kind in {ChargeKind.FIXED, ChargeKind.ONE_OFF}:
            continue
        yield replace(item, start=max(item.start, start))


def counts_quantity(charge: Charge) -> bool:
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


def same_service(item: Item, fresh: list[Item], effective: Point) -> Item | None:
    if item.charge.kind is ChargeKind.USAGE or item.charge.timing is Timing.IN_ARREARS:
        return None  # what is billed afterwards is split where the plan changes
    if item.start > effective or (item.end is not None and item.end <= effective):
        return None
    return next((i for i in fresh if (i.charge, i.quantity) == (item.charge, item.quantity)), None)


def is_served_after(item: Item, point: Point) -> bool:
    """Whether any of its service lies after `point`."""
    return item.end is None or item.end > max(point, item.start)


def is_in_service(item: Item, code: str, on: Point) -> bool:
    return item.charge.code == code and (item.end is None or item.end > on)


def cut(item: Item, effective: Point, *, by_change: bool) -> Item:
    """`item` cut at `effective`; empty, not gone, where it would have started later."""
    if item.end is not None and item.end <= effective:
        return item
    return replace(item, end=max(item.start, effective), is_closed_by_change=by_change)


def renewed(
    contract: Contract, item: Item, start: Point, number: int, *, quantity: Decimal
) -> Item:
    return replace(
        item,
        key=f"{contract.key}/{item.charge.code}/{start}/{number}",
        start=start,
        quantity=quantity,
        is_closed_by_change=False,
    )


def with_items(
    contract: Contract, changed: Callable[[tuple[Item, ...]], tuple[Item, ...]]
) -> Contract:
    """`contract` with changed items, also where a cancellation may still be taken back."""
    return replace(
        contract,
        items=changed(contract.items),
        ordered_items=changed(contract.ordered_items),
    )


def refuse_ended(contract: Contract, effective: Point) -> None:
    """Raises ServiceEnded of a contract without service from `effective` on."""
    if contract.cancelled is not None and contract.cancelled <= effective:
        raise ServiceEnded(subscription=contract.key)
