"""From imported rows to periods and ends of service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.unit.migration.backtest.histories import at, percent

from trueup.billing.calendar.model import Cadence, Interval
from trueup.billing.calendar.rules.recurrence import period_containing
from trueup.migration.backtest.rules.selling import cycle_of, ends_at, in_history, still_counting

MONTHLY = Cadence(Interval.MONTH)
NEW_YORK = ZoneInfo("America/New_York")


def row(**facts: Any) -> Any:
    known = {
        "anchor_day": None,
        "current_period_start": None,
        "current_period_end": None,
        "trial_end_at": None,
        "status": "active",
        "ended_at": None,
        "paused_at": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
    }
    return SimpleNamespace(**known | facts)


@pytest.mark.parametrize(
    ("what", "facts", "start", "end"),
    [
        ("as it began", {}, "03-15", "04-15"),
        ("its running period agrees", {"current_period_start": at("02-15")}, "03-15", "04-15"),
        ("it moved", {"current_period_start": at("03-03")}, "03-03", "04-03"),
        ("in trial", {"current_period_start": at("01-03"), "trial_end_at": at("01-15")}, "03-15", "04-15"),
    ],
)  # fmt: skip
def test_periods_hang_on_the_first_bill_or_on_where_the_source_moved(
    what: str, facts: dict[str, Any], start: str, end: str
) -> None:
    cycle = cycle_of(MONTHLY, at("01-15"), row(**facts), ZoneInfo("UTC"))
    period = period_containing(cycle, at("03-20"))
    assert (period.start, period.end) == (at(start), at(end)), what


def test_a_short_month_does_not_move_the_anchor() -> None:
    """Begun on 28 February by a source that says the anchor is the 31st."""
    cycle = cycle_of(MONTHLY, at("02-28"), row(anchor_day=31), ZoneInfo("UTC"))
    assert period_containing(cycle, at("03-20")).end == at("03-31")


def test_periods_keep_the_sources_time_of_day_across_daylight_saving() -> None:
    cycle = cycle_of(MONTHLY, at("2026-02-20T15:00"), row(), NEW_YORK)
    period = period_containing(cycle, at("2026-03-01T00:00"))
    assert (period.start, period.end) == (at("2026-02-20T15:00"), at("2026-03-20T14:00"))


@pytest.mark.parametrize(
    ("what", "facts", "end"),
    [
        ("runs on", {}, None),
        ("ended", {"ended_at": at("03-02"), "cancel_at": at("04-01")}, at("03-02")),
        ("paused", {"status": "paused", "paused_at": at("03-02")}, at("03-02")),
        ("was paused once", {"paused_at": at("03-02")}, None),
        ("with its period", {"cancel_at_period_end": True, "current_period_end": at("04-15")}, at("04-15")),
        ("on a day", {"cancel_at": at("04-20")}, at("04-20")),
    ],
)  # fmt: skip
def test_service_ends_when_the_source_says(what: str, facts: dict[str, Any], end: object) -> None:
    assert ends_at(row(**facts)) == end, what


def test_uses_left_bound_what_comes_and_not_what_was() -> None:
    used_up = percent("10", uses_left=0)
    assert still_counting([used_up]) == ()
    assert [d.uses_left for d in in_history([used_up])] == [None]
