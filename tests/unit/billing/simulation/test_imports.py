"""Subscriptions taken over while they run: their state, period and count of periods."""

from __future__ import annotations

from typing import Any

import pytest

from trueup.billing.simulation.service import simulate

PLAN = {"amount": "35.00", "interval": "month", "billing": "in_advance"}


def imported(**given: Any) -> dict[str, Any]:
    case = {
        "id": "i",
        "kind": "import",
        "convention": "meteroid-day",
        "input": {"plan": PLAN, "past_invoices": "skip"} | given,
    }
    result = simulate(case, {}).result
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("start", "now", "cycle", "period"),
    [
        ("2025-06-15", "2026-06-20", 12, ["2026-06-15", "2026-07-15"]),
        ("2025-06-25", "2026-06-20", 11, ["2026-05-25", "2026-06-25"]),
        ("2025-01-31", "2025-03-01", 1, ["2025-02-28", "2025-03-31"]),  # B1: never clamped
        ("2026-06-20", "2026-06-20", 0, ["2026-06-20", "2026-07-20"]),
    ],
)
def test_periods_count_from_the_real_start(
    start: str, now: str, cycle: int, period: list[str]
) -> None:
    found = imported(start=start, now=now)
    assert (found["state"], found["cycle"], found["period"]) == ("active", cycle, period)


@pytest.mark.parametrize(
    ("start", "cycle", "period", "bill_run"),
    [
        ("2025-06-20", 11, ["2026-05-20", "2026-06-20"], "one invoice"),
        ("2025-06-19", 12, ["2026-06-19", "2026-07-19"], "no invoice"),
        ("2025-06-21", 11, ["2026-05-21", "2026-06-21"], "no invoice"),
    ],
)
def test_a_renewal_of_the_day_is_billed_by_who_takes_over(
    start: str, cycle: int, period: list[str], bill_run: str
) -> None:
    """B11: what was billed before is past, what falls due today is not."""
    found = imported(start=start, now="2026-06-20")
    assert (found["cycle"], found["period"], found["bill_run_now"]) == (cycle, period, bill_run)


@pytest.mark.parametrize(
    ("trial", "start", "state", "cycle", "period"),
    [
        ({"trial_days": 14}, "2026-06-17", "trial", 0, ["2026-06-17", "2026-07-01"]),
        ({"trial_days": 14}, "2026-05-01", "active", 1, ["2026-06-15", "2026-07-15"]),
        ({"paid_trial_days": 30}, "2026-06-17", "trial", 0, ["2026-06-17", "2026-07-17"]),
        ({"paid_trial_days": 14}, "2026-05-01", "active", 1, ["2026-06-01", "2026-07-01"]),
    ],
)
def test_a_free_trial_moves_the_count_and_a_paid_one_does_not(
    trial: dict[str, int], start: str, state: str, cycle: int, period: list[str]
) -> None:
    """B34."""
    found = imported(start=start, now="2026-06-20", **trial)
    assert (found["state"], found["cycle"], found["period"]) == (state, cycle, period)


def test_what_has_ended_arrives_completed() -> None:
    found = imported(start="2025-06-20", now="2026-06-20", end_date="2026-04-25")
    assert (found["state"], found["period"]) == ("completed", ["2026-04-20", "2026-04-25"])


def test_what_has_not_started_is_refused() -> None:
    assert imported(start="2099-01-01", now="2026-06-20")["refused"] is True


def test_billing_begins_on_the_agreed_date() -> None:
    found = imported(
        recorded="2016-01-01",
        access_from="2015-12-20",
        billing_from="2016-02-01",
        cancelled_for="2016-02-15",
        bill_cycle_day=1,
    )
    assert found["invoice_dates"] == ["2016-02-01"]
    assert found["access"] == "active at once, cancelled on 2016-02-15"
