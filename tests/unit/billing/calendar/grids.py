"""Grids, schedules and zones to draw from, and dates written as a person writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from trueup.billing.calendar.model import Anchor, Cadence, Grid, Interval, Schedule, Stub
from trueup.billing.calendar.rules.zones import zone

MONTH = Cadence(Interval.MONTH)
QUARTER = Cadence(Interval.QUARTER)
YEAR = Cadence(Interval.YEAR)
WEEK = Cadence(Interval.WEEK)
DAY = Cadence(Interval.DAY)

# Midnights skipped, doubled and passed over; half-hour changes; a day that never was.
ODD_ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/Havana",  # falls back from 01:00 to 00:00: midnight comes twice
    "America/Sao_Paulo",  # sprang forward at midnight: no midnight
    "America/St_Johns",  # fell back at 00:01 to 23:01 of the day before
    "America/Toronto",  # 1919 sprang forward at 23:30
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Apia",  # skipped 30 December 2011 whole
    "Africa/Casablanca",
    "Etc/GMT+8",
)

dates = st.dates(date(1900, 1, 1), date(2150, 1, 1))
cadences = st.builds(
    Cadence,
    st.sampled_from([unit for unit in Interval if unit != Interval.ONCE]),
    st.integers(1, 14),
)
anchors = st.builds(Anchor, st.integers(1950, 2090), st.integers(1, 12), st.integers(1, 31))
grids = st.builds(Grid, cadences, anchors)
zones = st.sampled_from(ODD_ZONES).map(zone)
instants = st.datetimes(datetime(1910, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@st.composite
def schedules(draw):
    start = draw(dates)
    length = draw(st.none() | st.integers(0, 800))
    return Schedule(
        draw(grids),
        start,
        None if length is None else start + timedelta(days=length),
        draw(st.sampled_from(Stub)),
    )


def on(text):
    return date.fromisoformat(text)
