from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.calendar.grids import grids, instants, on, zones

from trueup.billing.calendar.errors import TimeZoneUnknown
from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Recurrence, Span
from trueup.billing.calendar.rules import recurrence
from trueup.billing.calendar.rules.zones import (
    day_windows,
    days_begun,
    days_between,
    instant_at,
    into_day,
    local_date,
    local_span,
    midnight,
    pinned,
    zone,
)
from trueup.billing.calendar.rules.zones import instants as span_instants
from trueup.kernel.period import Period, PeriodBackwards


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("where", "day", "begins"), [
    ("Europe/Paris", "2024-03-31", "2024-03-30T23:00"),       # the hour is lost later that day
    ("Europe/Paris", "2024-04-01", "2024-03-31T22:00"),
    ("America/Havana", "2024-11-03", "2024-11-03T04:00"),     # midnight comes twice: the first
    ("America/Havana", "2024-03-10", "2024-03-10T05:00"),     # 00:00 is skipped: the day begins at 01:00
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),  # likewise
    ("America/St_Johns", "2010-11-07", "2010-11-07T02:30"),   # set back at 00:01 to 23:01: the first midnight
    ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),    # 23:30 becomes 00:30: the change itself
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00"),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),       # never was: begins and ends at the change
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00"),
    ("Asia/Kathmandu", "2024-01-01", "2023-12-31T18:15"),
])  # fmt: skip
def test_b4_b5_a_local_day_begins_at_its_first_instant(where, day, begins):
    assert midnight(on(day), zone(where)) == utc(begins)
    assert midnight(on(day), zone(where)).tzinfo is UTC


@pytest.mark.parametrize(("where", "instant", "passed"), [
    ("UTC", "2024-03-31T00:00", Fraction(0)),
    ("UTC", "2024-03-31T18:00", Fraction(3, 4)),
    ("Asia/Kolkata", "2024-03-31T18:00", Fraction(23, 24) + Fraction(1, 48)),     # 23:30
    ("Europe/Paris", "2024-03-31T01:30", Fraction(5, 46)),                        # of 23 hours
    ("Europe/Paris", "2024-10-27T01:30", Fraction(7, 50)),                        # of 25
])  # fmt: skip
def test_b5_how_much_of_a_day_has_passed_counts_the_hours_it_has(where, instant, passed):
    assert into_day(utc(instant), zone(where)) == passed


@pytest.mark.parametrize(("where", "instant", "day"), [
    ("Pacific/Honolulu", "2012-07-16T21:17:03", "2012-07-16"),
    ("Pacific/Honolulu", "2012-07-16T09:59:59", "2012-07-15"),
    ("Asia/Kolkata", "2022-12-31T18:30", "2023-01-01"),
    ("America/St_Johns", "2010-11-07T02:30:30", "2010-11-07"),  # 00:00:30, before the change
    ("America/St_Johns", "2010-11-07T03:00", "2010-11-07"),     # shows 23:30 of the 6th again: no way back
    ("America/St_Johns", "2010-11-07T02:29", "2010-11-06"),     # 23:59 for the first time
    ("Europe/Paris", "2024-10-27T00:30", "2024-10-27"),         # 02:30, the first of two
    ("Europe/Paris", "2024-10-27T01:30", "2024-10-27"),         # 02:30, the second
    ("Pacific/Apia", "2011-12-30T10:00", "2011-12-31"),
])  # fmt: skip
def test_b4_the_customers_calendar_decides_the_day(where, instant, day):
    assert local_date(utc(instant), zone(where)) == on(day)


@given(instants, zones)
def test_b5_every_instant_belongs_to_exactly_one_local_day(instant, where):
    day = local_date(instant, where)
    assert midnight(day, where) <= instant < midnight(day + timedelta(days=1), where)


@given(st.dates(date(1910, 1, 1), date(2100, 1, 1)), st.integers(1, 40), zones)
def test_b5_day_windows_tile_a_span_over_every_change_of_clocks(start, length, where):
    span = Span(start, start + timedelta(days=length))
    windows = day_windows(span, where)
    assert all(one.end == other.start for one, other in pairwise(windows))
    assert Period(windows[0].start, windows[-1].end) == span_instants(span, where)
    assert len(windows) in {length, length - 1}


def test_a_day_that_a_zone_skipped_has_no_window():
    week = Span(on("2011-12-28"), on("2012-01-01"))
    assert len(day_windows(week, zone("Pacific/Apia"))) == 3
    assert len(day_windows(week, UTC)) == 4
    with pytest.raises(PeriodBackwards):
        span_instants(Span(on("2011-12-30"), on("2011-12-31")), zone("Pacific/Apia"))


@pytest.mark.parametrize(("where", "start", "end", "between", "begun"), [
    ("UTC", "2024-05-01T00:00", "2024-05-05T00:00", 4, 5),
    ("America/New_York", "2024-03-10T05:00", "2024-03-11T04:00", 1, 2),           # 23 hours
    ("America/New_York", "2024-11-03T04:00", "2024-11-04T05:00", 1, 2),           # 25 hours
    ("America/New_York", "2024-03-10T05:00", "2024-03-11T03:59", 0, 1),           # a minute less
    ("UTC", "2023-12-01T00:00", "2023-12-06T23:59:59", 5, 6),
    ("UTC", "2023-12-01T12:00", "2023-12-02T11:00", 1, 1),
    ("UTC", "2023-12-01T12:00", "2023-12-01T12:00", 0, 1),
])  # fmt: skip
def test_days_are_counted_on_the_local_clock(where, start, end, between, begun):
    assert days_between(utc(start), utc(end), zone(where)) == between
    assert days_begun(utc(start), utc(end), zone(where)) == begun


def test_the_local_days_of_a_period():
    evening = Period(utc("2024-03-09T04:59"), utc("2024-03-11T04:00"))
    assert local_span(evening, zone("America/New_York")) == Span(on("2024-03-08"), on("2024-03-11"))


def test_b5_a_pinned_zone_keeps_its_offset_through_every_change():
    """Kill Bill keeps an account at the offset of the day it was opened."""
    pacific = pinned(zone("America/Los_Angeles"), utc("2015-03-07T12:00"))
    assert pacific == timezone(timedelta(hours=-8))
    assert midnight(on("2015-07-01"), pacific) == utc("2015-07-01T08:00")
    assert pinned(zone("Europe/London"), utc("2015-01-01T12:00")) is UTC


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../etc/passwd", "Europe", "/etc/localtime", "Europe/\0"]
)
def test_a_zone_that_the_tz_database_does_not_name_is_refused(name):
    with pytest.raises(TimeZoneUnknown) as caught:
        zone(name)
    assert caught.value.fields == {"time_zone": name}
    assert zone("Europe/Paris") is zone("Europe/Paris")


MONTHLY_FROM_31 = Grid(Cadence(Interval.MONTH), Anchor(2025, 1, 31))
DAILY = Grid(Cadence(Interval.DAY), Anchor(2011, 1, 1))


@pytest.mark.parametrize(("where", "day", "hour", "instant"), [
    ("America/New_York", "2024-03-10", 2, "2024-03-10T07:00"),  # 02:00 is skipped: an hour after it, 03:00
    ("America/New_York", "2024-11-03", 1, "2024-11-03T05:00"),  # 01:00 comes twice: the first
    ("America/New_York", "2024-07-01", 9, "2024-07-01T13:00"),
])  # fmt: skip
def test_b5_a_local_time_over_a_change_of_clocks(where, day, hour, instant):
    at = datetime(2024, 1, 1, hour).time()
    assert instant_at(on(day), at, zone(where)) == utc(instant)


def test_b1_b5_a_recurrence_keeps_its_local_time_of_day():
    """15:00 in New York is 20:00 UTC in winter, 19:00 in summer; the 31st stays the 31st."""
    monthly = recurrence.recurrence_from(
        Cadence(Interval.MONTH), utc("2025-01-31T20:00"), zone("America/New_York")
    )
    assert [recurrence.boundary(monthly, n) for n in range(-1, 3)] == [
        utc("2024-12-31T20:00"), utc("2025-01-31T20:00"), utc("2025-02-28T20:00"), utc("2025-03-31T19:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(("instant", "inclusive", "before", "after"), [
    ("2025-01-29T12:00", False, "2024-12-29T12:00", "2025-02-28T12:00"),
    ("2025-01-29T12:00", True, "2025-01-29T12:00", "2025-01-29T12:00"),
    ("2025-01-29T12:10", False, "2025-01-29T12:00", "2025-02-28T12:00"),
    ("2025-01-29T12:10", True, "2025-01-29T12:00", "2025-02-28T12:00"),
    ("2025-01-29T11:59:59", True, "2024-12-29T12:00", "2025-01-29T12:00"),
])  # fmt: skip
def test_recurrences_before_and_after_an_instant(instant, inclusive, before, after):
    monthly = recurrence.recurrence_from(Cadence(Interval.MONTH), utc("2025-01-29T12:00"), UTC)
    at = utc(instant)
    assert recurrence.previous_boundary(monthly, at, inclusive=inclusive) == utc(before)
    assert recurrence.next_boundary(monthly, at, inclusive=inclusive) == utc(after)


@given(grids, zones, st.times(), instants)
def test_b3_b5_every_instant_lies_in_exactly_one_period_of_any_zone(grid, where, at, instant):
    recurring = Recurrence(grid, where, at)
    n = recurrence.index_at(recurring, instant)
    assert recurrence.boundary(recurring, n) <= instant < recurrence.boundary(recurring, n + 1)
    found = recurrence.period_containing(recurring, instant)
    assert found.contains(instant)
    assert found == recurrence.period(recurring, n)
    assert recurrence.next_boundary(recurring, found.start) == found.end
    assert recurrence.previous_boundary(recurring, found.end) == found.start


def test_an_anchor_at_ten_survives_the_day_that_samoa_skipped():
    recurring = Recurrence(DAILY, zone("Pacific/Apia"), datetime(2011, 1, 1, 10).time())
    found = recurrence.period_containing(recurring, utc("2011-12-30T12:00"))
    assert found == Period(utc("2011-12-29T20:00"), utc("2011-12-30T20:00"))
    with pytest.raises(PeriodBackwards):
        recurrence.period(recurring, (on("2011-12-30") - on("2011-01-01")).days)


def test_at_midnight_a_period_begins_with_its_local_day():
    havana = zone("America/Havana")
    monthly = Recurrence(Grid(Cadence(Interval.MONTH), Anchor(2024, 3, 10)), havana)
    assert recurrence.boundary(monthly, 0) == midnight(on("2024-03-10"), havana)
    assert recurrence.period(Recurrence(MONTHLY_FROM_31, havana), 1) == span_instants(
        Span(on("2025-02-28"), on("2025-03-31")), havana
    )
