"""What is left of the usage that a fee includes: it bounds what is given back of the fee (B33).

Fees of one meter are used up in the order in which they were agreed: what one has no room for falls
to the next, so that nothing used is held against two of them.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from trueup.billing.drafting.rules.amounts import flat
from trueup.billing.rating.derivation import NOTHING, Max, Min, Node, Sub, Unused
from trueup.billing.subscriptions.cycle import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trueup.billing.drafting.model import BilledLine, Situation
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Point

ZERO: Final = Decimal(0)
SHOWN: Final = Decimal("0.000001")
"""Quantities have six decimals; those of a part of a period, too."""
DIVIDED: Final = Context(prec=40)


class Room(NamedTuple):
    """A billed line, and how much usage it includes."""

    item: Item
    billed: BilledLine
    included: Decimal


def includes_usage(contract: Contract) -> bool:
    """Whether usage decides what is given back of a fee."""
    return any(item.charge.included is not None for item in contract.items)


def at_most_unused(
    case: Situation, item: Item, billed: BilledLine, credit: Node, left_micros: int
) -> Node:
    """`credit`, a part of `billed` to give back, at most what is left of the usage it paid for.

    All credits of a line together stay within it, as they do within what was billed (B31).
    left_micros: what may still be given back of the line.
    """
    included = item.charge.included
    if included is None:
        return credit
    rooms = list(_rooms(case, included.meter))
    own = next((r for r in rooms if r.billed.line.key == billed.line.key), None)
    if own is None or not own.included:
        return credit
    used = _used_up(case, included.meter, rooms)[billed.line.key]
    if used <= 0:
        return credit
    whole = billed.line.amount_micros
    unused: Node = Unused(flat(whole).amount, included.meter, own.included, used)
    if left_micros != whole:
        unused = Max((NOTHING, Sub(unused, (flat(whole - left_micros),))))
    return Min((credit, unused))


def _rooms(case: Situation, meter: str) -> Iterator[Room]:
    """Billed lines that include usage of `meter`, in the order in which they are used up."""
    for item in case.contract.items:
        included = item.charge.included
        if included is None or included.meter != meter:
            continue
        for billed in case.billed.get(item.key, ()):
            if billed.line.span is not None:
                yield Room(item, billed, _included_in(case, item, billed, included.quantity))


def _included_in(case: Situation, item: Item, billed: BilledLine, quantity: Decimal) -> Decimal:
    """A part of a period includes its part, as it costs its part."""
    line = billed.line
    whole = quantity * item.quantity if item.charge.is_per_unit else quantity
    if line.span is None or line.full in {None, line.span} or not item.charge.is_prorated:
        return whole
    part = share(item.cycle, line.span, line.full, case.dialect.proration)
    included = DIVIDED.divide(whole * part.numerator, Decimal(part.denominator))
    return included.quantize(SHOWN)


def _used_up(case: Situation, meter: str, rooms: list[Room]) -> dict[str, Decimal]:
    """How much of each line is used up, by its key; above what it includes, of the last only."""
    used: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for at, plan, quantity in _quantities(case, meter):
        takers = _takers(case, meter, at, plan, rooms)
        rest = quantity
        for number, room in enumerate(takers, start=1):
            if room is None:
                break
            key = room.billed.line.key
            taken = rest if number == len(takers) else min(rest, room.included - used[key])
            used[key] += taken
            rest -= taken
    return used


def _quantities(case: Situation, meter: str) -> Iterable[tuple[Point, str | None, Decimal]]:
    """What was used at each point, under each plan where that is known, in order of time."""
    sums: dict[tuple[Point, str | None], Decimal] = defaultdict(lambda: ZERO)
    meters = meter.split("+")
    for event in case.usage:
        if event.meter in meters:
            sums[event.at, event.plan] += event.quantity
    return ((at, plan, quantity) for (at, plan), quantity in sums.items())


def _takers(
    case: Situation, meter: str, at: Point, plan: str | None, rooms: list[Room]
) -> list[Room | None]:
    """Whom usage at `at` falls to, in order; None, of a fee in service that is not billed yet.

    The day on which a fee ends is still its own, before it is that of the fee that follows: a
    local day does not say when on it the order came.  Usage out of service is of what was billed
    for its time.
    """
    covering = {
        room.item.key: room
        for room in rooms
        if room.item.plan == (plan or room.item.plan) and _covers(room.billed, at)
    }
    serving: list[Room | None] = [
        room for room in covering.values() if room.item.end is None or at <= room.item.end
    ]
    if any(_is_unbilled(case, item, at, meter) for item in case.contract.items):
        serving.append(None)
    return serving or list(covering.values())


def _covers(billed: BilledLine, at: Point) -> bool:
    span = billed.line.span
    return span is not None and span.start <= at < span.end


def _is_unbilled(case: Situation, item: Item, at: Point, meter: str) -> bool:
    """Whether `item` includes usage at `at` and its fee of that time is still to be billed."""
    included = item.charge.included
    return (
        included is not None
        and included.meter == meter
        and item.start <= at
        and (item.end is None or at < item.end)
        and not any(_covers(billed, at) for billed in case.billed.get(item.key, ()))
    )
