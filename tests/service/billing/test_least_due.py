"""What is too little to be collected is not billed yet: it goes with the next bill (B18)."""

from __future__ import annotations

import pytest
from tests.service.billing.test_pending_items import wait, waiting
from tests.service.billing.worlds import EURO, World

from trueup.billing.invoicing import explaining
from trueup.billing.subscriptions.rules import planning
from trueup.ledger import service as ledger

CENT = EURO // 100


@pytest.fixture
def world(db, tenant_id):
    """Thirty cents a month, of an issuer who collects from a euro on."""
    world = World(db, tenant_id).entity(takes_tax=False, least_due={"EUR": EURO})
    return world.plan("mini", {"euros": "0.30"}).customer("ann").start("s", "ann", "mini", "2026-01-10")  # fmt: skip


def totals(world):
    return [row.total_micros // CENT for row in world.rows("invoices")]


def test_it_waits_until_enough_is_due_and_loses_nothing(world):
    """B18, B39: each period by its own line, once."""
    for month in range(1, 10):
        world.run(f"2026-{month:02}-10")
        world.run(f"2026-{month:02}-10")
    assert totals(world) == [120, 120]
    lines = world.rows("lines")
    assert len({line.period_start for line in lines}) == len(lines) == 8
    with world.tx() as tx:
        ledger.trial_balance(tx)
        assert all(line.holds for line in explaining.explained(tx, "INV-000001", "en").lines)


def test_a_run_that_is_late_bills_as_one_in_time(world):
    world.run("2026-09-10")
    assert totals(world) == [120, 120]


def test_the_last_bill_waits_for_nothing(world):
    world.run("2026-01-10")
    world.order("s", "2026-02-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-06-01")
    assert totals(world) == [60]
    (stands,) = world.rows("schedule")
    assert (stands.status, stands.next_bill_at) == ("cancelled", None)


def test_what_waits_for_an_invoice_counts_and_waits_with_it(world):
    world.run("2026-01-10")
    wait(world, "Sticker", "0.25", "2026-02-01")
    world.run("2026-02-10")
    assert (totals(world), waiting(world)) == ([], {"Sticker"})
    world.run("2026-03-10")
    assert (totals(world), waiting(world)) == ([115], set())


def test_what_costs_nothing_and_what_credit_settles_waits_for_nothing(world):
    world.plan("free", {"euros": 0}).customer("bob").start("t", "bob", "free", "2026-01-10")
    world.do("credit", id=world.id("c"), customer=world.id("ann"), micros=EURO)
    world.run("2026-02-10")
    assert sorted(totals(world)) == [0, 0, 30, 30]


def test_plain_renewals_above_and_below_are_billed_beside_each_other(world):
    world.plan("pro", {"euros": 12}).customer("bob").start("t", "bob", "pro", "2026-01-10")
    world.run("2026-03-10")
    report = world.run("2026-04-10")
    assert (report.done.billed, report.done.quiet) == (2, 0)
    assert sorted(totals(world)) == [120, *[1200] * 4]
