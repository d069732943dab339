from __future__ import annotations

from datetime import timedelta
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
    on,
    schedules,
)

from trueup.billing.calendar.errors import DatesBackwards
from trueup.billing.calendar.model import Anchor, BillingPeriod, Grid, Schedule, Span, Stub, Timing
from trueup.billing.calendar.rules.alignment import anniversary, calendar_aligned
from trueup.billing.calendar.rules.billing import (
    billing_period_containing,
    billing_periods,
    due_periods,
    full_period,
    realigned,
)
from trueup.billing.calendar.rules.stepping import period_containing

ADVANCE, ARREARS = Timing.IN_ADVANCE, Timing.IN_ARREARS


def schedule(start, end=None, cycle_day=None, cadence=MONTH, stub=Stub.ANCHORED):
    return Schedule(anniversary(cadence, on(start), cycle_day), on(start), end and on(end), stub)


def shown(periods):
    return " ".join(
        f"{span.start:%m-%d}..{span.end:%m-%d}" + ("" if span == full else f"/{full.days}")
        for span, full in periods
    )


@pytest.mark.parametrize(("start", "end", "cycle_day", "stub", "periods"), [
    # a first part, whole periods, a last part; each part with the days of its full period
    ("2011-02-14", "2011-05-10", 31, Stub.ANCHORED,            "02-14..02-28/28 02-28..03-31 03-31..04-30 04-30..05-10/31"),
    ("2011-02-14", "2011-05-10", 31, Stub.COUNTED_FROM_EDGE,   "02-14..02-28/31 02-28..03-31 03-31..04-30 04-30..05-10/30"),
    ("2011-02-14", "2011-05-10", 31, Stub.COUNTED_FROM_START,  "02-14..02-28/28 02-28..03-31 03-31..04-30 04-30..05-10/31"),
    ("2011-03-14", "2011-04-10", 31, Stub.COUNTED_FROM_START,  "03-14..03-31/31 03-31..04-10/30"),
    # cut on both sides
    ("2023-01-10", "2023-01-20", 5, Stub.ANCHORED,             "01-10..01-20/31"),
    ("2023-03-10", "2023-03-20", 5, Stub.COUNTED_FROM_EDGE,    "03-10..03-20/28"),
    ("2023-02-10", "2023-02-20", 5, Stub.COUNTED_FROM_START,   "02-10..02-20/28"),
    ("2023-01-05", "2023-01-05", 5, Stub.ANCHORED,             ""),
])  # fmt: skip
def test_b7_b8_a_part_is_measured_by_a_full_natural_period(start, end, cycle_day, stub, periods):
    found = billing_periods(schedule(start, end, cycle_day, stub=stub), on("2030-01-01"))
    assert shown(found) == periods


@pytest.mark.parametrize(("stub", "full"), [
    (Stub.ANCHORED, "2011-01-31..2011-02-28"),
    (Stub.COUNTED_FROM_EDGE, "2011-01-28..2011-02-28"),   # Kill Bill: back from the clamped day
    (Stub.COUNTED_FROM_START, "2011-02-14..2011-03-14"),  # Stripe: the imagined period starts with the stub
])  # fmt: skip
def test_b8_the_imagined_period_of_a_first_part(stub, full):
    grid = Grid(MONTH, Anchor(2011, 1, 31))
    found = full_period(grid, Span(on("2011-02-14"), on("2011-02-28")), stub)
    assert f"{found.start}..{found.end}" == full


@pytest.mark.parametrize("stub", Stub)
def test_b7_a_whole_period_is_its_own_measure(stub):
    grid = Grid(MONTH, Anchor(2011, 1, 31))
    whole = Span(on("2011-02-28"), on("2011-03-31"))
    assert full_period(grid, whole, stub) == whole


@pytest.mark.parametrize(("timing", "run_on", "periods"), [
    (ADVANCE, "2012-07-15", ""),                                   # has not begun
    (ADVANCE, "2012-07-16", "07-16..08-15/31"),
    (ADVANCE, "2012-08-14", "07-16..08-15/31"),
    (ADVANCE, "2012-08-15", "07-16..08-15/31 08-15..09-15"),
    (ADVANCE, "2012-09-30", "07-16..08-15/31 08-15..09-15 09-15..09-20/30"),
    (ARREARS, "2012-08-14", ""),
    (ARREARS, "2012-08-15", "07-16..08-15/31"),
    (ARREARS, "2012-09-19", "07-16..08-15/31 08-15..09-15"),
    (ARREARS, "2012-09-20", "07-16..08-15/31 08-15..09-15 09-15..09-20/30"),  # ended with the schedule
])  # fmt: skip
def test_a_period_is_due_as_it_begins_or_once_it_has_ended(timing, run_on, periods):
    assert (
        shown(due_periods(schedule("2012-07-16", "2012-09-20", 15), on(run_on), timing)) == periods
    )


@pytest.mark.parametrize(("after", "periods"), [
    (None, "01-31..02-28 02-28..03-31 03-31..04-30"),
    ("2023-01-01", "01-31..02-28 02-28..03-31 03-31..04-30"),  # before the start
    ("2023-02-28", "02-28..03-31 03-31..04-30"),
    ("2023-03-20", "03-20..03-31/31 03-31..04-30"),            # the rest of a period
    ("2023-04-30", ""),
    ("2024-01-01", ""),                                        # after the end
])  # fmt: skip
def test_b11_what_was_missed_is_billed_once_in_order(after, periods):
    due = due_periods(
        schedule("2023-01-31", "2023-04-30"), on("2023-06-01"), ADVANCE, after=after and on(after)
    )
    assert shown(due) == periods


@given(schedules(), st.integers(1, 500))
def test_b3_billed_time_has_no_gap_and_no_overlap(schedule, length):
    """From the first day to the last, whatever the grid, the start and the end."""
    until = schedule.start + timedelta(days=length)
    periods = list(billing_periods(schedule, until))
    reach = until if schedule.end is None else min(until, schedule.end)
    assert all(one.span.end == other.span.start for one, other in pairwise(periods))
    assert all(billed.span.start < billed.span.end for billed in periods)
    if schedule.start < reach:
        assert periods[0].span.start == schedule.start
        assert periods[-1].span.start < reach <= periods[-1].span.end
    else:
        assert periods == []
    if schedule.end is not None and periods:
        assert periods[-1].span.end <= schedule.end


@given(schedules(), dates)
def test_the_period_of_a_day_is_the_one_that_is_billed(schedule, day):
    found = billing_period_containing(schedule, day)
    is_inside = schedule.start <= day and (schedule.end is None or day < schedule.end)
    assert (found is not None) is is_inside
    if found is not None:
        assert found.span.contains(day)
        assert found.is_partial is (found.span != period_containing(schedule.grid, day))


@given(schedules(), st.sampled_from(Timing), st.integers(-5, 300), st.integers(0, 300))
def test_b11_two_runs_bill_what_one_would_have(schedule, timing, first, more):
    """Charged through the first run's last period, the second bills the rest: nothing twice, nothing skipped."""
    early = schedule.start + timedelta(days=first)
    late = early + timedelta(days=more)
    billed = due_periods(schedule, early, timing)
    through = billed[-1].span.end if billed else None
    rest = due_periods(schedule, late, timing, after=through)
    assert [*billed, *rest] == due_periods(schedule, late, timing)
    assert due_periods(schedule, early, timing, after=through) == []


@given(schedules(), grids, st.integers(0, 300))
def test_b10_a_change_of_alignment_leaves_no_gap_and_no_overlap(schedule, grid, days):
    on_day = schedule.start + timedelta(days=days)
    if schedule.end is not None and on_day > schedule.end:
        with pytest.raises(DatesBackwards):
            realigned(schedule, on_day, grid)
        return
    before, after = realigned(schedule, on_day, grid)
    until = on_day + timedelta(days=400)
    spans = [billed.span for part in (before, after) for billed in billing_periods(part, until)]
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert [span.start for span in spans[:1]] in ([], [schedule.start])
    assert all(span.end <= on_day or span.start >= on_day for span in spans)


def test_b10_the_cycle_day_moves_from_the_15th_to_the_20th():
    before, after = realigned(
        schedule("2023-01-15"), on("2023-03-15"), anniversary(MONTH, on("2023-03-15"), 20)
    )
    assert shown(billing_periods(before, on("2024-01-01"))) == "01-15..02-15 02-15..03-15"
    assert (
        shown(billing_periods(after, on("2023-05-01")))
        == "03-15..03-20/28 03-20..04-20 04-20..05-20"
    )


def test_b10_an_order_before_the_start_is_refused():
    with pytest.raises(DatesBackwards):
        realigned(schedule("2023-01-15"), on("2023-01-14"), anniversary(MONTH, on("2023-01-14")))


def test_b9_each_cadence_is_measured_by_its_own_period():
    """A yearly fee on a monthly cycle: its part is of 366 days, the month's of 29."""
    start, end = on("2024-02-10"), on("2024-02-20")
    parts = [
        Schedule(calendar_aligned(cadence, start), start, end)
        for cadence in (MONTH, YEAR, QUARTER, WEEK)
    ]
    assert [shown(billing_periods(part, end)) for part in parts] == [
        "02-10..02-20/29", "02-10..02-20/366", "02-10..02-20/91", "02-10..02-12/7 02-12..02-19 02-19..02-20/7",
    ]  # fmt: skip


def test_a_period_is_partial_when_it_is_not_all_of_its_full_one():
    whole = Span(on("2023-01-01"), on("2023-02-01"))
    assert not BillingPeriod(whole, whole).is_partial
    assert BillingPeriod(Span(on("2023-01-02"), on("2023-02-01")), whole).is_partial


def test_a_schedule_does_not_end_before_it_starts():
    with pytest.raises(DatesBackwards) as caught:
        schedule("2023-01-02", "2023-01-01")
    assert caught.value.fields == {"start": "2023-01-02", "end": "2023-01-01"}
