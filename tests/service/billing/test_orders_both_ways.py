"""Orders upon orders: what simulation bills of them, a bill run bills, under every unit of proration."""

from __future__ import annotations

import pytest
from tests.service.billing.scenarios import Lived, billed, simulated
from tests.service.billing.worlds import World
from tests.unit.billing.simulation.played import cancel, change, event, plan, play, subscribe, used

PLANS = {
    "seats": plan("30.00", per_unit=True),
    "dear": plan("77.77", per_unit=True),
    "late": plan(
        "45.01", billing="in_arrears", charges=[{"metric": "m", "model": "unit", "price": "0.10"}]
    ),
}
BEGIN = subscribe("2024-01-10", "seats", quantity="2")
HISTORIES = {
    "cancel": [cancel("2024-02-20")],
    "cancel_for_later": [cancel("2024-02-20", when="end_of_term")],
    "change_and_cancel": [change("2024-02-15", "dear"), cancel("2024-02-25")],
    "change_and_cancel_for_later": [
        change("2024-02-15", "dear"),
        cancel("2024-02-25", when="end_of_term"),
    ],
    "change_twice_and_cancel": [
        change("2024-02-15", "dear"),
        change("2024-02-20", "late"),
        used("2024-02-22", "m", "40"),
        cancel("2024-03-02"),
    ],
    "change_back_and_cancel": [
        change("2024-02-15", "late"),
        change("2024-02-20", "seats"),
        cancel("2024-03-02"),
    ],
    "pause_resume_and_change": [
        event("2024-02-12", "pause"),
        event("2024-02-18", "resume"),
        change("2024-02-25", "dear"),
        cancel("2024-03-20"),
    ],
    "quantity_and_cancel": [
        event("2024-02-15", "change_quantity", quantity="5"),
        cancel("2024-02-25"),
    ],
    "cancel_for_later_and_quantity": [
        cancel("2024-02-12", when="end_of_term"),
        event("2024-02-15", "change_quantity", quantity="5"),
    ],
    "quantity_change_cancel_and_stay": [
        event("2024-02-15", "change_quantity", quantity="3"),
        change("2024-02-18", "dear"),
        cancel("2024-02-20", when="end_of_term"),
        event("2024-02-25", "uncancel"),
    ],
}


def both(db, tenant_id, dialect, plans, events, until="2024-04-15"):
    """The documents of the run and of the simulation, by day, kind and lines.

    What credit of the account settles of them is told apart in rows, and within in memory.
    """
    told = play(dialect, plans, events, until)
    lived = Lived(World(db, tenant_id).entity(takes_tax=False), told.scene.case, dialect)
    lived.play(told.until)
    documents = billed(lived), simulated(told.world)
    return [[(day, kind, lines) for day, kind, _, lines in each] for each in documents]


@pytest.mark.parametrize("dialect", ["second", "day", "kb-30", "meteroid-day"])
@pytest.mark.parametrize("name", HISTORIES)
def test_orders_are_billed_as_they_are_simulated(db, tenant_id, dialect, name):
    """B31, B32, B35, B38: what an end gives back is what the dialect says."""
    ran, told = both(db, tenant_id, dialect, PLANS, [BEGIN, *HISTORIES[name]])
    assert ran == told


HELD = {
    "held": plan("100.00", billing="in_arrears", minimum_commitment="500.00"),
    "ahead": plan("100.00", minimum_commitment="500.00"),
    "free": plan("50.00"),
}
LEFT = {
    "left": [change("2024-02-15", "free")],
    "left_and_cancelled": [change("2024-02-15", "free"), cancel("2024-02-25")],
    "left_twice": [change("2024-02-15", "ahead"), change("2024-02-20", "free")],
    "left_and_come_back_to": [change("2024-02-15", "free"), change("2024-02-20", "held")],
}


@pytest.mark.parametrize("dialect", ["plain", "second"])
@pytest.mark.parametrize("name", LEFT)
def test_the_commitment_of_a_plan_that_was_left_is_settled_by_a_run(db, tenant_id, dialect, name):
    """B22."""
    ran, told = both(db, tenant_id, dialect, HELD, [subscribe("2024-01-10", "held"), *LEFT[name]])
    assert ran == told
    of_held = [line for *_, lines in ran for line in lines if line[:2] == ("commitment", "held")]
    assert len(of_held) == (4 if name == "left_and_come_back_to" else 2)
