from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.calendar.grids import (
    DAY,
    MONTH,
    QUARTER,
    WEEK,
    YEAR,
    cadences,
    dates,
    grids,
    on,
)

from trueup.billing.calendar.errors import CadenceImpossible, CycleDayImpossible, DatesBackwards
from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Span, span
from trueup.billing.calendar.rules.stepping import (
    boundary,
    day_in_month,
    index_at,
    is_boundary,
    next_boundary,
    period,
    period_containing,
    periods_between,
    previous_boundary,
    step,
    whole_periods,
)

TWO_WEEKS = Cadence(Interval.WEEK, 2)
THIRTY_DAYS = Cadence(Interval.DAY, 30)


@pytest.mark.parametrize(("cadence", "anchor", "boundaries"), [
    (MONTH, (2023, 1, 31), "2022-11-30 2022-12-31 2023-01-31 2023-02-28 2023-03-31 2023-04-30"),
    (MONTH, (2024, 1, 30), "2023-11-30 2023-12-30 2024-01-30 2024-02-29 2024-03-30 2024-04-30"),
    (MONTH, (2024, 1, 29), "2023-11-29 2023-12-29 2024-01-29 2024-02-29 2024-03-29 2024-04-29"),
    (MONTH, (1900, 1, 29), "1899-11-29 1899-12-29 1900-01-29 1900-02-28 1900-03-29 1900-04-29"),  # no leap century
    (MONTH, (2000, 1, 29), "1999-11-29 1999-12-29 2000-01-29 2000-02-29 2000-03-29 2000-04-29"),  # a leap century
    (QUARTER, (2022, 11, 30), "2022-05-30 2022-08-30 2022-11-30 2023-02-28 2023-05-30 2023-08-30"),
    (YEAR, (2024, 2, 29), "2022-02-28 2023-02-28 2024-02-29 2025-02-28 2026-02-28 2027-02-28"),
    (YEAR, (2023, 2, 29), "2021-02-28 2022-02-28 2023-02-28 2024-02-29 2025-02-28 2026-02-28"),
    (Cadence(Interval.YEAR, 2), (2024, 2, 29), "2020-02-29 2022-02-28 2024-02-29 2026-02-28 2028-02-29 2030-02-28"),
    (Cadence(Interval.MONTH, 5), (2023, 3, 31), "2022-05-31 2022-10-31 2023-03-31 2023-08-31 2024-01-31 2024-06-30"),
    (WEEK, (2024, 2, 26), "2024-02-12 2024-02-19 2024-02-26 2024-03-04 2024-03-11 2024-03-18"),
    (TWO_WEEKS, (2023, 2, 31), "2023-01-31 2023-02-14 2023-02-28 2023-03-14 2023-03-28 2023-04-11"),
    (DAY, (2023, 12, 31), "2023-12-29 2023-12-30 2023-12-31 2024-01-01 2024-01-02 2024-01-03"),
    (THIRTY_DAYS, (2016, 4, 8), "2016-02-08 2016-03-09 2016-04-08 2016-05-08 2016-06-07 2016-07-07"),
])  # fmt: skip
def test_b1_b2_the_anchors_day_comes_back_after_a_short_month_or_year(cadence, anchor, boundaries):
    grid = Grid(cadence, Anchor(*anchor))
    assert [boundary(grid, n) for n in range(-2, 4)] == [on(text) for text in boundaries.split()]


@pytest.mark.parametrize(("month", "days"), [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31)])  # fmt: skip
def test_the_31st_is_the_end_of_every_month(month, days):
    assert day_in_month(2023 * 12 + month - 1, 31) == date(2023, month, days)
    assert day_in_month(2023 * 12 + month - 1, 28) == date(2023, month, 28)


@given(grids, dates)
def test_b1_every_date_lies_in_exactly_one_period(grid, day):
    n = index_at(grid, day)
    assert boundary(grid, n) <= day < boundary(grid, n + 1)
    assert (
        period_containing(grid, day)
        == period(grid, n)
        == (boundary(grid, n), boundary(grid, n + 1))
    )


@given(grids, st.integers(-100, 100))
def test_b3_periods_meet_without_gap_or_overlap(grid, n):
    """The end of one is the start of the next, and the next's number contains it."""
    assert period(grid, n).end == period(grid, n + 1).start
    assert boundary(grid, n) < boundary(grid, n + 1)
    assert index_at(grid, boundary(grid, n)) == n
    assert index_at(grid, boundary(grid, n + 1) - timedelta(days=1)) == n


@given(grids, st.integers(-100, 100))
def test_b1_a_boundary_is_never_later_than_the_anchors_day_and_early_only_at_a_month_end(grid, n):
    found = boundary(grid, n)
    is_month_end = (found + timedelta(days=1)).day == 1
    if grid.cadence.months:
        assert found.day == grid.anchor.day or (found.day < grid.anchor.day and is_month_end)


@given(cadences, st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(-100, 100))
def test_stepping_there_and_back_returns_where_no_month_end_was_cut(cadence, start, count):
    there = step(start, cadence, count)
    if there.day == start.day or not cadence.months:
        assert step(there, cadence, -count) == start
    else:
        assert (
            step(there, cadence, -count) <= start
        )  # what a short month cut off is not known any more


@given(
    cadences,
    st.dates(date(1950, 1, 1), date(2090, 1, 1)),
    st.integers(-40, 40),
    st.integers(-40, 40),
)
def test_steps_from_one_anchor_are_in_order(cadence, start, one, other):
    assert (step(start, cadence, one) < step(start, cadence, other)) is (one < other)


@pytest.mark.parametrize(("day", "inclusive", "before", "after"), [
    ("2023-02-28", False, "2023-01-31", "2023-03-31"),  # on a boundary
    ("2023-02-28", True, "2023-02-28", "2023-02-28"),
    ("2023-03-01", False, "2023-02-28", "2023-03-31"),  # between two
    ("2023-03-01", True, "2023-02-28", "2023-03-31"),
    ("2023-03-30", True, "2023-02-28", "2023-03-31"),
])  # fmt: skip
def test_boundaries_before_and_after_a_date(day, inclusive, before, after):
    grid = Grid(MONTH, Anchor(2022, 10, 31))
    assert previous_boundary(grid, on(day), inclusive=inclusive) == on(before)
    assert next_boundary(grid, on(day), inclusive=inclusive) == on(after)
    assert is_boundary(grid, on(day)) is (day == "2023-02-28")


@pytest.mark.parametrize(("start", "end", "periods"), [
    ("2023-01-31", "2023-02-28", ["2023-01-31..2023-02-28"]),
    ("2023-02-01", "2023-03-01", ["2023-01-31..2023-02-28", "2023-02-28..2023-03-31"]),
    ("2023-02-28", "2023-03-01", ["2023-02-28..2023-03-31"]),
    ("2023-02-28", "2023-02-28", []),
    ("2023-03-01", "2023-03-01", []),
    ("2023-03-01", "2023-02-28", []),
])  # fmt: skip
def test_periods_between_are_the_whole_ones_that_overlap(start, end, periods):
    found = periods_between(Grid(MONTH, Anchor(2023, 1, 31)), on(start), on(end))
    assert [f"{span.start}..{span.end}" for span in found] == periods


@pytest.mark.parametrize(("cadence", "start", "end", "count"), [
    (MONTH, "2012-07-16", "2012-09-17", 2),
    (MONTH, "2012-07-16", "2012-09-15", 1),
    (MONTH, "2023-01-31", "2023-02-28", 1),  # February's end completes the month
    (MONTH, "2023-01-31", "2023-02-27", 0),
    (MONTH, "2012-09-17", "2012-07-16", -2),
    (MONTH, "2012-07-16", "2012-07-16", 0),
    (YEAR, "2024-02-29", "2025-02-28", 1),
    (TWO_WEEKS, "2024-01-01", "2024-01-28", 1),
])  # fmt: skip
def test_whole_periods_count_those_that_have_ended(cadence, start, end, count):
    assert whole_periods(cadence, on(start), on(end)) == count


@pytest.mark.parametrize(("unit", "count"), [
    (Interval.MONTH, 0),
    (Interval.DAY, -1),
    (Interval.ONCE, 1),
    (Interval.YEAR, 101),
    (Interval.QUARTER, 401),
    (Interval.WEEK, 5219),
])  # fmt: skip
def test_a_cadence_that_never_comes_round_is_refused(unit, count):
    with pytest.raises(CadenceImpossible) as caught:
        Cadence(unit, count)
    assert caught.value.fields == {"unit": unit, "count": count}
    assert str(count) in caught.value.sentence
    assert caught.value.fix


@pytest.mark.parametrize(("unit", "count", "months", "days"), [
    (Interval.DAY, 30, 0, 30),
    (Interval.WEEK, 2, 0, 14),
    (Interval.MONTH, 6, 6, 0),
    (Interval.QUARTER, 2, 6, 0),
    (Interval.YEAR, 3, 36, 0),
    (Interval.YEAR, 100, 1200, 0),
    (Interval.DAY, 36525, 0, 36525),
])  # fmt: skip
def test_a_cadence_is_counted_in_months_or_in_days(unit, count, months, days):
    assert (Cadence(unit, count).months, Cadence(unit, count).days) == (months, days)


@pytest.mark.parametrize("day", [0, 32, -1])
def test_an_anchor_has_a_day_that_some_month_has(day):
    with pytest.raises(CycleDayImpossible) as caught:
        Anchor(2024, 1, day)
    assert caught.value.fields == {"cycle_day": day, "unit": "month"}
    assert Anchor(2024, 2, 31) == Anchor(2024, 2, 31)


def test_b3_a_span_is_half_open_and_does_not_run_backwards():
    week = span(on("2024-02-26"), on("2024-03-04"))
    assert week.days == 7
    assert [
        week.contains(on(day)) for day in ("2024-02-25", "2024-02-26", "2024-03-03", "2024-03-04")
    ] == [False, True, True, False]
    assert span(on("2024-01-01"), on("2024-01-01")) == Span(on("2024-01-01"), on("2024-01-01"))
    with pytest.raises(DatesBackwards) as caught:
        span(on("2024-01-02"), on("2024-01-01"))
    assert caught.value.fields == {"start": "2024-01-02", "end": "2024-01-01"}
