"""What Meteroid's conventions make of orders, beyond the cases that its tests assert."""

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


def parts(platform: str, seats: str) -> dict[str, Any]:
    return {
        "interval": "month",
        "components": {
            "platform": {"amount": platform, "billing": "in_advance"},
            "seats": {"amount": seats, "billing": "in_advance", "per_unit": True},
        },
    }


PLANS = {"starter": parts("29.00", "10.00"), "pro": parts("99.00", "25.00")}
TWO_SEATS = subscribe("2024-01-01", "starter", anchor="anniversary", quantity="2")


def meteroid(events: list[Any], until: str, plans: Any = PLANS, **more: Any) -> list[str]:
    return billed("meteroid-day", plans, events, until, **more)


def test_more_seats_are_charged_at_once_for_the_rest() -> None:
    events = [TWO_SEATS, event("2024-01-16", "change_quantity", quantity="5")]
    assert meteroid(events, "2024-01-30")[2:] == said("""
        2024-01-16 credit    seats 2024-01-16..2024-02-01 -10.32
        2024-01-16 recurring seats 2024-01-16..2024-02-01 25.81
    """)


def test_fewer_seats_wait_for_the_renewal() -> None:
    """B32: they are paid for."""
    events = [TWO_SEATS, event("2024-01-16", "change_quantity", quantity="1")]
    assert meteroid(events, "2024-02-01")[2:] == said("""
        2024-02-01 recurring platform 2024-02-01..2024-03-01 29.00
        2024-02-01 recurring seats    2024-02-01..2024-03-01 10.00
    """)


def test_a_cancellation_keeps_what_was_paid_and_bills_what_was_used() -> None:
    plans = {
        "u": {
            "interval": "month",
            "components": {"rate": {"amount": "20.00", "billing": "in_advance"}},
            "charges": [{"metric": "gb", "model": "unit", "price": "0.10"}],
        }
    }
    events = [
        subscribe("2024-01-01", "u", anchor="anniversary"),
        used("2024-01-10", "gb", "100"),
        cancel("2024-01-16", when="immediately"),
    ]
    assert meteroid(events, "2024-03-01", plans) == said("""
        2024-01-01 recurring rate 2024-01-01..2024-02-01 20.00
        2024-01-16 usage     gb   2024-01-01..2024-01-16 10.00
    """)


@pytest.mark.parametrize(
    ("trial", "first"),
    [
        ({"trial_days": 14}, "2024-01-15 recurring f 2024-01-15..2024-02-15 49.00"),
        ({"paid_trial_days": 14}, "2024-01-01 recurring f 2024-01-01..2024-02-01 49.00"),
    ],
)
def test_a_free_trial_moves_the_anchor_and_a_paid_one_does_nothing(
    trial: dict[str, int], first: str
) -> None:
    events = [subscribe("2024-01-01", "f", anchor="anniversary", **trial)]
    assert meteroid(events, "2024-01-30", {"f": plan("49.00")}) == [first]


def test_a_given_cycle_day_makes_a_part_of_the_first_period() -> None:
    events = [subscribe("2024-01-01", "f", anchor="anniversary", cycle_day=15)]
    assert meteroid(events, "2024-01-30", {"f": plan("31.00")}) == said("""
        2024-01-01 recurring f 2024-01-01..2024-01-15 14.00
        2024-01-15 recurring f 2024-01-15..2024-02-15 31.00
    """)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("immediately", ["2024-01-16 credit platform 2024-01-16..2024-02-01 -14.97"]),
        ("end_of_term", []),
    ],
)
def test_a_removed_part_is_given_back_or_had_to_the_end(when: str, expected: list[str]) -> None:
    events = [TWO_SEATS, event("2024-01-16", "remove_add_on", name="platform", when=when)]
    found = meteroid(events, "2024-02-01")
    assert [x for x in found if x.startswith("2024-01-16")] == expected
    assert not [x for x in found if x.startswith("2024-02-01") and "platform" in x]


@pytest.mark.parametrize(
    ("extra", "line"),
    [
        (
            {"amount": "50.00", "quantity": "2"},
            "2024-01-16 recurring support 2024-01-16..2024-02-01 51.61",
        ),
        ({"amount": "50.00", "once": True}, "2024-01-16 one_off support 50.00"),
        (
            {"amount": "50.00", "billing": "in_arrears"},
            "2024-02-01 recurring support 2024-01-16..2024-02-01 25.81",
        ),
    ],
)
def test_an_added_part_is_charged_by_its_own_terms(extra: dict[str, Any], line: str) -> None:
    events = [TWO_SEATS, event("2024-01-16", "add_on", plan="starter", name="support", **extra)]
    assert next(x for x in meteroid(events, "2024-02-01") if "support" in x) == line


def test_a_part_includes_units_and_charges_those_above() -> None:
    component = {"amount": "10.00", "included": "100", "overage_price": "0.10"}
    plans = {"c": {"interval": "month", "components": {"calls": component}}}
    events = [
        subscribe("2024-01-01", "c", anchor="anniversary"),
        used("2024-01-10", "calls", "150"),
    ]
    assert meteroid(events, "2024-02-01", plans) == said("""
        2024-01-01 recurring calls 2024-01-01..2024-02-01 10.00
        2024-02-01 recurring calls 2024-02-01..2024-03-01 10.00
        2024-02-01 usage     calls 2024-01-01..2024-02-01 5.00
    """)


def test_parts_of_other_cadences_keep_their_own_periods() -> None:
    """B9: the yearly part is prorated over its year."""
    plans = {
        "c": {
            "interval": "month",
            "components": {"m": {"amount": "10.00"}, "y": {"amount": "366.00", "interval": "year"}},
        }
    }
    events = [
        subscribe("2024-01-01", "c", anchor="anniversary"),
        event("2024-03-01", "remove_add_on", name="y", when="immediately"),
    ]
    found = [x for x in meteroid(events, "2024-03-30", plans) if " y " in x]
    assert found == said("""
        2024-01-01 recurring y 2024-01-01..2025-01-01 366.00
        2024-03-01 credit    y 2024-03-01..2025-01-01 -306.00
    """)


def test_an_end_inside_a_period_shortens_the_period_but_not_the_price() -> None:
    events = [subscribe("2024-01-01", "f", anchor="anniversary", end_date="2024-02-15")]
    plans = {"f": plan("35.00", billing="in_arrears")}
    assert meteroid(events, "2024-04-01", plans) == said("""
        2024-02-01 recurring f 2024-01-01..2024-02-01 35.00
        2024-02-15 recurring f 2024-02-01..2024-02-15 35.00
    """)


def test_up_and_down_again_credits_what_each_step_charged() -> None:
    events = [
        subscribe("2024-01-01", "starter", anchor="anniversary"),
        change("2024-01-11", "pro", when="immediately"),
        change("2024-01-21", "starter", when="immediately"),
    ]
    found = meteroid(events, "2024-01-30")
    assert [x.split()[-1] for x in found if x.startswith("2024-01-21")] == [
        "-35.13",
        "-8.87",
        "10.29",
        "3.55",
    ]


@pytest.mark.parametrize(
    ("frequency", "discounts"),
    [
        ("once", ["9.80", "0.00", "0.00"]),
        ("2 invoices", ["9.80", "9.80", "0.00"]),
        ("forever", ["9.80", "9.80", "9.80"]),
    ],
)
def test_a_coupon_lasts_as_many_invoices_as_it_says(frequency: str, discounts: list[str]) -> None:
    """B43."""
    events = [
        subscribe("2024-01-01", "f", anchor="anniversary"),
        event("2024-01-01", "coupon", percent="20", frequency=frequency),
    ]
    outcome = simulated("meteroid-day", {"f": plan("49.00")}, events, "2024-03-01")
    assert outcome.result is not None
    assert [x["discount"] for x in outcome.result["invoices"]] == discounts


@pytest.mark.parametrize("frequency", ["once", "1 invoices"])
def test_what_an_amount_leaves_is_not_for_the_next_invoice(frequency: str) -> None:
    """B44: 100.00 off one invoice of 49.00."""
    events = [
        subscribe("2024-01-01", "f", anchor="anniversary"),
        event("2024-01-01", "coupon", amount="100.00", frequency=frequency),
    ]
    outcome = simulated("meteroid-day", {"f": plan("49.00")}, events, "2024-02-01")
    assert outcome.result is not None
    assert [x["discount"] for x in outcome.result["invoices"]] == ["49.00", "0.00"]


def test_a_share_comes_before_an_amount_whichever_was_given_first() -> None:
    """10 % of 49.00, then 5.00."""
    events = [
        subscribe("2024-01-01", "f", anchor="anniversary"),
        event("2024-01-01", "coupon", amount="5.00", frequency="forever"),
        event("2024-01-01", "coupon", percent="10", frequency="forever"),
    ]
    outcome = simulated("meteroid-day", {"f": plan("49.00")}, events, "2024-01-02")
    assert outcome.result is not None
    assert [x["discount"] for x in outcome.result["invoices"]] == ["9.90"]


# ---- a change of plan, and what was agreed before it


def fixed(platform: str, seats: str, units: str = "1") -> dict[str, Any]:
    made = parts(platform, seats)
    made["components"]["seats"]["units"] = units
    return made


FIXED = {"starter": fixed("29.00", "10.00"), "pro": fixed("99.00", "25.00")}
ONE_SEAT = subscribe("2024-01-01", "starter", anchor="anniversary")
RENEWED = """
    2024-02-01 recurring platform 2024-02-01..2024-03-01 99.00
    2024-02-01 recurring seats    2024-02-01..2024-03-01 25.00
"""


def test_a_change_ends_a_free_trial_and_starts_a_whole_period() -> None:
    """B34: the trial and the first period that is paid for never overlap."""
    tried = subscribe("2024-01-01", "starter", anchor="anniversary", trial_days=14)
    assert meteroid([tried, change("2024-01-08", "pro")], "2024-02-08") == said("""
        2024-01-08 recurring platform 2024-01-08..2024-02-08 99.00
        2024-01-08 recurring seats    2024-01-08..2024-02-08 25.00
        2024-02-08 recurring platform 2024-02-08..2024-03-08 99.00
        2024-02-08 recurring seats    2024-02-08..2024-03-08 25.00
    """)


def test_a_plan_with_a_trial_is_not_tried_out_by_who_changes_to_it() -> None:
    plans = {"a": plan("31.00"), "b": plan("62.00", trial_days=14)}
    events = [subscribe("2024-01-01", "a", anchor="anniversary"), change("2024-01-11", "b")]
    assert meteroid(events, "2024-01-31", plans)[1:] == said("""
        2024-01-11 credit    a 2024-01-11..2024-02-01 -21.00
        2024-01-11 recurring b 2024-01-11..2024-02-01 42.00
    """)


def test_a_change_takes_back_a_cancellation_that_is_still_to_come() -> None:
    """B35: who orders another plan stays."""
    change_later = change("2024-01-11", "pro", when="end_of_term")
    events = [ONE_SEAT, cancel("2024-01-10", when="end_of_term"), change_later]
    assert meteroid(events, "2024-02-01", FIXED)[2:] == said(RENEWED)


def test_a_change_at_once_replaces_the_same_change_agreed_for_later() -> None:
    """B36: what was agreed for later does not swallow what is ordered for now."""
    later = change("2024-01-10", "pro", when="end_of_term")
    events = [ONE_SEAT, later, change("2024-01-16", "pro")]
    at_once = meteroid([ONE_SEAT, change("2024-01-16", "pro")], "2024-02-01", FIXED)
    assert meteroid(events, "2024-02-01", FIXED) == at_once


@pytest.mark.parametrize(
    "more",
    [
        [subscribe("2024-01-01", "starter", anchor="anniversary", quantity="5")],
        [ONE_SEAT, event("2024-01-01", "change_quantity", quantity="5")],
        [ONE_SEAT, event("2024-01-01", "change_quantity", quantity="5", name="seats")],
    ],
    ids=["ordered at the start", "ordered later", "ordered by name"],
)
def test_units_that_were_ordered_go_over_those_of_the_plan(more: list[Any]) -> None:
    lines = meteroid([*more, change("2024-01-16", "pro", when="end_of_term")], "2024-02-01", FIXED)
    assert lines[-2:] == said("""
        2024-02-01 recurring platform 2024-02-01..2024-03-01 99.00
        2024-02-01 recurring seats    2024-02-01..2024-03-01 125.00
    """)


def test_a_fee_in_arrears_is_split_at_a_change_that_leaves_it_as_it_is() -> None:
    plans = {
        code: {
            "interval": "month",
            "components": {
                "base": {"amount": amount, "billing": "in_advance"},
                "care": {"amount": "31.00", "billing": "in_arrears"},
            },
        }
        for code, amount in (("a", "31.00"), ("b", "62.00"))
    }
    events = [subscribe("2024-01-01", "a", anchor="anniversary"), change("2024-01-11", "b")]
    assert meteroid(events, "2024-02-01", plans)[3:] == said("""
        2024-02-01 recurring care 2024-01-01..2024-01-11 10.00
        2024-02-01 recurring base 2024-02-01..2024-03-01 62.00
        2024-02-01 recurring care 2024-01-11..2024-02-01 21.00
    """)


@pytest.mark.parametrize("metric", ["traffic", "capacity"])
def test_usage_counts_against_the_only_allowance_that_names_no_meter(metric: str) -> None:
    part = {"amount": "50.00", "included": "100", "overage_price": "0.05"}
    plans = {"p": {"interval": "month", "components": {"capacity": part}}}
    events = [subscribe("2024-01-01", "p", anchor="anniversary"), used("2024-01-09", metric, "300")]
    assert "2024-02-01 usage capacity 2024-01-01..2024-02-01 10.00" in meteroid(
        events, "2024-02-01", plans
    )


@pytest.mark.parametrize("agreed", ["0.20", {"price": "0.20"}])
def test_an_agreed_price_of_usage_counts_from_the_change(agreed: Any) -> None:
    """B30: fifty calls at 0.10 and two hundred at 0.20."""
    calls = {"metric": "calls", "model": "unit", "price": "0.10"}
    plans = {"api": plan("10.00", charges=[calls])}
    events = [
        subscribe("2025-02-01", "api", anchor="anniversary"),
        used("2025-02-10", "calls", "50"),
        change("2025-02-15", "api", price_override={"calls": agreed}),
        used("2025-02-20", "calls", "200"),
    ]
    assert meteroid(events, "2025-03-01", plans)[1:] == said("""
        2025-03-01 recurring api 2025-03-01..2025-04-01 10.00
        2025-03-01 usage calls 2025-02-01..2025-02-15 5.00
        2025-03-01 usage calls 2025-02-15..2025-03-01 40.00
    """)
