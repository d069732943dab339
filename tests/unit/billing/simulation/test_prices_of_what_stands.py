"""What stands, such as seats, is priced as it stands: each unit by the time it stood (B27)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.billing.simulation.played import plan, simulated, subscribe, used

LEVELS = [
    {"up_to": "4", "unit": "12", "flat": "60"},
    {"up_to": "10", "unit": "6", "flat": "30"},
    {"up_to": None, "unit": "3", "flat": "0"},
]
"""Of thirty days: twelve euros are 0.40 a day, six 0.20, three 0.10."""
SEATS = {"metric": "seats", "aggregation": "sum", "recurring": True, "prorate": True}


def billed(charge: dict[str, Any], *events: Any, dialect: str = "lago-day") -> list[str]:
    """Usage of April, which has 30 days, and of the months after, each on the first of the next."""
    plans = {"A": plan("0", billing="in_arrears", charges=[SEATS | charge])}
    opened = subscribe("2024-04-01", "A", anchor="calendar")
    result = simulated(dialect, plans, [opened, *events], "2024-06-01").result
    assert result is not None
    lines = [line for invoice in result["invoices"] for line in invoice["lines"]]
    return [line["amount"] for line in lines if line["kind"] == "usage"]


def seats(day: int, change: str, **more: Any) -> Any:
    return used(f"2024-04-{day:02}", "seats", change, **more)


@pytest.mark.parametrize("dialect", ["lago-day", "trueup", "meteroid-day"])
@pytest.mark.parametrize(
    ("events", "april", "may"),
    [
        ((), "60.00", "60.00"),  # the first tier's flat amount
        ((seats(16, "3"),), "78.00", "96.00"),  # 3 at 12 for half of the month
        ((seats(16, "3"), seats(21, "5")), "120.00", "162.00"),  # 1 at 12 and 4 at 6 for a third
        # the last six go for a sixth: 4 at 6 and 2 at 12; the second tier was entered in April
        ((seats(16, "3"), seats(21, "5"), seats(26, "-6")), "112.00", "84.00"),
        ((seats(1, "12"),), "180.00", "180.00"),  # 60 + 48, 30 + 36, 6
        ((seats(1, "12"), seats(1, "-12")), "60.00", "60.00"),  # gone on the day they came
    ],
)
def test_each_seat_costs_what_its_tier_asks_for_the_time_it_stood(
    events: tuple[Any, ...], april: str, may: str, dialect: str
) -> None:
    assert billed({"model": "graduated", "tiers": LEVELS}, *events, dialect=dialect) == [april, may]


def test_all_seats_cost_what_the_tier_of_the_last_number_asks() -> None:
    """3 for a half and 5 for a third of April are 3.17 at 6, and 30; in May 8 are 48, and 30."""
    charge = {"model": "volume", "tiers": LEVELS}
    assert billed(charge, seats(16, "3"), seats(21, "5")) == ["49.00", "78.00"]


def test_seats_of_each_cell_are_weighed_by_the_time_they_stood() -> None:
    """2 at 10 for a half, 1 at 20 for a third; 4 in two regions of one price share its tiers."""
    charge = {
        "model": "matrix",
        "cells": [
            {"values": {"region": "eu"}, "price": "10"},
            {"values": {"region": "us"}, "price": "20"},
            {
                "values": {"region": ["asia", "africa"]},
                "model": "graduated",
                "tiers": [{"up_to": "3", "unit": "6"}, {"up_to": None, "unit": "3"}],
            },
        ],
    }
    events = [
        seats(16, "2", dimensions={"region": "eu"}),
        seats(21, "1", dimensions={"region": "us"}),
        seats(16, "2", dimensions={"region": "asia"}),
        seats(16, "2", dimensions={"region": "africa"}),
    ]
    assert billed(charge, *events) == ["27.17", "61.00"]


@pytest.mark.parametrize(
    ("aggregation", "april"),
    [
        ("sum", "125.00"),  # 4 for a half, 2 for a third, 9 for a sixth
        ("count", "30.00"),
        ("unique", "20.00"),  # the second one is the first again
        ("max", "85.00"),  # 4 for a half, 5 more for a sixth
        ("latest", "75.00"),  # 4, then 2, then 9
    ],
)
def test_what_stands_is_what_the_aggregation_makes_of_events(aggregation: str, april: str) -> None:
    events = [
        seats(16, "4", dimensions={"name": "ann"}),
        seats(21, "2", dimensions={"name": "ann"}),
        seats(26, "9", dimensions={"name": "bob"}),
    ]
    charge = {"aggregation": aggregation, "model": "unit", "price": "30"}
    assert billed(charge, *events)[0] == april


def test_values_of_one_filter_share_its_tiers() -> None:
    """B25: 60 and 60 units are 120 of one price, of which 100 are free."""
    charge = {
        "metric": "calls",
        "aggregation": "sum",
        "model": "unit",
        "price": "5",
        "filters": [
            {
                "values": {"region": ["eu", "uk"]},
                "model": "graduated",
                "tiers": [{"up_to": "100", "unit": "0"}, {"up_to": None, "unit": "0.10"}],
            }
        ],
    }
    plans = {"A": plan("0", billing="in_arrears", charges=[charge])}
    events = [
        subscribe("2024-04-01", "A", anchor="calendar"),
        *[used("2024-04-10", "calls", "60", dimensions={"region": r}) for r in ("eu", "uk")],
    ]
    result = simulated("lago-day", plans, events, "2024-05-01").result
    assert result is not None
    assert [x["amount"] for i in result["invoices"] for x in i["lines"] if x["plan"] == "A"][
        -1
    ] == ("2.00")
