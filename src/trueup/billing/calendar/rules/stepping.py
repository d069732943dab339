"""Boundaries of a grid, always n cadences from the anchor and never from the one before (B1).

Plain integers on dates, no loops: what a bill run asks for every subscription.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Span

MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY: Final = 1  # counted from zero
LEAP_DAY: Final = 29


def day_in_month(month_number: int, day: int) -> date:
    """The day of that month, or the month's last if it has no such day.

    month_number: 12 times the year plus the month, January being 0.
    """
    year, month = divmod(month_number, 12)
    if day > MONTH_DAYS[month]:
        is_leap_february = month == FEBRUARY and year % 4 == 0 and (year % 100 or year % 400 == 0)
        day = LEAP_DAY if is_leap_february else MONTH_DAYS[month]
    return date(year, month + 1, day)


def boundary(grid: Grid, n: int) -> date:
    """The start of period `n`, and the end of period n - 1.  n: any integer; 0 is the anchor."""
    anchor, cadence = grid.anchor, grid.cadence
    month_number = anchor.year * 12 + anchor.month - 1
    if cadence.months:
        return day_in_month(month_number + n * cadence.months, anchor.day)
    first = day_in_month(month_number, anchor.day)
    return date.fromordinal(first.toordinal() + n * cadence.days)


def index_at(grid: Grid, on: date) -> int:
    """The number of the period that contains `on`: boundary(n) <= on < boundary(n + 1)."""
    anchor, cadence = grid.anchor, grid.cadence
    month_number = anchor.year * 12 + anchor.month - 1
    if not cadence.months:
        first = day_in_month(month_number, anchor.day)
        return (on.toordinal() - first.toordinal()) // cadence.days
    n = (on.year * 12 + on.month - 1 - month_number) // cadence.months
    if boundary(grid, n) > on:
        return n - 1
    return n


def period(grid: Grid, n: int) -> Span:
    return Span(boundary(grid, n), boundary(grid, n + 1))


def period_containing(grid: Grid, on: date) -> Span:
    return period(grid, index_at(grid, on))


def is_boundary(grid: Grid, on: date) -> bool:
    return boundary(grid, index_at(grid, on)) == on


def next_boundary(grid: Grid, on: date, *, inclusive: bool = False) -> date:
    """The first boundary after `on`; with `inclusive`, on or after it."""
    start, end = period_containing(grid, on)
    return on if inclusive and start == on else end


def previous_boundary(grid: Grid, on: date, *, inclusive: bool = False) -> date:
    """The last boundary before `on`; with `inclusive`, on or before it."""
    n = index_at(grid, on)
    last = boundary(grid, n)
    return boundary(grid, n - 1) if last == on and not inclusive else last


def periods_between(grid: Grid, start: date, end: date) -> list[Span]:
    """The whole periods that overlap [start, end), in order; none if that is empty."""
    if end <= start:
        return []
    first = index_at(grid, start)
    last = index_at(grid, date.fromordinal(end.toordinal() - 1))
    return [period(grid, n) for n in range(first, last + 1)]


def step(start: date, cadence: Cadence, count: int) -> date:
    """`count` cadences from `start`, back if negative; a month too short gives its last day."""
    return boundary(Grid(cadence, Anchor.on(start)), count)


def whole_periods(cadence: Cadence, start: date, end: date) -> int:
    """How many whole periods, counted from `start`, have ended by `end`.

    Negative if `end` comes first: as many as fit between, counted back.
    """
    if end < start:
        return -whole_periods(cadence, end, start)
    return index_at(Grid(cadence, Anchor.on(start)), end)
