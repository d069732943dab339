"""Rules of the engine by their numbers, where no other table shows them end to end."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import billed, plan, said, simulated, subscribe, used


def metered(model: str, tiers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    charge = {"metric": "m", "aggregation": "sum", "model": model, "tiers": tiers}
    return plan("0", billing="in_arrears", charges=[charge], **more)


def test_a_leap_day_comes_back() -> None:
    """B2: the 29th of February, the 28th in common years."""
    found = billed(
        "ours", {"P": plan("1.00", "year")}, [subscribe("2024-02-29", "P")], "2028-03-01"
    )
    assert [x.split()[0] for x in found] == [
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ]


@pytest.mark.parametrize(
    ("zone", "billed_on"),
    [("UTC", "2024-02-01"), ("Asia/Tokyo", "2024-02-02"), ("America/Lima", "2024-02-01")],
)
def test_the_customers_calendar_decides_the_day(zone: str, billed_on: str) -> None:
    """B4: half past three in the afternoon in London is after midnight in Tokyo."""
    events = [subscribe("2024-01-01T15:30:00Z", "P")]
    found = billed("ours", {"P": plan("1.00")}, events, "2024-02-10", timezone=zone)
    assert found[1].split()[0] == billed_on


@pytest.mark.parametrize(
    ("zone", "billed_on"),
    [("Europe/Paris", "2024-04-30"), ("America/Santiago", "2024-04-30")],
)
def test_changes_of_clocks_neither_move_nor_repeat_a_bill(zone: str, billed_on: str) -> None:
    """B5: Paris goes forward on 31 March, Santiago back on 7 April."""
    events = [subscribe("2024-01-30", "P")]
    found = billed("ours", {"P": plan("1.00")}, events, "2024-05-01", timezone=zone)
    assert [x.split()[0] for x in found] == ["2024-01-30", "2024-02-29", "2024-03-30", billed_on]


def test_a_first_partial_period_is_part_of_an_imagined_whole() -> None:
    """B8: from 20 January to the 15th: 26 of the 31 days from 15 January."""
    events = [subscribe("2024-01-20", "P", cycle_day=15)]
    assert billed("ours", {"P": plan("31.00")}, events, "2024-02-15") == said("""
        2024-01-20 recurring P 2024-01-20..2024-02-15 26.00
        2024-02-15 recurring P 2024-02-15..2024-03-15 31.00
    """)


@pytest.mark.parametrize(
    ("used_units", "amount"),
    [("10", "15.00"), ("10.5", "20.75"), ("11", "21.50")],
)
def test_a_tier_holds_its_upper_bound(used_units: str, amount: str) -> None:
    """B21: ten units are the first tier's; the second opens just above them, with its fee."""
    tiers = [
        {"up_to": "10", "unit": "1", "flat": "5"},
        {"up_to": None, "unit": "1.5", "flat": "5"},
    ]
    events = [subscribe("2024-01-01", "P"), used("2024-01-05", "m", used_units)]
    found = billed("ours", {"P": metered("graduated", tiers)}, events, "2024-02-01")
    assert [x.split()[-1] for x in found] == [amount]


def test_tiers_go_on_over_the_invoices_of_a_period() -> None:
    """B22: 12 units at 1 and at 0.5 above ten; the first tier's fee is taken once."""
    tiers = [{"up_to": "10", "unit": "1", "flat": "5"}, {"up_to": None, "unit": "0.5"}]
    plans = {"P": metered("graduated", tiers, usage_thresholds=[{"amount": "10.00"}])}
    events = [
        subscribe("2024-01-01", "P"),
        used("2024-01-05", "m", "8"),
        used("2024-01-10", "m", "4"),
    ]
    result = simulated("ours", plans, events, "2024-02-01").result
    assert result is not None
    assert [(x.get("kind"), x["total"]) for x in result["invoices"]] == [
        ("threshold", "13.00"),
        (None, "3.00"),
    ]


def test_a_volume_that_becomes_cheaper_corrects_its_own_period() -> None:
    """B23: 90 units at 1.00; with 20 late ones all 110 cost 0.75."""
    tiers = [{"up_to": "100", "unit": "1"}, {"up_to": None, "unit": "0.75"}]
    events = [
        subscribe("2024-01-01", "P"),
        used("2024-01-05", "m", "90"),
        used("2024-02-05", "m", "20", dated="2024-01-20"),
    ]
    found = billed("ours", {"P": metered("volume", tiers)}, events, "2024-03-01")
    assert [x for x in found if "usage" in x] == said("""
        2024-02-01 usage m 2024-01-01..2024-02-01 90.00
        2024-03-01 usage m 2024-01-01..2024-02-01 -7.50
    """)
