"""From usage events to the quantity of a window (B27, B28).  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Context, Decimal
from math import lcm
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Share
from trueup.billing.subscriptions.cycle import Reach, period_at, share
from trueup.billing.subscriptions.rules.recording import exactly
from trueup.billing.subscriptions.terms import Aggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from trueup.billing.calendar.model import Proration
    from trueup.billing.drafting.model import UsageEvent
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Cycle, Point

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
NO_SHARE: Final = Share(0, 1)
DAY: Final = timedelta(days=1)
MICROSECOND: Final = timedelta(microseconds=1)
_DAY_LENGTH: Final = DAY // MICROSECOND
QUOTIENT: Final = Context(prec=40)
"""Of a quantity that stood for part of a period, where a price must know it as a number."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a window used: `quantity / divisor`, exactly.

    divisor: above one where a standing quantity is weighed by time.
    events: those counted, in time order, for prices that look at each.
    shares: of a standing quantity that is weighed, the part of the full period that is left with
    each event.
    """

    quantity: Decimal
    events: tuple[UsageEvent, ...]
    divisor: int = 1
    aggregation: Aggregation = Aggregation.SUM
    shares: tuple[Share, ...] = ()

    def divided(self) -> Measured:
        """The same with a divisor of one, for prices that look at the quantity itself."""
        if self.divisor == 1:
            return self
        return replace(
            self, quantity=QUOTIENT.divide(self.quantity, Decimal(self.divisor)), divisor=1
        )

    @property
    def by_meter(self) -> dict[str, Decimal]:
        """The quantity of each meter, by the same aggregation."""
        return {
            meter: _aggregated(self.aggregation, [e for e in self.events if e.meter == meter])
            for meter in sorted({e.meter for e in self.events})
        }

    @property
    def changes(self) -> tuple[tuple[Decimal, Share], ...]:
        """How a standing quantity changed, with the share of the full period left each time."""
        merged: list[tuple[Decimal, Share]] = []
        for change, share_left in zip(
            _changes(self.aggregation, self.events), self.shares, strict=True
        ):
            if merged and merged[-1][1] == share_left:
                merged[-1] = (merged[-1][0] + change, share_left)
            else:
                merged.append((change, share_left))
        return tuple(merged)

    def grouped(self, key: Callable[[UsageEvent], Hashable]) -> list[Measured]:
        """What was used of each group of events, in the order of their first events."""
        groups: dict[Hashable, list[int]] = {}
        for number, event in enumerate(self.events):
            groups.setdefault(key(event), []).append(number)
        return [self._of(numbers) for numbers in groups.values()]

    def _of(self, numbers: Sequence[int]) -> Measured:
        events = tuple(self.events[number] for number in numbers)
        if self.shares:
            shares = tuple(self.shares[number] for number in numbers)
            return _weighed_by(events, shares, self.aggregation)
        return Measured(_aggregated(self.aggregation, events), events, 1, self.aggregation)


def measured(
    item: Item,
    events: Iterable[UsageEvent],
    window: Reach,
    full: Reach,
    unit: Proration,
    *,
    counts_until: Point | None = None,
) -> Measured:
    """What `item` used over `window`, by the aggregation of its charge.

    counts_until: the day on which the window ends counts too, and quantities stand until then.
    """
    charge = item.charge
    meters = (charge.meter or "").split("+")
    is_last = counts_until is not None
    inside = tuple(
        e
        for e in events
        if (charge.meter is None or e.meter in meters)
        and (e.at < window.end or (e.at == window.end and (is_last or _ends(e, item))))
        and (charge.carries_over or e.at >= window.start)
    )
    if charge.aggregation is Aggregation.TIME_WEIGHTED:
        return _weighed(inside, window, full)
    if charge.carries_over and charge.is_prorated:
        stood = window._replace(end=max(window.end, counts_until or window.end))
        shares = tuple(_share_left(e, item.cycle, stood, full, unit) for e in inside)
        return _weighed_by(inside, shares, charge.aggregation)
    quantity = _aggregated(charge.aggregation, inside)
    return Measured(quantity, inside, aggregation=charge.aggregation)


def _ends(event: UsageEvent, item: Item) -> bool:
    """Whether an event is of the day on which another plan took over from that of `item`."""
    return event.plan == item.plan and event.at == item.end


def within_horizon(event: UsageEvent, cycle: Cycle, periods: int | None) -> bool:
    """Whether late usage is still billed: at most `periods` before the one that learned of it."""
    if periods is None or event.at >= event.recorded:
        return True
    earliest = period_at(cycle, event.recorded).start
    for _ in range(periods):
        earliest = _before(cycle, earliest)
    return event.at >= earliest


def too_late_from(cycle: Cycle, point: Point, periods: int | None) -> Point | None:
    """When usage of the period of `point` is recorded too late to be billed; None: it never is.

    What `within_horizon` says of each of its events, for all of them at once.
    """
    if periods is None:
        return None
    late = period_at(cycle, point).end
    for _ in range(periods):
        late = period_at(cycle, late).end
    return late


def _before(cycle: Cycle, boundary: Point) -> Point:
    """The start of the period that ends at `boundary`."""
    return period_at(cycle, boundary - DAY).start


def _aggregated(aggregation: Aggregation, events: Sequence[UsageEvent]) -> Decimal:
    match aggregation:
        case Aggregation.COUNT:
            return Decimal(len(events))
        case Aggregation.SUM | Aggregation.TIME_WEIGHTED:
            return exactly(sum((e.quantity for e in events), ZERO))
        case Aggregation.MAX:
            return max((e.quantity for e in events), default=ZERO)
        case Aggregation.UNIQUE:
            return Decimal(len({_identity(e) for e in events}))
        case Aggregation.LATEST:
            return events[-1].quantity if events else ZERO


def _share_left(
    event: UsageEvent, cycle: Cycle, window: Reach, full: Reach, unit: Proration
) -> Share:
    """The share of `full` for which something stands from its event to the end of the window."""
    stood = Reach(max(event.at, window.start), window.end)
    return share(cycle, stood, full, unit) if stood.start < stood.end else NO_SHARE


def _weighed_by(
    events: tuple[UsageEvent, ...], shares: tuple[Share, ...], aggregation: Aggregation
) -> Measured:
    """Quantities that stand from their event on, each weighed by the share for which it stood."""
    divisor = lcm(*(each.denominator for each in shares))
    weighed = (
        change * each.numerator * (divisor // each.denominator)
        for change, each in zip(_changes(aggregation, events), shares, strict=True)
    )
    return Measured(exactly(sum(weighed, ZERO)), events, divisor, aggregation, shares)


def _changes(aggregation: Aggregation, events: Sequence[UsageEvent]) -> Iterator[Decimal]:
    """By how much each event changes what stands."""
    stands, seen = ZERO, set[object]()
    for event in events:
        match aggregation:
            case Aggregation.COUNT:
                change = ONE
            case Aggregation.UNIQUE:
                change = ZERO if _identity(event) in seen else ONE
                seen.add(_identity(event))
            case Aggregation.MAX:
                change = max(event.quantity - stands, ZERO)
            case Aggregation.LATEST:
                change = event.quantity - stands
            case Aggregation.SUM | Aggregation.TIME_WEIGHTED:
                change = event.quantity
        stands += change
        yield change


def _weighed(events: tuple[UsageEvent, ...], window: Reach, full: Reach) -> Measured:
    """Levels that stand from their moment on, each weighed by the time it stood (B27).

    An event says by how much the level changes.  Its moment is known within the local day.
    """
    total = ZERO
    for event in events:
        stood = _length(max(event.at, window.start), window.end)
        if event.at >= window.start:
            stood -= round(event.into_day * _DAY_LENGTH)
        total += event.quantity * stood
    return Measured(total, events, _length(full.start, full.end))


def _length(start: Point, end: Point) -> int:
    """Microseconds from `start` to `end`."""
    return (end - start) // MICROSECOND


def _identity(event: UsageEvent) -> object:
    """What makes an event one of its kind: what it names, or itself."""
    return tuple(sorted(event.dimensions.items())) or event.moment
