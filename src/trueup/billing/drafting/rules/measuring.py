"""From usage events to the quantity of a window (B27, B28).  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from trueup.billing.subscriptions.cycle import Reach, period_at, share
from trueup.billing.subscriptions.rules.recording import exactly
from trueup.billing.subscriptions.terms import Aggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trueup.billing.calendar.model import Proration
    from trueup.billing.drafting.model import UsageEvent
    from trueup.billing.subscriptions.contract import Item
    from trueup.billing.subscriptions.cycle import Cycle, Point

ZERO: Final = Decimal(0)
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
    """

    quantity: Decimal
    events: tuple[UsageEvent, ...]
    divisor: int = 1
    aggregation: Aggregation = Aggregation.SUM

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

    def by_dimensions(
        self, names: Sequence[str]
    ) -> list[tuple[tuple[tuple[str, str], ...], Measured]]:
        """What was used of each combination of the named dimensions, in a stable order."""
        groups: dict[tuple[tuple[str, str], ...], list[UsageEvent]] = {}
        for event in self.events:
            said = tuple((n, event.dimensions[n]) for n in names if n in event.dimensions)
            groups.setdefault(said, []).append(event)
        return [
            (
                said,
                Measured(
                    _aggregated(self.aggregation, events),
                    tuple(events),
                    aggregation=self.aggregation,
                ),
            )
            for said, events in sorted(groups.items())
        ]


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
        return _standing(inside, item.cycle, stood, full, unit)
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


def _standing(
    events: tuple[UsageEvent, ...], cycle: Cycle, window: Reach, full: Reach, unit: Proration
) -> Measured:
    """Quantities that stand from their event on, each weighed by the share of `full` it stood."""
    total, divisor = ZERO, 1
    for event in events:
        stood = Reach(max(event.at, window.start), window.end)
        if stood.start < stood.end:
            numerator, denominator = share(cycle, stood, full, unit)
            total = total * denominator + event.quantity * numerator * divisor
            divisor *= denominator
    return Measured(total, events, divisor)


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
