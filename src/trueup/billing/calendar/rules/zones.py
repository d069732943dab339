"""Between a zone's local dates and instants. Days are counted on dates, never by 86 400 seconds.

A local day begins at the first instant at which the zone's calendar shows it, or a later day: where
midnight is skipped that is the moment of the change, where it comes twice the first of the two. So
days tile time in every zone, and a clock set back over midnight does not return to the day before.
Sources: BILLING_RULES B4, B5; PEP 495.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trueup.billing.calendar.errors import TimeZoneUnknown
from trueup.billing.calendar.model import MIDNIGHT, Span
from trueup.kernel.period import Period

if TYPE_CHECKING:
    from trueup.kernel.clock import Instant

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
TICK: Final = timedelta(microseconds=1)
MIDNIGHTS_KEPT: Final = 65_536  # a bill run's dates in its zones, with room; about 10 MB when full


@lru_cache(maxsize=1024)  # the tz database names about 600
def zone(name: str) -> tzinfo:
    """The zone of that name, made once.  Raises TimeZoneUnknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise TimeZoneUnknown(time_zone=name) from unknown


def pinned(where: tzinfo, at: Instant) -> tzinfo:
    """The offset `where` has at that instant, kept for ever: Kill Bill's accounts ignore DST."""
    offset = at.astimezone(where).utcoffset()
    return UTC if not offset else timezone(offset)


@lru_cache(maxsize=MIDNIGHTS_KEPT)
def midnight(on: date, where: tzinfo) -> Instant:
    """The instant at which the local day `on` begins."""
    begins = instant_at(on, MIDNIGHT, where)
    local = begins.astimezone(where)
    if local.date() == on and local.time() == MIDNIGHT:
        return begins
    return _change_before(begins, on, where)


def _change_before(after: Instant, on: date, where: tzinfo) -> Instant:
    """The change of clocks, to the second, that skipped midnight of `on` at most a day ago."""
    before = after - DAY - DAY
    while after - before > SECOND:  # halves two days: 18 rounds
        middle = before + (after - before) // 2 // SECOND * SECOND
        if middle.astimezone(where).date() < on:
            before = middle
        else:
            after = middle
    return after


def instant_at(on: date, at: time, where: tzinfo) -> Instant:
    """The instant of a local time; the first if it comes twice.

    A time that is skipped stands for the instant as long after the change.
    """
    return datetime.combine(on, at, where).astimezone(UTC)


def local_date(instant: Instant, where: tzinfo) -> date:
    """The local day to which the instant belongs: midnight(day) <= instant < midnight(day + 1)."""
    local = instant.astimezone(where)
    day = local.date()
    if not local.fold:
        return day
    # The hour that comes again may lie before a midnight that has been.
    following = day + DAY
    return following if midnight(following, where) <= instant else day


def into_day(instant: Instant, where: tzinfo) -> Fraction:
    """How much of its local day had passed; a day of changed clocks is longer or shorter."""
    day = local_date(instant, where)
    start, end = midnight(day, where), midnight(day + DAY, where)
    return Fraction((instant - start) // TICK, (end - start) // TICK)


def instants(span: Span, where: tzinfo) -> Period:
    """The span of dates as instants.  Raises PeriodBackwards if it holds none."""
    return Period(midnight(span.start, where), midnight(span.end, where))


def local_span(period: Period, where: tzinfo) -> Span:
    """The local days of both ends: a day cut by an end counts where it begins."""
    return Span(local_date(period.start, where), local_date(period.end, where))


def day_windows(span: Span, where: tzinfo) -> list[Period]:
    """The local days of a span, in order and without gap; a day that a zone skipped has none."""
    days = range(span.start.toordinal(), span.end.toordinal() + 1)
    edges = [midnight(date.fromordinal(day), where) for day in days]
    return [Period(start, end) for start, end in pairwise(edges) if start < end]


def days_between(start: Instant, end: Instant, where: tzinfo) -> int:
    """Local days from the one of `start` to the one of `end`, which does not count."""
    return local_date(end, where).toordinal() - local_date(start, where).toordinal()


def days_begun(start: Instant, end: Instant, where: tzinfo) -> int:
    """Days begun on the local clock between two instants; at a whole number one more begins.

    So from midnight to midnight the day of `end` counts, as Lago bills it.
    """
    wall_start = start.astimezone(where).replace(tzinfo=None)
    wall_end = end.astimezone(where).replace(tzinfo=None)
    return (wall_end - wall_start) // DAY + 1
