"""Natural periods that turn into others: they meet, and nothing is billed twice (B10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.billing.subscriptions.contracts import FIRSTS, MONTH, day

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Proration, Stub
from trueup.billing.calendar.rules.alignment import next_cycle_day
from trueup.billing.calendar.rules.recurrence import recurrence_from
from trueup.billing.subscriptions.cycle import (
    Reach,
    Turn,
    anchored_anew,
    cadence_of,
    full_period,
    latest,
    period_at,
    share,
    starting_at,
    with_cadence,
)

TENTHS = Grid(MONTH, Anchor(2024, 3, 10))
TURN = Turn(FIRSTS, day("03-10"), TENTHS)


def test_the_period_in_which_it_turns_ends_there() -> None:
    assert period_at(TURN, day("02-15")) == Reach(day("02-01"), day("03-01"))
    assert period_at(TURN, day("03-05")) == Reach(day("03-01"), day("03-10"))
    assert period_at(TURN, day("03-10")) == Reach(day("03-10"), day("04-10"))


def test_a_part_is_measured_by_the_cycle_it_lies_in() -> None:
    """B7: nine days of March by the old one."""
    part = Reach(day("03-01"), day("03-10"))
    full = full_period(TURN, part, Stub.ANCHORED)
    assert full == Reach(day("03-01"), day("04-01"))
    assert share(TURN, part, full, Proration.DAY) == (9, 31)


def test_another_cadence_turns_at_the_same_point() -> None:
    quarters = with_cadence(TURN, Cadence(Interval.QUARTER))
    assert cadence_of(quarters).months == 3
    assert latest(quarters) == Grid(Cadence(Interval.QUARTER), Anchor(2024, 3, 10))
    assert period_at(quarters, day("03-09")).end == day("03-10")


def test_instants_keep_their_time_of_day() -> None:
    anchor = datetime(2024, 1, 31, 15, 30, tzinfo=UTC)
    cycle = recurrence_from(MONTH, anchor, UTC)
    period = period_at(cycle, datetime(2024, 3, 1, tzinfo=UTC))
    assert period == Reach(
        datetime(2024, 2, 29, 15, 30, tzinfo=UTC), datetime(2024, 3, 31, 15, 30, tzinfo=UTC)
    )
    half = Reach(period.start, period.start + timedelta(days=15, hours=12))
    assert share(cycle, half, period, Proration.SECOND).fraction.limit_denominator(2) == 0.5


@settings(deadline=None)
@given(
    st.integers(1, 31),
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 31)), max_size=4),
    st.sampled_from([Interval.WEEK, Interval.MONTH, Interval.QUARTER, Interval.YEAR]),
)
def test_periods_tile_time_however_often_they_turn(
    first_day: int, turns: list[tuple[int, int]], unit: Interval
) -> None:
    """No gap and no overlap, from the first turn to after the last."""
    start = date(2024, 1, 1)
    cycle: Grid | Turn = Grid(Cadence(unit), Anchor(2024, 1, first_day))
    for offset, cycle_day in sorted(turns):
        first = next_cycle_day(start + timedelta(days=offset), cycle_day)
        if isinstance(cycle, Turn) and first <= cycle.at:
            continue
        cycle = Turn(cycle, first, Grid(Cadence(unit), Anchor(first.year, first.month, cycle_day)))
    at, periods = start, []
    while at < date(2026, 6, 1):
        period = period_at(cycle, at)
        assert period.start <= at < period.end
        periods.append(period)
        at = period.end
    assert all(earlier.end == later.start for earlier, later in pairwise(periods))


QUARTERS = Grid(Cadence(Interval.QUARTER), Anchor(2024, 1, 10))


def test_quarters_are_counted_anew_from_the_month_of_a_change() -> None:
    """The day stays; months, which begin anyway, and cycles of instants are where they were."""
    anew = Grid(Cadence(Interval.QUARTER), Anchor(2024, 5, 10))
    assert anchored_anew(QUARTERS, day("05-20")) == anew
    assert anchored_anew(FIRSTS, day("05-20")) is FIRSTS
    moments = recurrence_from(Cadence(Interval.QUARTER), datetime(2024, 1, 10, tzinfo=UTC), UTC)
    assert anchored_anew(moments, datetime(2024, 5, 20, tzinfo=UTC)) is moments


def test_of_a_cycle_that_turned_the_part_a_change_lies_in_is_counted_anew() -> None:
    turned = Turn(QUARTERS, day("06-01"), FIRSTS)
    before = Turn(Grid(QUARTERS.cadence, Anchor(2024, 2, 10)), day("06-01"), FIRSTS)
    assert anchored_anew(turned, day("02-20")) == before
    assert anchored_anew(turned, day("06-01")) is FIRSTS
    again = Turn(FIRSTS, day("03-01"), QUARTERS)
    assert anchored_anew(again, day("05-20")) == Grid(QUARTERS.cadence, Anchor(2024, 5, 10))


def test_periods_that_start_anew_have_the_length_of_the_last_ones() -> None:
    assert starting_at(Turn(FIRSTS, day("03-01"), QUARTERS), day("05-20")) == Grid(
        QUARTERS.cadence, Anchor(2024, 5, 20)
    )
    at = datetime(2024, 5, 20, 8, 30, tzinfo=UTC)
    moments = recurrence_from(MONTH, datetime(2024, 1, 10, tzinfo=UTC), UTC)
    assert starting_at(moments, at) == recurrence_from(MONTH, at, UTC)
