"""Natural periods of a contract, whether it counts in local dates or in instants.

A contract prorated by the second keeps the time of day at which it started; every other one changes
at local midnight and is reckoned in dates alone, which is faster and needs no zone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from trueup.billing.calendar.model import (
    Anchor,
    Cadence,
    Grid,
    Proration,
    Recurrence,
    Share,
    Span,
    Stub,
)
from trueup.billing.calendar.rules import billing, proration, recurrence, stepping
from trueup.kernel.errors import check
from trueup.kernel.period import Period

Point: TypeAlias = date
"""A local date, or an aware datetime in a contract prorated by the second; never both in one."""

Cycle: TypeAlias = "Grid | Recurrence | Turn"


@dataclass(frozen=True, slots=True)
class Turn:
    """One cycle until `at`, another one from there: its periods meet, none is billed twice (B10).

    at: a boundary of `after`; the period of `before` that it lies in ends there.
    """

    before: Cycle
    at: Point
    after: Cycle


class Reach(NamedTuple):
    """A half-open span of points; empty where both are the same."""

    start: Point
    end: Point


def latest(cycle: Cycle) -> Grid | Recurrence:
    """The cycle it has in the end."""
    while isinstance(cycle, Turn):
        cycle = cycle.after
    return cycle


def cadence_of(cycle: Cycle) -> Cadence:
    """How often it recurs in the end."""
    last = latest(cycle)
    return last.cadence if isinstance(last, Grid) else last.grid.cadence


def with_cadence(cycle: Cycle, cadence: Cadence) -> Cycle:
    """The cycle of another cadence on the same anchor (B9)."""
    if isinstance(cycle, Turn):
        before, after = (with_cadence(c, cadence) for c in (cycle.before, cycle.after))
        return Turn(before, cycle.at, after)
    if isinstance(cycle, Grid):
        return replace(cycle, cadence=cadence)
    return replace(cycle, grid=replace(cycle.grid, cadence=cadence))


def anchored_anew(cycle: Cycle, point: Point) -> Cycle:
    """The cycle counted from its day in the month of `point`: quarters and years start anew there.

    Months, weeks and days are where they were, as is a cycle of instants.
    """
    if isinstance(cycle, Turn):
        if point >= cycle.at:
            return anchored_anew(cycle.after, point)
        return Turn(anchored_anew(cycle.before, point), cycle.at, cycle.after)
    if not isinstance(cycle, Grid) or cycle.cadence.months <= 1:
        return cycle
    return Grid(cycle.cadence, Anchor(point.year, point.month, cycle.anchor.day))


def starting_at(cycle: Cycle, point: Point) -> Cycle:
    """Periods of the same length that start anew at `point`."""
    last = latest(cycle)
    if isinstance(last, Grid):
        return Grid(last.cadence, Anchor.on(point))
    return recurrence.recurrence_from(last.grid.cadence, _instant(point), last.zone)


def period_at(cycle: Cycle, point: Point) -> Reach:
    """The natural period that contains `point`."""
    if isinstance(cycle, Turn):
        if point >= cycle.at:
            return period_at(cycle.after, point)
        before = period_at(cycle.before, point)
        return before._replace(end=min(before.end, cycle.at))
    if isinstance(cycle, Grid):
        return Reach(*stepping.period_containing(cycle, point))
    period = recurrence.period_containing(cycle, _instant(point))
    return Reach(period.start, period.end)


def full_period(cycle: Cycle, part: Reach, stub: Stub) -> Reach:
    """The full period of which `part` is a part; `part` lies within one natural period (B7, B8)."""
    if isinstance(cycle, Turn):
        return full_period(_of(cycle, part), part, stub)
    if not isinstance(cycle, Grid):
        return period_at(cycle, part.start)
    return Reach(*billing.full_period(cycle, Span(*part), stub))


def share(cycle: Cycle, part: Reach, full: Reach, unit: Proration) -> Share:
    """How much of `full` the span `part` is, counted in `unit`."""
    if isinstance(cycle, Turn):
        return share(_of(cycle, part), part, full, unit)
    if isinstance(cycle, Grid):
        return proration.share(Span(*part), Span(*full), cycle.cadence, unit)
    return proration.share_of_instants(
        Period(_instant(part.start), _instant(part.end)),
        Period(_instant(full.start), _instant(full.end)),
        cycle.grid.cadence,
        unit,
        cycle.zone,
    )


def _of(turn: Turn, part: Reach) -> Cycle:
    return turn.after if part.start >= turn.at else turn.before


def _instant(point: Point) -> datetime:
    check(isinstance(point, datetime), "a cycle of instants is asked by an instant", point=point)
    return point  # type: ignore[return-value]  # checked in the line above
