"""What was used is billed: once, on its own period, whenever we learn of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.service.billing.worlds import EURO, World

from trueup.billing.catalog.model import PriceModel

CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}


@pytest.fixture
def world(db, tenant_id):
    return World(db, tenant_id).entity().plan("metered", CALLS).customer("ann", zone="UTC")


def billed(world):
    """First day, quantity and amount in cents of each line of usage, in the order of invoices."""
    return [
        (str(line.period_start.date()), int(line.quantity), line.amount_micros // 10_000)
        for line in world.rows("lines")
        if line.kind == "usage"
    ]


def test_late_usage_is_billed_on_its_own_period_by_the_next_run(world):
    """B28: though the renewal would have been a plain one."""
    world.start("s", "ann", "metered", "2026-01-10")
    world.use("a", 100, "2026-01-20").run("2026-02-10")
    world.use("late", 50, "2026-01-25", recorded="2026-02-12")
    world.use("b", 7, "2026-02-20").run("2026-03-10")
    assert billed(world) == [("2026-01-10", 100, 100), ("2026-01-10", 50, 50), ("2026-02-10", 7, 7)]


@pytest.mark.parametrize("is_steady", [True, False])
def test_a_batch_that_began_before_a_bill_and_committed_after_it_is_billed(world, is_steady):
    """B28: an event is seen when its batch commits, and carries the time at which it began."""
    world.start("s", "ann", "metered", "2026-01-10").run("2026-02-10")
    world.use("slow", 50, "2026-01-25", recorded="2026-02-09T23:20")
    if not is_steady:
        world.do("unsteady")
    world.run("2026-03-10")
    assert billed(world)[1:] == [("2026-01-10", 50, 50), ("2026-02-10", 0, 0)]


def test_of_renewals_of_one_kind_each_is_billed_what_it_used(world):
    """Two meters of one charge, the largest of another, none at all: a query for all of them."""
    both = CALLS | {"meter": "calls+texts", "charge": "both"}
    peak = CALLS | {"meter": "disk", "aggregation": "max"}
    world.plan("many", both, peak)
    for number in range(4):
        world.customer(f"c{number}", zone="UTC").start(f"s{number}", f"c{number}", "many", "2026-01-10")  # fmt: skip
    world.run("2026-01-10")
    world.use("a", 3, "2026-01-12", of="s0").use("b", "1.5", "2026-01-12", of="s0", meter="texts")
    world.use("c", 7, "2026-01-12", of="s1", meter="disk").use("d", 5, "2026-01-13", of="s1", meter="disk")  # fmt: skip
    world.use("e", 9, "2026-02-10", of="s2")  # of the next period
    world.use("f", 2, "2026-01-10", of="s3", meter="texts", region="eu")
    world.use("g", 2, "2026-01-11", of="s3", meter="texts", region="us")
    world.run("2026-02-10")
    found = {}
    for line in world.rows("lines"):
        found.setdefault(line.subscription_id, []).append(line.quantity)
    assert found == {
        world.id("s0"): [Decimal("4.5"), 0],
        world.id("s1"): [0, 7],
        world.id("s2"): [0, 0],
        world.id("s3"): [4, 0],
    }


def test_a_level_costs_the_time_for_which_it_stood_to_the_hour(world):
    """B27: 4 from noon of the 20th to the 1st of a month of 30 days."""
    disk = {"meter": "disk", "euros": "30", "model": PriceModel.PER_UNIT, "aggregation": "time_weighted"}  # fmt: skip
    world.plan("stored", disk).start("s", "ann", "stored", "2026-04-01")
    world.use("a", 4, "2026-04-20T12:00", meter="disk").run("2026-05-01")
    (line,) = world.rows("lines")
    assert line.amount_micros == 42 * EURO  # 30.00 * 4 * 10.5 / 30
