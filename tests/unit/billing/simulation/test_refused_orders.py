"""Orders that the engine must refuse, and that leave no trace when it does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import (
    cancel,
    change,
    event,
    plan,
    simulated,
    subscribe,
)

PLANS = {"A": plan("10.00"), "B": plan("20.00"), "U": plan("10.00", currency="USD")}
START = subscribe("2024-01-01", "A", id="a")
REFUSED = [
    subscribe("2024-01-05", "A", id="a"),
    subscribe("2024-01-05", "A", id="b", end_date="2024-01-05"),
    subscribe("2024-01-05", "A", id="b", quantity="-1"),
    subscribe("2024-01-05", "U", id="b"),
    change("2024-01-05", "U", when="end_of_term"),
    event("2024-01-05", "change_quantity", quantity="-1"),
    event("2024-01-05", "uncancel"),
    event("2024-01-05", "resume"),
    event("2024-01-05", "remove_add_on", name="nothing"),
    event("2024-01-05", "set_cycle_day", day=0),
    event("2024-01-05", "set_cycle_day", day=32),
    event("2024-01-05", "adjust_line", invoice="2024-01-01", amount="10.01"),
    event("2024-01-05", "credit_note", invoice="2024-01-01", net="10.01"),
]


@pytest.mark.parametrize("order", REFUSED, ids=lambda order: f"{order['type']}-{len(order)}")
def test_a_refused_order_changes_nothing(order: dict[str, Any]) -> None:
    plain = simulated("kb-day", PLANS, [START], "2024-03-01").result
    refused = simulated("kb-day", PLANS, [START, order | {"refused": True}], "2024-03-01")
    assert refused.result == plain
    assert simulated("kb-day", PLANS, [START, order], "2024-03-01").result is None


@pytest.mark.parametrize(
    "order",
    [
        change("2024-02-05", "B"),
        cancel("2024-02-05"),
        event("2024-02-05", "pause"),
        event("2024-02-05", "change_quantity", quantity="2"),
        event("2024-02-05", "uncancel"),
    ],
    ids=lambda order: str(order["type"]),
)
def test_what_has_ended_is_not_changed(order: dict[str, Any]) -> None:
    events = [START, cancel("2024-01-10", when="immediately"), order]
    outcome = simulated("kb-day", PLANS, events, "2024-03-01")
    assert outcome.result is None
    assert "a" in (outcome.why or "")


def test_a_paused_subscription_is_not_paused_again() -> None:
    events = [START, event("2024-01-10", "pause"), event("2024-01-12", "pause")]
    assert "paused already" in (simulated("kb-day", PLANS, events, "2024-03-01").why or "")


def test_more_than_was_paid_is_not_paid_out() -> None:
    events = [
        START,
        event("2024-01-02", "payment", invoice="2024-01-01", amount="10.00"),
        event("2024-01-03", "refund", invoice="2024-01-01", amount="10.01"),
    ]
    assert "refund" in (simulated("kb-day", PLANS, events, "2024-03-01").why or "")


def test_an_order_that_should_be_refused_but_is_not_counts_as_given() -> None:
    """A case cannot talk the engine into a refusal that its rules do not know."""
    events = [START, change("2024-01-10", "B", refused=True)]
    result = simulated("kb-day", PLANS, events, "2024-01-20").result
    assert result is not None
    assert len(result["invoices"]) == 2


def test_a_plan_that_nobody_describes_cannot_be_ordered() -> None:
    plain = simulated("kb-day", PLANS, [START], "2024-03-01").result
    for order in (change("2024-01-10", "C"), subscribe("2024-01-10", "C")):
        refused = simulated("kb-day", PLANS, [START, order | {"refused": True}], "2024-03-01")
        assert refused.result == plain
        assert simulated("kb-day", PLANS, [START, order], "2024-03-01").result is None


def test_a_preview_stores_nothing() -> None:
    plain = simulated("kb-day", PLANS, [START], "2024-03-01").result
    events = [START, change("2024-01-10", "B", preview=True)]
    assert simulated("kb-day", PLANS, events, "2024-03-01").result == plain
