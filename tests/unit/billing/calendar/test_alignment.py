from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.calendar.grids import DAY, MONTH, QUARTER, WEEK, YEAR, cadences, dates, on

from trueup.billing.calendar.errors import CycleDayImpossible
from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.calendar.rules.alignment import (
    anniversary,
    calendar_aligned,
    cycle_day_in_month,
    next_cycle_day,
)
from trueup.billing.calendar.rules.stepping import (
    boundary,
    is_boundary,
    next_boundary,
    period_containing,
)


def six(unit):
    return Cadence(unit, 6)


@pytest.mark.parametrize(("cadence", "start", "period"), [
    (WEEK, "2024-02-29", "2024-02-26..2024-03-04"),                       # a Thursday; weeks begin on Monday
    (WEEK, "2024-02-26", "2024-02-26..2024-03-04"),
    (Cadence(Interval.WEEK, 2), "2024-02-29", "2024-02-26..2024-03-11"),  # from the week of the start
    (MONTH, "2024-02-29", "2024-02-01..2024-03-01"),
    (Cadence(Interval.MONTH, 2), "2024-02-29", "2024-01-01..2024-03-01"),
    (Cadence(Interval.MONTH, 5), "2024-02-29", "2024-02-01..2024-07-01"),  # does not divide a year
    (six(Interval.MONTH), "2022-02-01", "2022-01-01..2022-07-01"),
    (Cadence(Interval.MONTH, 12), "2022-02-01", "2022-01-01..2023-01-01"),
    (QUARTER, "2024-11-30", "2024-10-01..2025-01-01"),
    (YEAR, "2024-02-29", "2024-01-01..2025-01-01"),
    (Cadence(Interval.YEAR, 2), "2023-02-28", "2023-01-01..2025-01-01"),
    (DAY, "2024-02-29", "2024-02-29..2024-03-01"),
    (Cadence(Interval.DAY, 10), "2024-02-25", "2024-02-25..2024-03-06"),
])  # fmt: skip
def test_calendar_periods_begin_where_the_calendar_does(cadence, start, period):
    found = period_containing(calendar_aligned(cadence, on(start)), on(start))
    assert f"{found.start}..{found.end}" == period


@pytest.mark.parametrize(("cadence", "start", "cycle_day", "first", "second"), [
    (MONTH, "2011-02-14", 31, "2011-02-28", "2011-03-31"),
    (MONTH, "2011-02-17", 3, "2011-03-03", "2011-04-03"),
    (MONTH, "2011-02-03", 3, "2011-02-03", "2011-03-03"),
    (MONTH, "2011-02-28", 31, "2011-02-28", "2011-03-31"),
    (QUARTER, "2011-02-24", 10, "2011-05-10", "2011-08-10"),  # the month of the start counts
    (YEAR, "2011-01-10", 17, "2011-01-17", "2012-01-17"),
    (YEAR, "2024-02-29", None, "2024-02-29", "2025-02-28"),
    (WEEK, "2024-02-29", 1, "2024-03-04", "2024-03-11"),      # Mondays
    (WEEK, "2024-02-29", 4, "2024-02-29", "2024-03-07"),      # a Thursday itself
    (WEEK, "2024-02-29", 7, "2024-03-03", "2024-03-10"),      # Sundays
    (WEEK, "2024-02-29", None, "2024-02-29", "2024-03-07"),
    (DAY, "2024-02-29", None, "2024-02-29", "2024-03-01"),
])  # fmt: skip
def test_b8_a_cycle_day_given_apart_leaves_a_stub_before_it(
    cadence, start, cycle_day, first, second
):
    grid = anniversary(cadence, on(start), cycle_day)
    assert next_boundary(grid, on(start), inclusive=True) == on(first)
    assert next_boundary(grid, on(first)) == on(second)


@pytest.mark.parametrize(("cadence", "cycle_day"), [
    (MONTH, 0), (MONTH, 32), (WEEK, 0), (WEEK, 8), (DAY, 1),
])  # fmt: skip
def test_a_cycle_day_that_its_cadence_has_not_is_refused(cadence, cycle_day):
    with pytest.raises(CycleDayImpossible) as caught:
        anniversary(cadence, on("2024-01-01"), cycle_day)
    assert caught.value.fields == {"cycle_day": cycle_day, "unit": cadence.unit}


@given(cadences, dates)
def test_an_anniversary_begins_with_a_boundary(cadence, start):
    assert boundary(anniversary(cadence, start), 0) == start
    assert is_boundary(anniversary(cadence, start), start)


@given(dates, st.integers(1, 31))
def test_the_next_cycle_day_is_less_than_a_month_away(day, cycle_day):
    found = next_cycle_day(day, cycle_day)
    assert timedelta() <= found - day < timedelta(days=31)
    assert found == cycle_day_in_month(found, cycle_day)


@pytest.mark.parametrize(("day", "cycle_day", "in_month", "onwards"), [
    ("2022-07-19", 23, "2022-07-23", "2022-07-23"),
    ("2022-07-19", 17, "2022-07-17", "2022-08-17"),
    ("2022-02-19", 31, "2022-02-28", "2022-02-28"),
    ("2022-02-28", 31, "2022-02-28", "2022-02-28"),
    ("2022-01-31", 30, "2022-01-30", "2022-02-28"),
    ("2022-12-31", 30, "2022-12-30", "2023-01-30"),
])  # fmt: skip
def test_a_cycle_day_is_clamped_to_the_month_it_falls_in(day, cycle_day, in_month, onwards):
    assert cycle_day_in_month(on(day), cycle_day) == on(in_month)
    assert next_cycle_day(on(day), cycle_day) == on(onwards)
