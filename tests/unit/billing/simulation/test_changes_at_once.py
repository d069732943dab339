"""A plan and its quantity change together; one component's quantity changes alone.

The figures are those of the test suites of Flexprice and Stripe's description of a new interval.
"""

from __future__ import annotations

import pytest
from tests.unit.billing.simulation.played import (
    Json,
    billed,
    change,
    event,
    plan,
    said,
    subscribe,
)

SEATS = {
    "more": plan("50.00", per_unit=True),
    "less": plan("30.00", per_unit=True),
}
BOTH = change("2024-03-15", "less", quantity="1")
APART = [change("2024-03-15", "less"), event("2024-03-15", "change_quantity", quantity="1")]


@pytest.mark.parametrize("orders", [[BOTH], APART, APART[::-1]])
def test_a_plan_and_its_quantity_change_in_one_order(orders: list[Json]) -> None:
    events = [subscribe("2024-03-01", "more", anchor="calendar", quantity="2"), *orders]
    assert billed("flexprice-day", SEATS, events, "2024-03-31")[1:] == said("""
        2024-03-15 credit more 2024-03-15..2024-04-01 -54.84
        2024-03-15 recurring less 2024-03-15..2024-04-01 16.45
    """)


def test_the_quantity_of_one_component_changes_alone() -> None:
    team = plan(
        "10.00",
        components={
            "seats": {"amount": "5.00", "billing": "in_advance", "per_unit": True},
            "rooms": {"amount": "7.00", "billing": "in_advance", "per_unit": True},
        },
    )
    events = [
        subscribe("2024-04-01", "team", anchor="calendar"),
        event("2024-04-16", "change_quantity", quantity="3", name="rooms"),
    ]
    assert billed("meteroid-day", {"team": team}, events, "2024-04-30")[3:] == said("""
        2024-04-16 credit rooms 2024-04-16..2024-05-01 -3.50
        2024-04-16 recurring rooms 2024-04-16..2024-05-01 10.50
    """)


def test_a_new_cadence_starts_a_whole_period_under_stripe() -> None:
    plans = {"monthly": plan("10.00"), "yearly": plan("100.00", "year")}
    events = [subscribe("2024-04-01", "monthly"), change("2024-04-16", "yearly")]
    assert billed("second", plans, events, "2024-05-31")[1:] == said("""
        2024-04-16 credit monthly 2024-04-16T00:00:00Z..2024-05-01T00:00:00Z -5.00
        2024-04-16 recurring yearly 2024-04-16T00:00:00Z..2025-04-16T00:00:00Z 100.00
    """)


def test_the_day_of_a_new_quantity_may_be_the_old_ones() -> None:
    """Ten of 30 days are used; the invoice carries the day of the order. A plan's day is its own."""
    plans = {"p": plan("30.00", per_unit=True), "q": plan("100.00")}
    events = [
        subscribe("2013-04-01", "p", quantity="3"),
        event("2013-04-10", "change_quantity", quantity="2"),
        change("2013-04-15", "q"),
    ]
    assert billed("chargebee-day", plans, events, "2013-05-01") == said("""
        2013-04-01 recurring p 2013-04-01..2013-05-01 90.00
        2013-04-10 credit p 2013-04-11..2013-05-01 -60.00
        2013-04-10 recurring p 2013-04-11..2013-05-01 40.00
        2013-04-15 credit p 2013-04-15..2013-05-01 -32.00
        2013-04-15 recurring q 2013-04-15..2013-05-01 53.33
        2013-05-01 recurring q 2013-05-01..2013-06-01 100.00
    """)
