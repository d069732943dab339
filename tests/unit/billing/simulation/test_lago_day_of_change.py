"""Lago bills usage by the moment, fees by the day, and takes tax back at the rate it was taken.

The figures are those of its own tests of trials, upgrades, terminations and credit notes.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import (
    billed,
    cancel,
    change,
    event,
    plan,
    said,
    simulated,
    subscribe,
    used,
)

CALLS = {"metric": "calls", "aggregation": "count", "model": "unit", "price": "10"}
SEATS = {"metric": "seats", "recurring": True, "prorated": True, "model": "unit", "price": "1"}


def test_usage_of_the_day_of_a_change_is_of_the_plan_that_ran_then() -> None:
    """B30: also where the first plan ran for an hour only, and both are free for a while."""
    plans = {
        "small": plan("50000.00", trial_days=10, charges=[CALLS]),
        "large": plan("100000.00", trial_days=13, charges=[CALLS | {"price": "12"}]),
    }
    events = [
        subscribe("2024-03-05T12:12:00Z", "small", anchor="calendar"),
        used("2024-03-05T13:00:00Z", "calls", "1"),
        change("2024-03-05T13:15:00Z", "large"),
        used("2024-03-05T15:00:00Z", "calls", "1"),
        used("2024-03-05T15:01:00Z", "calls", "1"),
    ]
    assert billed("lago-day", plans, events, "2024-04-01") == said("""
        2024-03-05 usage calls 2024-03-05..2024-03-05 10.00
        2024-03-18 recurring large 2024-03-18..2024-04-01 45161.29
        2024-04-01 recurring large 2024-04-01..2024-05-01 100000.00
        2024-04-01 usage calls 2024-03-05..2024-04-01 24.00
    """)


def test_the_period_in_which_a_trial_ends_has_its_whole_minimum() -> None:
    """A period that is free throughout has none."""
    plans = {"p": plan("50000.00", trial_days=45, minimum_commitment="100000.00", charges=[CALLS])}
    events = [
        subscribe("2024-03-05T12:12:00Z", "p", anchor="calendar"),
        used("2024-04-10T00:00:00Z", "calls", "1"),
    ]
    lines = billed("lago-day", plans, events, "2024-05-01")
    assert [x for x in lines if "commitment" in x] == [
        "2024-05-01 commitment p 2024-04-01..2024-05-01 79990.00"
    ]


def test_what_stands_on_the_day_of_a_termination_stands_that_day() -> None:
    """12 of 29 days of 5.00, as the fee has 12 days; credit for 17 days of 29.00."""
    events = [
        subscribe("2024-01-01T00:00:00Z", "p", anchor="calendar"),
        used("2024-01-02T00:00:00Z", "seats", "5"),
        cancel("2024-02-12T06:00:00Z", when="immediately"),
    ]
    lines = billed("lago-day", {"p": plan("29.00", charges=[SEATS])}, events, "2024-03-01")
    assert lines[-2:] == said("""
        2024-02-12 usage seats 2024-02-01..2024-02-12 2.07
        2024-02-12 note p 2024-02-13..2024-03-01 17.00
    """)


@pytest.mark.parametrize(
    ("noted", "tax"),
    [
        ([{"plan": "ten"}], "17.90"),
        ([{"plan": "twenty", "amount": "262.60"}], "19.61"),  # 164.54 of the coupon goes with it
        ([{"plan": "ten"}, {"plan": "twenty"}], "47.70"),
    ],
)
def test_a_note_gives_back_tax_at_the_rate_of_its_lines(noted: list[Any], tax: str) -> None:
    """B48: of an invoice with 10 % on one line and 20 % on the other."""
    plans = {"ten": plan("179.00", tax_percent="10"), "twenty": plan("399.00", tax_percent="20")}
    events = [
        event("2023-10-19", "coupon", amount="250.00", frequency="forever", plans=["twenty"]),
        subscribe("2023-10-19", "ten", anchor="anniversary"),
        subscribe("2023-10-19", "twenty", anchor="anniversary"),
        event("2023-10-23", "credit_note", invoice="2023-10-19", items=noted),
    ]
    result = simulated("lago-day", plans, events, "2023-10-31").result
    assert result is not None
    assert [note["tax"] for note in result["credit_notes"]] == [tax]


def test_a_note_about_a_plan_leaves_its_usage_alone() -> None:
    plans = {"p": plan("19.99", "month", "in_arrears", charges=[CALLS | {"min_amount": "68.33"}])}
    events = [
        subscribe("2023-09-19", "p", anchor="anniversary"),
        event("2023-10-20", "credit_note", invoice="2023-10-19", items=["p"]),
        event("2023-10-21", "credit_note", invoice="2023-10-19", items=["calls"]),
    ]
    lines = billed("lago-day", plans, events, "2023-10-31")
    assert [x.split()[-1] for x in lines if "note" in x] == ["19.99", "68.33"]
