"""Seats that come and go are billed through a database as they are simulated (B27)."""

import pytest
from tests.service.billing.scenarios import Lived, billed, simulated
from tests.service.billing.worlds import World

from trueup.billing.simulation.dialects import dialect_of
from trueup.billing.simulation.scenario import played
from trueup.billing.simulation.shape import shaped

TIERS = [
    {"up_to": "4", "unit": "12", "flat": "60"},
    {"up_to": "10", "unit": "6", "flat": "30"},
    {"up_to": None, "unit": "3"},
]
CELLS = [
    {"values": {"region": ["eu", "uk"]}, "model": "graduated", "tiers": TIERS},
    {"values": {}, "price": "20"},
]
PRICES = {
    "graduated": ({"model": "graduated", "tiers": TIERS}, ["116.00", "108.00", "141.00"]),
    "volume": ({"model": "volume", "tiers": TIERS}, ["90.00", "108.00", "57.00"]),
    "matrix": ({"model": "matrix", "cells": CELLS}, ["98.00", "116.00", "122.00"]),
}


@pytest.mark.parametrize("price", PRICES)
def test_seats_are_billed_as_they_are_simulated(db, tenant_id, price):
    """Those that stand are told by day where their months are settled, and cost the same."""
    charge, expected = PRICES[price]
    seats = {"metric": "seats", "aggregation": "sum", "recurring": True, "prorate": True}
    events = [
        {"at": "2024-04-01", "type": "subscribe", "plan": "A", "anchor": "calendar"},
        *[
            {"at": at, "type": "usage", "metric": "seats", "qty": qty, "dimensions": {"region": of}}
            for at, qty, of in (
                ("2024-04-16", "3", "eu"),
                ("2024-04-21", "5", "us"),
                ("2024-04-26", "-4", "us"),
                ("2024-06-16", "1", "uk"),
            )
        ],
    ]
    plans = {"A": {"billing": "in_arrears", "interval": "month", "charges": [seats | charge]}}
    case = {
        "id": price,
        "kind": "scenario",
        "convention": "lago-day",
        "input": {"plans": plans, "events": events},
        "expected": {"invoices": [{"at": "2024-07-01"}]},
    }
    dialect = dialect_of("lago-day", {})
    play = played(shaped(case, price), dialect)
    world = World(db, tenant_id).entity(takes_tax=False)
    lived = Lived(world, play.scene.case, "lago-day")
    lived.play(play.until)
    assert billed(lived) == simulated(play.world)
    assert [f"{total / 1_000_000:.2f}" for _, _, total, _ in billed(lived)] == expected
