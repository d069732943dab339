"""Days as people write them: whose midnight is meant, also where clocks are changed (B4, B5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import typer

from trueup.cli.moments import day, instant_of, minute, point, when


@pytest.mark.parametrize(
    ("written", "zone", "instant"),
    [
        ("2026-06-01", "UTC", "2026-06-01T00:00:00+00:00"),
        ("2026-06-01", "America/New_York", "2026-06-01T04:00:00+00:00"),
        ("2026-12-01", "America/New_York", "2026-12-01T05:00:00+00:00"),  # another offset in winter
        ("2026-06-01", "Pacific/Kiritimati", "2026-05-31T10:00:00+00:00"),
        # In Beirut midnight of that day is skipped: the day begins an hour later on the clock.
        ("2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00+00:00"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00+00:00"),  # skipped: half past three
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00+00:00"),  # twice: the first
        ("2026-06-01T09:30:00+02:00", "Asia/Tokyo", "2026-06-01T07:30:00+00:00"),  # as it says
        ("2026-06-01T00:00:00Z", "Asia/Tokyo", "2026-06-01T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_day_is_the_first_instant_in_the_zone_of_whom_it_is_about(written, zone, instant):
    meant = instant_of(when(written), zone)
    assert meant.isoformat() == instant
    assert meant.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-02-30", "1.6.2026"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(typer.BadParameter, match="write a day"):
        when(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", r"'2026-02-30' is no day or instant \(day is out of range for month\)"),
        ("2026-02-01T25:00", r"\(hour must be in 0..23\)"),
        ("soon", "'soon' is no day or instant; write"),
    ],
)
def test_what_is_no_day_is_named_with_the_reason_where_there_is_one(text, reason):
    with pytest.raises(typer.BadParameter, match=reason):
        when(text)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Beirut", "Pacific/Kiritimati"])
def test_a_day_that_is_written_is_the_day_that_is_shown(zone):
    for number in range(366):
        written = date(2026, 1, 1) + timedelta(days=number)
        assert day(instant_of(written, zone), zone) == written.isoformat()


def test_an_instant_is_shown_with_its_zone_and_nothing_as_nothing():
    at = datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert minute(at, "America/New_York") == "2026-06-01 00:00 EDT"
    assert (day(None, "UTC"), minute(None, None), point(None, None)) == ("", "", "")


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        (date(2026, 6, 1), "2026-06-01"),
        (datetime(2026, 6, 1, 4, tzinfo=UTC), "2026-06-01"),  # midnight there
        (datetime(2026, 6, 1, 5, 30, tzinfo=UTC), "2026-06-01 01:30 EDT"),
    ],
)
def test_points_of_a_contract_are_days_unless_it_is_prorated_by_the_second(of, shown):
    assert point(of, "America/New_York") == shown
