from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.billing.calendar.grids import (
    MONTH,
    QUARTER,
    WEEK,
    YEAR,
    dates,
    grids,
    instants,
    on,
    zones,
)

from trueup.billing.calendar.model import Proration, Share, Span
from trueup.billing.calendar.rules.proration import (
    days_30,
    share,
    share_of_instants,
    share_of_month,
)
from trueup.billing.calendar.rules.stepping import period_containing
from trueup.billing.calendar.rules.zones import zone
from trueup.kernel.period import Period

SECOND, DAY = Proration.SECOND, Proration.DAY
FIXED_30, ACTUAL_360 = Proration.FIXED_30_DAYS, Proration.ACTUAL_360


def span(text):
    start, end = text.split("..")
    return Span(on(start), on(end))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("part", "full", "cadence", "unit", "numerator", "denominator"), [
    ("2023-05-15..2023-05-23", "2023-05-01..2023-06-01", MONTH, DAY, 8, 31),
    ("2023-05-15..2023-05-23", "2023-05-01..2023-06-01", MONTH, SECOND, 8 * 86_400, 31 * 86_400),
    ("2023-05-15..2023-05-23", "2023-05-01..2023-06-01", MONTH, FIXED_30, 8, 30),
    ("2023-05-15..2023-05-23", "2023-05-01..2023-06-01", MONTH, ACTUAL_360, 8, 30),
    ("2023-05-23..2023-06-15", "2023-05-15..2023-06-15", MONTH, FIXED_30, 22, 30),   # 23 days, one a 31st
    ("2023-05-23..2023-06-15", "2023-05-15..2023-06-15", MONTH, ACTUAL_360, 23, 30),
    ("2023-02-23..2023-03-15", "2023-02-15..2023-03-15", MONTH, FIXED_30, 22, 30),   # 20 days, the 28th weighs 3
    ("2023-01-31..2023-02-01", "2023-01-01..2023-02-01", MONTH, FIXED_30, 0, 30),
    ("2023-01-01..2023-02-01", "2023-01-01..2023-02-01", MONTH, FIXED_30, 30, 30),
    ("2023-01-01..2023-02-01", "2023-01-01..2023-02-01", MONTH, ACTUAL_360, 31, 30),
    ("2023-02-14..2023-02-28", "2023-01-31..2023-02-28", MONTH, FIXED_30, 17, 30),   # the clamped end is a whole month away
    ("2023-01-31..2023-02-14", "2023-01-31..2023-02-28", MONTH, FIXED_30, 13, 30),
    ("2023-02-28..2023-03-30", "2023-02-28..2023-03-31", MONTH, FIXED_30, 30, 30),   # never more than the whole
    ("2023-02-15..2023-03-01", "2023-01-01..2023-04-01", QUARTER, FIXED_30, 16, 90),
    ("2024-02-15..2024-03-01", "2024-01-01..2025-01-01", YEAR, FIXED_30, 16, 360),
    ("2024-02-15..2024-03-01", "2024-01-01..2025-01-01", YEAR, ACTUAL_360, 15, 360),
    ("2024-02-15..2024-03-01", "2024-01-01..2025-01-01", YEAR, DAY, 15, 366),
    ("2024-02-29..2024-03-02", "2024-02-26..2024-03-04", WEEK, FIXED_30, 2, 7),      # weeks have no months
    ("2024-02-29..2024-03-02", "2024-02-26..2024-03-04", WEEK, ACTUAL_360, 2, 7),
    ("2024-02-29..2024-02-29", "2024-02-26..2024-03-04", WEEK, DAY, 0, 7),
])  # fmt: skip
def test_b6_b7_a_share_in_each_unit(part, full, cadence, unit, numerator, denominator):
    assert share(span(part), span(full), cadence, unit) == Share(numerator, denominator)


@pytest.mark.parametrize(("part", "full", "seconds", "of_seconds"), [
    ("2024-03-31..2024-04-01", "2024-03-01..2024-04-01", 23 * 3600, 31 * 86_400 - 3600),  # the day of 23 hours
    ("2024-10-27..2024-10-28", "2024-10-01..2024-11-01", 25 * 3600, 31 * 86_400 + 3600),
])  # fmt: skip
def test_b5_b6_by_the_second_the_lost_hour_counts_by_the_day_it_does_not(
    part, full, seconds, of_seconds
):
    paris = zone("Europe/Paris")
    assert share(span(part), span(full), MONTH, SECOND, paris) == Share(seconds, of_seconds)
    assert share(span(part), span(full), MONTH, DAY, paris) == Share(1, 31)


@pytest.mark.parametrize(("start", "end", "days"), [
    ("2023-05-15", "2023-05-23", 8),
    ("2023-05-23", "2023-06-15", 22),
    ("2023-02-28", "2023-03-01", 3),
    ("2024-02-29", "2024-03-01", 2),
    ("2023-01-31", "2023-02-01", 0),
    ("2022-12-31", "2024-01-31", 390),
    ("2023-01-15", "2023-01-15", 0),
])  # fmt: skip
def test_days_of_months_that_all_have_thirty(start, end, days):
    assert days_30(on(start), on(end)) == days


@pytest.mark.parametrize(("start", "end_inclusive", "actual", "actual_360", "strict_30_360"), [
    ("2021-01-05", "2021-01-09", "5/31", "5/30", "5/30"),
    ("2021-01-31", "2021-01-31", "1/31", "1/30", "0/30"),
    ("2021-02-28", "2021-02-28", "1/28", "1/30", "3/30"),
    ("2020-02-10", "2020-02-29", "20/29", "20/30", "21/30"),
    ("2021-04-01", "2021-04-30", "30/30", "30/30", "30/30"),
    ("2021-12-01", "2021-12-31", "31/31", "31/30", "30/30"),
    ("2021-01-27", "2021-02-05", "10/31", "10/30", "9/30"),  # beyond the month it begins in
])  # fmt: skip
def test_b6_a_month_is_prorated_by_three_methods(
    start, end_inclusive, actual, actual_360, strict_30_360
):
    part = Span(on(start), on(end_inclusive) + timedelta(days=1))
    for unit, expected in zip(
        (DAY, ACTUAL_360, FIXED_30), (actual, actual_360, strict_30_360), strict=True
    ):
        found = share_of_month(part, unit)
        assert f"{found.numerator}/{found.denominator}" == expected


@given(grids, dates, st.lists(st.integers(0, 5000), max_size=6), st.sampled_from(Proration), zones)
def test_b6_shares_of_adjacent_parts_sum_to_the_share_of_all(grid, day, cuts, unit, where):
    """To the whole in every unit but ACTUAL_360, to which a month of 31 days is 31/30."""
    full = period_containing(grid, day)
    days = sorted({0, full.days, *(cut % (full.days + 1) for cut in cuts)})
    edges = [full.start + timedelta(days=n) for n in days]
    parts = [
        share(Span(start, end), full, grid.cadence, unit, where) for start, end in pairwise(edges)
    ]
    whole = share(full, full, grid.cadence, unit, where)
    assert {part.denominator for part in parts} == {whole.denominator}
    assert sum(part.numerator for part in parts) == whole.numerator
    assert all(part.numerator >= 0 for part in parts)
    if unit is not ACTUAL_360 or not grid.cadence.months:
        assert whole.is_whole


@given(
    st.lists(instants, min_size=3, max_size=6, unique=True), zones, st.sampled_from([SECOND, DAY])
)
def test_b6_shares_between_instants_sum_to_the_whole(points, where, unit):
    first, *inner, last = sorted(points)
    full = Period(first, last)
    edges = [first, *inner, last]
    parts = [
        share_of_instants(Period(start, end), full, MONTH, unit, where)
        for start, end in pairwise(edges)
    ]
    if all(part.denominator for part in parts):
        assert sum((part.fraction for part in parts), Fraction()) == 1


@pytest.mark.parametrize(("part", "seconds", "of_seconds"), [
    (("2024-01-16T12:00:00", "2024-02-01T00:00:00"), 1_339_200, 2_678_400),
    (("2024-01-31T23:59:59", "2024-02-01T00:00:00"), 1, 2_678_400),
    (("2024-01-31T23:59:59.500000", "2024-02-01T00:00:00"), 500_000, 2_678_400_000_000),  # in microseconds
])  # fmt: skip
def test_b6_a_share_between_instants_is_exact(part, seconds, of_seconds):
    full = Period(utc("2024-01-01T00:00"), utc("2024-02-01T00:00"))
    found = share_of_instants(Period(*map(utc, part)), full, MONTH, SECOND, UTC)
    assert found == Share(seconds, of_seconds)
    assert {type(count) for count in found} == {int}


def test_b4_between_instants_days_are_those_of_the_zone():
    """22:00 in London is already tomorrow in Kolkata."""
    full = Period(utc("2023-12-31T18:30"), utc("2024-01-31T18:30"))
    late = Period(utc("2024-01-30T18:29"), full.end)
    assert share_of_instants(late, full, MONTH, DAY, zone("Asia/Kolkata")) == Share(2, 31)
    assert share_of_instants(late, full, MONTH, FIXED_30, zone("Asia/Kolkata")) == Share(1, 30)
    assert share_of_instants(late, full, MONTH, DAY, UTC) == Share(1, 31)


def test_a_share_keeps_what_was_counted():
    assert Share(14, 28).fraction == Fraction(1, 2)
    assert Share(14, 28) != Share(1, 2)
    assert Share(28, 28).is_whole
    assert not Share(14, 28).is_whole


@given(dates, dates)
def test_days_of_thirty_are_a_difference_of_positions(start, end):
    assert days_30(start, end) == -days_30(end, start)
    assert days_30(start, date(2000, 1, 1)) + days_30(date(2000, 1, 1), end) == days_30(start, end)
