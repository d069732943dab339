"""When the phases of a plan start and end, and from when its fees are due.  Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.calendar.rules.stepping import step
from trueup.billing.subscriptions.terms import ChargeKind, LengthUnit

if TYPE_CHECKING:
    from trueup.billing.subscriptions.cycle import Point
    from trueup.billing.subscriptions.terms import Length, Terms

DAY: Final = timedelta(days=1)


def phase_edges(terms: Terms, origin: Point) -> tuple[Point, ...]:
    """Where each phase starts, the first at `origin`; and where the last one ends, if it does."""
    edges = [origin]
    for phase in terms.phases[:-1]:
        edges.append(edges[-1] if phase.length is None else _after(edges[-1], phase.length))
    last = terms.phases[-1].length
    return tuple(edges) if last is None else (*edges, _after(edges[-1], last))


def _after(start: Point, length: Length) -> Point:
    """Where a phase of that length ends; an instant keeps the time of its day."""
    if length.unit is LengthUnit.DAYS:
        return start + DAY * length.count
    unit = Interval.MONTH if length.unit is LengthUnit.MONTHS else Interval.YEAR
    end = step(start, Cadence(unit, length.count), 1)
    return datetime.combine(end, start.timetz()) if isinstance(start, datetime) else end


def first_fee_of(terms: Terms, starts: tuple[Point, ...], start: Point) -> Point:
    """From when a recurring fee is due for the first time.

    starts: of each phase; one more, where the last one ends, is not looked at.
    """
    for phase, begins in zip(terms.phases, starts, strict=False):
        if any(charge.kind is ChargeKind.RECURRING for charge in phase.charges):
            return max(begins, start)
    return start
