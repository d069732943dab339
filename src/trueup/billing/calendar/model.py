"""The words of recurring time: how often, from which day, for whom, measured how.

Everything here is made of local dates; an instant appears only where a zone is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from trueup.billing.calendar.errors import CadenceImpossible, CycleDayImpossible, DatesBackwards

if TYPE_CHECKING:
    from datetime import date, tzinfo

MIDNIGHT: Final = time()
DAY_LAST: Final = 31
"""An anchor on this day is the end of every month."""


class Interval(StrEnum):
    """What a plan's rhythm is counted in.  ONCE has none and is no cadence."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ONCE = "once"


class Timing(StrEnum):
    """When a period is billed: as it begins, or once it has ended."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


class Proration(StrEnum):
    """In what a span is measured within its full period (B6).

    SECOND: exact elapsed time, an hour lost or won to the clocks included.
    DAY: local dates.  Zuora's *actual*.
    FIXED_30_DAYS: every month has 30 days: a 31st weighs nothing, the last of February the rest.
        Kill Bill's fixed days, Zuora's *strict 30/360*.
    ACTUAL_360: days counted as they are, of months of 30: 31 days of January are 31/30.
    """

    SECOND = "second"
    DAY = "day"
    FIXED_30_DAYS = "fixed_30_days"
    ACTUAL_360 = "actual_360"


class Stub(StrEnum):
    """Of which full period a partial one is a part.

    ANCHORED: of the period of the grid in which it lies.
    COUNTED_FROM_EDGE: of one interval counted back from its end (a first period), or on from its
        start (a last one), without returning to the anchor's day after a short month.  Kill Bill.
    COUNTED_FROM_START: of one interval counted on from where it starts; the last period as
        ANCHORED.  Stripe, for a backdated start.
    """

    ANCHORED = "anchored"
    COUNTED_FROM_EDGE = "counted_from_edge"
    COUNTED_FROM_START = "counted_from_start"


CENTURY_MONTHS: Final = 1200
CENTURY_DAYS: Final = 36_525

MONTHS: Final = {Interval.MONTH: 1, Interval.QUARTER: 3, Interval.YEAR: 12}
DAYS: Final = {Interval.DAY: 1, Interval.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Cadence:
    """Every `count` units.  Exactly one of `months` and `days` is above zero.

    Raises CadenceImpossible unless count >= 1, the unit recurs, and it does within a century: so
    no period that touches our time reaches beyond the dates that can be written.
    """

    unit: Interval
    count: int = 1
    months: int = field(init=False, repr=False, compare=False)
    days: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        months = MONTHS.get(self.unit, 0) * self.count
        days = DAYS.get(self.unit, 0) * self.count
        recurs = 0 < months <= CENTURY_MONTHS or 0 < days <= CENTURY_DAYS
        if not recurs:
            raise CadenceImpossible(unit=self.unit, count=self.count)
        object.__setattr__(self, "months", months)
        object.__setattr__(self, "days", days)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a grid hangs: a month, and a day of it that the month need not have (B1, B2).

    day: 1 to 31, never clamped; 31 is the end of every month, (2023, 2, 29) a leap day.
    Raises CycleDayImpossible for any other day.
    """

    year: int
    month: int
    day: int

    def __post_init__(self) -> None:
        if not 1 <= self.day <= DAY_LAST:
            raise CycleDayImpossible(cycle_day=self.day, unit=Interval.MONTH)

    @classmethod
    def on(cls, day: date) -> Anchor:
        return cls(day.year, day.month, day.day)


@dataclass(frozen=True, slots=True)
class Grid:
    """All boundaries there ever are: the anchor, and every cadence before and after it."""

    cadence: Cadence
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A grid as instants: every boundary at the local time `at` of a zone.

    At MIDNIGHT a boundary is when its local day begins, whatever the clocks do (B5).
    """

    grid: Grid
    zone: tzinfo
    at: time = MIDNIGHT


class Span(NamedTuple):
    """Local dates, half-open: `start` belongs to it, `end` to the next one (B3).

    A span never ends before it starts; `span` makes one from unproven dates.
    """

    start: date
    end: date

    @property
    def days(self) -> int:
        return self.end.toordinal() - self.start.toordinal()

    def contains(self, day: date) -> bool:
        return self.start <= day < self.end


def span(start: date, end: date) -> Span:
    """Raises DatesBackwards if `end` comes before `start`; an empty span is allowed."""
    if end < start:
        raise DatesBackwards(start=start.isoformat(), end=end.isoformat())
    return Span(start, end)


class BillingPeriod(NamedTuple):
    """What is billed at once, and the full natural period of which it is a part (B7).

    full: equals `span` unless the period is partial.
    """

    span: Span
    full: Span

    @property
    def is_partial(self) -> bool:
        return self.span != self.full


@dataclass(frozen=True, slots=True)
class Schedule:
    """A grid in use: billed from `start` until `end` (exclusive; None is open-ended).

    Raises DatesBackwards if it ends before it starts.
    """

    grid: Grid
    start: date
    end: date | None = None
    stub: Stub = Stub.ANCHORED

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise DatesBackwards(start=self.start.isoformat(), end=self.end.isoformat())


class Share(NamedTuple):
    """A part of a full period as it was counted: 14 of 28 days, not a half.

    Exact; the denominator is above zero.  Shares of one period, unit and denominator add up.
    """

    numerator: int
    denominator: int

    @property
    def fraction(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def is_whole(self) -> bool:
        return self.numerator == self.denominator
