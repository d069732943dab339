"""How large a part of its full period a span is: exact integers, in the unit of the dialect.

Who owns the day of a change is not decided here: the caller moves the date.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Proration, Share, Span
from trueup.billing.calendar.rules.alignment import MONTHLY
from trueup.billing.calendar.rules.stepping import period_containing
from trueup.billing.calendar.rules.zones import SECOND, local_span, midnight

if TYPE_CHECKING:
    from trueup.kernel.period import Period

MONTH_OF_30: Final = 30
MICROSECOND: Final = timedelta(microseconds=1)


def share(part: Span, full: Span, cadence: Cadence, unit: Proration, zone: tzinfo = UTC) -> Share:
    """The share of `part` in the full period that it lies in, as it was counted.

    full: one `cadence` long, as `BillingPeriod.full`.  zone: asked by SECOND only.
    Shares of adjacent parts add up to the share of both; that of `full` is whole, but for
    ACTUAL_360, where a month of 31 days is 31/30: bill a period that is not partial in full.
    """
    if unit is Proration.SECOND:
        elapsed = midnight(part.end, zone) - midnight(part.start, zone)
        return _share_of_time(elapsed, midnight(full.end, zone) - midnight(full.start, zone))
    if unit is Proration.DAY or not cadence.months:
        return Share(part.days, full.days)
    whole = MONTH_OF_30 * cadence.months
    if unit is Proration.ACTUAL_360:
        return Share(part.days, whole)
    return Share(_elapsed_30(part.end, full, whole) - _elapsed_30(part.start, full, whole), whole)


def share_of_month(part: Span, unit: Proration) -> Share:
    """The share of `part` in the calendar month in which it begins, as Zuora prorates a month.

    A part that goes on after that month is more of it, in months of 30 days by their day numbers.
    """
    if unit is Proration.FIXED_30_DAYS:
        return Share(days_30(part.start, part.end), MONTH_OF_30)
    month = period_containing(
        Grid(MONTHLY, Anchor(part.start.year, part.start.month, 1)), part.start
    )
    return share(part, month, MONTHLY, unit)


def share_of_instants(
    part: Period, full: Period, cadence: Cadence, unit: Proration, zone: tzinfo
) -> Share:
    """As `share`, between instants: SECOND exactly, every other unit by local dates."""
    if unit is Proration.SECOND:
        return _share_of_time(part.duration, full.duration)
    return share(local_span(part, zone), local_span(full, zone), cadence, unit)


def days_30(start: date, end: date) -> int:
    """Days from `start` to `end`, exclusive, if every month had 30.

    A 31st is the same day as the first that follows; February's last day weighs what is missing.
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    return MONTH_OF_30 * months + end.day - start.day


def _elapsed_30(on: date, full: Span, whole: int) -> int:
    """Days of 30-day months from the start of `full`; its end is always `whole` away.

    At a month end that was clamped the day numbers alone would fall short of the whole.
    """
    if on >= full.end:
        return whole
    return min(days_30(full.start, on), whole)


def _share_of_time(part: timedelta, whole: timedelta) -> Share:
    """In seconds, or in microseconds where one of them is no whole number of seconds."""
    if part.microseconds or whole.microseconds:
        return Share(part // MICROSECOND, whole // MICROSECOND)
    return Share(part // SECOND, whole // SECOND)
