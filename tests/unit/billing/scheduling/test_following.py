"""When the next bill run begins: after downtime, and where a zone's clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.billing.calendar.errors import TimeZoneUnknown
from trueup.billing.scheduling.model import Daily, Every
from trueup.billing.scheduling.rules import following


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SET = at("2026-01-01T00:10")
HOURLY = Every(timedelta(hours=1))
BERLIN = Daily((time(2, 30),), "Europe/Berlin")
TWICE = Daily((time(6), time(18)), "UTC")

CASES = [
    # rhythm, after, next
    (HOURLY, "2026-01-01T00:10", "2026-01-01T01:10"),  # never the same moment again
    (HOURLY, "2026-01-01T05:00", "2026-01-01T05:10"),  # five were missed: one follows
    (HOURLY, "2026-01-01T05:10", "2026-01-01T06:10"),
    (TWICE, "2026-01-01T05:59", "2026-01-01T06:00"),
    (TWICE, "2026-01-01T06:00", "2026-01-01T18:00"),
    (TWICE, "2026-01-03T19:00", "2026-01-04T06:00"),
    (BERLIN, "2026-01-10T01:00", "2026-01-10T01:30"),  # 02:30 in winter
    (BERLIN, "2026-07-10T01:00", "2026-07-11T00:30"),  # 02:30 in summer
    (BERLIN, "2026-03-29T00:00", "2026-03-29T01:30"),  # skipped: as long after the change
    (BERLIN, "2026-10-25T00:30", "2026-10-26T01:30"),  # comes twice, counts once
    (Daily((time(0),), "Pacific/Kiritimati"), "2026-01-01T09:59", "2026-01-01T10:00"),
    (
        Daily((time(0),), "Pacific/Apia"),
        "2011-12-29T11:00",
        "2011-12-30T10:00",
    ),  # a day that never was
]


@pytest.mark.parametrize(("rhythm", "after", "expected"), CASES)
def test_the_next_run_follows(rhythm, after, expected):
    """B4, B5."""
    assert following(rhythm, SET, at(after)) == at(expected)


@given(
    st.sampled_from([HOURLY, TWICE, BERLIN, Every(timedelta(days=7))]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_it_is_later_and_nothing_lies_between(rhythm, naive):
    after = naive.replace(tzinfo=UTC)
    found = following(rhythm, SET, after)
    assert found > after
    assert following(rhythm, SET, found - timedelta(microseconds=1)) == found
    assert after + timedelta(days=8) > found


def test_an_unknown_zone_is_refused():
    with pytest.raises(TimeZoneUnknown):
        following(Daily((time(2),), "Europe/Atlantis"), SET, SET)
