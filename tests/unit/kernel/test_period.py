from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kernel.errors import Defect
from trueup.kernel.period import Period, PeriodBackwards


def day(number):
    return datetime(2026, 1, number, tzinfo=UTC)


def span(start, end):
    return Period(day(start), day(end))


periods = (
    st.tuples(st.integers(1, 30), st.integers(1, 30))
    .filter(lambda d: d[0] < d[1])
    .map(lambda d: span(*d))
)


@pytest.mark.parametrize(("start", "end"), [(2, 1), (1, 1)])
def test_a_period_that_ends_before_it_starts_is_refused(start, end):
    with pytest.raises(PeriodBackwards) as caught:
        span(start, end)
    assert caught.value.fields == {"start": day(start), "end": day(end)}


@pytest.mark.parametrize(("start", "end"), [
    (datetime(2026, 1, 1), day(2)),
    (day(1), datetime(2026, 1, 2)),
])  # fmt: skip
def test_a_local_time_without_zone_makes_no_period(start, end):
    with pytest.raises(Defect):
        Period(start, end)


def test_the_end_belongs_to_the_next_period():
    assert [span(1, 3).contains(day(n)) for n in (1, 2, 3)] == [True, True, False]
    assert span(1, 3).contains(day(3) - timedelta(microseconds=1))
    assert span(1, 3).duration == timedelta(days=2)


@pytest.mark.parametrize(("one", "other", "shared"), [
    ((1, 3), (3, 5), None),        # touching shares nothing
    ((1, 3), (4, 5), None),
    ((1, 4), (3, 5), (3, 4)),
    ((1, 9), (3, 5), (3, 5)),
    ((1, 3), (1, 3), (1, 3)),
])  # fmt: skip
def test_two_periods_share_what_both_cover(one, other, shared):
    expected = span(*shared) if shared else None
    assert (
        span(*one).intersection(span(*other)) == span(*other).intersection(span(*one)) == expected
    )
    assert span(*one).overlaps(span(*other)) is (shared is not None)


@given(periods, periods, st.integers(1, 30).map(day))
def test_an_instant_is_shared_exactly_when_both_contain_it(one, other, instant):
    shared = one.intersection(other)
    is_in_shared = shared is not None and shared.contains(instant)
    assert is_in_shared is (one.contains(instant) and other.contains(instant))
