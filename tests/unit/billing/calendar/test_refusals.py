from __future__ import annotations

import pytest

from trueup.billing.calendar.errors import (
    CadenceImpossible,
    CycleDayImpossible,
    DatesBackwards,
    TimeZoneUnknown,
)


@pytest.mark.parametrize(("refusal", "sentence", "fix"), [
    (
        CadenceImpossible(unit="month", count=0),
        "Nothing can recur every 0 times one month.",
        "Give at least one day, week, month, quarter or year, and at most a hundred years.",
    ),
    (
        CycleDayImpossible(cycle_day=32, unit="month"),
        "Day 32 is no cycle day of a cadence of the unit month.",
        "Give 1 to 31 for months, quarters and years, 1 (Monday) to 7 for weeks, none for days.",
    ),
    (
        TimeZoneUnknown(time_zone="Mars/Olympus"),
        "There is no time zone 'Mars/Olympus'.",
        "Give a name of the tz database, as Europe/Paris.",
    ),
    (
        DatesBackwards(start="2024-01-02", end="2024-01-01"),
        "A span that starts on 2024-01-02 cannot end on 2024-01-01.",
        "Give an end on or after the start.",
    ),
])  # fmt: skip
def test_a_refusal_says_what_is_wrong_and_what_to_do(refusal, sentence, fix):
    assert (refusal.sentence, refusal.fix) == (sentence, fix)
