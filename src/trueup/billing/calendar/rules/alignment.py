"""Which grid a subscription hangs on: its own day, a given day, or the calendar's."""

from __future__ import annotations

from datetime import date
from typing import Final

from trueup.billing.calendar.errors import CycleDayImpossible
from trueup.billing.calendar.model import DAY_LAST, Anchor, Cadence, Grid, Interval
from trueup.billing.calendar.rules.stepping import day_in_month, next_boundary

WEEK_DAYS: Final = 7
YEAR_MONTHS: Final = 12
MONTHLY: Final = Cadence(Interval.MONTH)


def anniversary(cadence: Cadence, start: date, cycle_day: int | None = None) -> Grid:
    """The grid of a subscription that starts on `start`; period 0 or 1 begins at its cycle day.

    cycle_day: given apart from the start date; a day of the month (31 is its end) for months,
    quarters and years, of the week (1 is Monday) for weeks.  None: the day of `start`.
    Raises CycleDayImpossible.
    """
    if cycle_day is None:
        return Grid(cadence, Anchor.on(start))
    days = DAY_LAST if cadence.months else WEEK_DAYS if cadence.unit is Interval.WEEK else 0
    if not 1 <= cycle_day <= days:
        raise CycleDayImpossible(cycle_day=cycle_day, unit=cadence.unit)
    if cadence.months:
        return Grid(cadence, Anchor(start.year, start.month, cycle_day))
    wait = (cycle_day - start.isoweekday()) % WEEK_DAYS
    return Grid(cadence, Anchor.on(date.fromordinal(start.toordinal() + wait)))


def calendar_aligned(cadence: Cadence, start: date) -> Grid:
    """The calendar's own grid: Mondays, firsts of the month or quarter, 1 January.

    Counts above one: months that divide a year are counted from January (every 6: January and
    July), others from the month of `start`; years from the year and weeks from the week of
    `start`; days from `start` itself.
    """
    if not cadence.months:
        back = start.weekday() if cadence.unit is Interval.WEEK else 0
        return Grid(cadence, Anchor.on(date.fromordinal(start.toordinal() - back)))
    is_from_january = YEAR_MONTHS % cadence.months == 0 or cadence.months % YEAR_MONTHS == 0
    return Grid(cadence, Anchor(start.year, 1 if is_from_january else start.month, 1))


def cycle_day_in_month(on: date, cycle_day: int) -> date:
    """The cycle day in the month of `on`, or that month's last day.  Raises CycleDayImpossible."""
    Anchor(on.year, on.month, cycle_day)
    return day_in_month(on.year * YEAR_MONTHS + on.month - 1, cycle_day)


def next_cycle_day(on: date, cycle_day: int) -> date:
    """The first date on or after `on` that is the cycle day.  Raises CycleDayImpossible."""
    grid = Grid(MONTHLY, Anchor(on.year, on.month, cycle_day))
    return next_boundary(grid, on, inclusive=True)
