"""How far back usage may still decide: what is billed and unchanged before is not asked again.

A window is settled where the last line that billed it is for all of it and no usage of its time has
changed since a bill looked at all of it.  Whatever an order changes shows in the window's span.
Before the first window that is not settled, only quantities that stand and usage that fees include
still count; sums of days tell them exactly (B26 to B28).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from trueup.billing.calendar.model import Timing
from trueup.billing.drafting.model import LineKind
from trueup.billing.drafting.rules.spans import at_boundaries
from trueup.billing.drafting.rules.usage import is_billed_ahead, number_of
from trueup.billing.rating.model import PercentagePrice
from trueup.billing.subscriptions.cycle import Reach, period_at
from trueup.billing.subscriptions.rules.pausing import served
from trueup.billing.subscriptions.terms import Aggregation, ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from trueup.billing.dialect.model import Dialect
    from trueup.billing.drafting.model import BilledLine
    from trueup.billing.subscriptions.contract import Contract, Item
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Charge


class Known(NamedTuple):
    """What is known of a contract's usage without its events.

    at: the last bill that looked at all of it.  changed: from when on some of it has changed since;
    None: none has.  used: of charges in advance, by meter, the points at which there was any.
    """

    at: Point
    changed: Point | None
    used: Mapping[str, Sequence[Point]]


class Carried(StrEnum):
    """What of usage before the first window that is asked for still counts, told day by day."""

    NOTHING = "nothing"
    QUANTITY = "quantity"  # its sum
    LARGEST = "largest"
    LATEST = "latest"
    EVENTS = "events"  # each event


SUMMED = {
    Aggregation.SUM: Carried.QUANTITY,
    Aggregation.TIME_WEIGHTED: Carried.QUANTITY,
    Aggregation.MAX: Carried.LARGEST,
    Aggregation.LATEST: Carried.LATEST,
}


def asked_from(
    contract: Contract, billed: Mapping[str, Sequence[BilledLine]], known: Known
) -> Point | None:
    """The start of the first window of usage that is not settled; None: no charge has any."""
    return min((_first(contract, item, billed, known) for item in metered(contract)), default=None)


def metered(contract: Contract) -> list[Item]:
    """Items whose usage is billed."""
    return [item for item in contract.items if item.charge.kind is ChargeKind.USAGE]


def in_advance(contract: Contract) -> set[str | None]:
    """Meters of which windows without usage have no line; None: any meter."""
    charges = [item.charge for item in metered(contract)]
    return {m for c in charges if c.timing is Timing.IN_ADVANCE for m in meters_of(c.meter)}


def carried(contract: Contract, dialect: Dialect) -> tuple[Carried, set[str | None]]:
    """What of usage before the first window that is asked for counts, and of which meters."""
    standing = [i.charge for i in metered(contract) if i.charge.carries_over]
    included = [i.charge.included.meter for i in contract.items if i.charge.included is not None]
    ways = {_way(charge, dialect) for charge in standing}
    ways |= {Carried.QUANTITY for _ in included}
    meters = {m for c in standing for m in meters_of(c.meter)}
    meters |= {m for named in included for m in meters_of(named)}
    if not ways:
        return Carried.NOTHING, meters
    # Sums of days tell nothing of instants within one, and one row cannot tell two things.
    return (
        ways.pop() if len(ways) == 1 and not dialect.counts_instants else Carried.EVENTS
    ), meters


def meters_of(named: str | None) -> list[str | None]:
    """The meters that a charge adds up; None: any."""
    return [None] if named is None else list(named.split("+"))


def _way(charge: Charge, dialect: Dialect) -> Carried:
    if dialect.late_usage_periods is not None or isinstance(charge.price.model, PercentagePrice):
        return Carried.EVENTS  # each is looked at by itself
    return SUMMED.get(charge.aggregation, Carried.EVENTS)


def _first(
    contract: Contract, item: Item, billed: Mapping[str, Sequence[BilledLine]], known: Known
) -> Point:
    """The start of the item's first window that is not settled, at most its running period's."""
    running = period_at(item.cycle, known.at).start
    lines = [b for b in billed.get(item.key, ()) if b.line.kind is LineKind.USAGE]
    for window in _over(contract, item, running):
        if not _is_settled(contract, item, window, lines, known):
            return window.start
    return running


def _over(contract: Contract, item: Item, until: Point) -> Iterator[Reach]:
    for start, end in served(item, contract.pauses):
        last = until if end is None else min(end, until)
        if start < last:
            yield from at_boundaries(item.cycle, Reach(start, last))


def _is_settled(
    contract: Contract, item: Item, window: Reach, lines: Sequence[BilledLine], known: Known
) -> bool:
    # Usage of the day on which a window ends may be its own, so the end counts here.
    if known.changed is not None and known.changed <= window.end:
        return False
    if window.end == contract.final_bill:
        return False
    before = [b.line for b in lines if b.line.span and b.line.span.start == window.start]
    if not before:
        return item.charge.timing is Timing.IN_ADVANCE and not _is_used(item, window, known)
    last = max(before, key=number_of)
    return last.span == window and not is_billed_ahead(last)


def _is_used(item: Item, window: Reach, known: Known) -> bool:
    since = None if item.charge.carries_over else window.start
    return any(
        (since is None or since <= at) and at <= window.end
        for meter in meters_of(item.charge.meter)
        for at in (
            known.used.get(meter, ()) if meter else (a for s in known.used.values() for a in s)
        )
    )
