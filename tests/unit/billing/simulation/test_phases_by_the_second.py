"""Phases of months and years, where periods are instants."""

from __future__ import annotations

import pytest
from tests.unit.billing.simulation.played import Json, billed, said, subscribe


@pytest.mark.parametrize("length", [{"months": 2}, {"days": 60}])
def test_a_phase_ends_at_the_time_of_day_at_which_it_began(length: Json) -> None:
    """B5."""
    phases = [
        {"kind": "trial", "fixed": "0", **length},
        {"kind": "evergreen", "amount": "30.00", "interval": "month"},
    ]
    plans = {"A": {"billing": "in_advance", "phases": phases}}
    assert billed("second", plans, [subscribe("2024-01-10T09:30:00Z", "A")], "2024-04-09") == said(
        "2024-03-10 recurring A 2024-03-10T09:30:00Z..2024-04-10T09:30:00Z 30.00"
    )
