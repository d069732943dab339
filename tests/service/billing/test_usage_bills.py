"""What was used is billed: once, on its own period, whenever we learn of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from tests.service.billing.worlds import EURO, World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.invoicing import documents as documents_of
from trueup.billing.invoicing import drafts, queue, reading, refreshing, runs
from trueup.billing.invoicing.explaining import explained
from trueup.billing.subscriptions.rules import planning

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


# ---- before a period ends

GOLD = {"thresholds": ({"amount": "2.00"}, {"amount": "5.00", "is_recurring": True})}


def threshold_world(world):
    world.plan("gold", {"euros": 10}, CALLS, **GOLD)
    world.start("s", "ann", "gold", "2026-01-10").run("2026-01-10")


def documents(world):
    """Kind, day, net and total in cents of each invoice, in the order of numbers."""
    return [
        (i.kind, str(i.issued_at.date()), i.subtotal_micros // 10_000, i.total_micros // 10_000)
        for i in world.rows("invoices")
    ]


def test_usage_is_invoiced_when_it_crosses_a_threshold_and_its_period_bills_the_rest(world):
    """B22, B28: nothing twice, however often a run looks."""
    threshold_world(world)
    world.use("a", 100, "2026-01-12").run("2026-01-12")
    assert len(documents(world)) == 1
    world.use("b", 150, "2026-01-14").run("2026-01-14")
    world.run("2026-01-14")
    world.use("c", 300, "2026-01-20").run("2026-01-21")
    world.use("d", 600, "2026-01-25").run("2026-01-26")
    world.use("e", 1, "2026-01-30").run("2026-02-10")
    world.run("2026-02-11")
    assert documents(world) == [
        ("cycle", "2026-01-10", 1000, 1190),
        ("threshold", "2026-01-14", 250, 298),
        ("threshold", "2026-01-26", 900, 1071),
        ("cycle", "2026-02-10", 1001, 1191),
    ]
    assert billed(world) == [
        ("2026-01-10", 250, 250),
        ("2026-01-10", 900, 900),
        ("2026-01-10", 1, 1),
    ]
    with world.tx() as tx:
        assert all(line.holds for line in explained(tx, "INV-000003", "en").lines)


def test_a_run_that_dies_while_it_looks_at_usage_bills_it_the_next_time(world, monkeypatch):
    """B39, B40: killed before it commits, nothing of it was."""
    threshold_world(world)
    world.use("a", 250, "2026-01-12")
    monkeypatch.setattr(queue, "watched", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-01-12")
    monkeypatch.undo()
    world.run("2026-01-13")
    world.run("2026-01-13")
    assert documents(world)[1:] == [("threshold", "2026-01-13", 250, 298)]


def test_two_workers_look_at_usage_and_bill_it_once(world):
    world.plan("gold", {"euros": 10}, CALLS, **GOLD)
    for number in range(8):
        world.customer(f"c{number}", zone="UTC").start(f"s{number}", f"c{number}", "gold", "2026-01-10")  # fmt: skip
    world.run("2026-01-10")
    for number in range(8):
        world.use(f"a{number}", 250, "2026-01-12", of=f"s{number}")
    world.run("2026-01-12", workers=2)
    assert [kind for kind, *_ in documents(world)] == ["cycle"] * 8 + ["threshold"] * 8


def test_usage_in_advance_is_billed_as_it_happens(world):
    world.plan("now", CALLS | {"timing": "in_advance"}).start("s", "ann", "now", "2026-01-10")
    world.run("2026-01-10")
    world.use("a", 100, "2026-01-12").run("2026-01-12")
    world.use("b", 50, "2026-01-13").run("2026-01-13")
    world.use("c", 1, "2026-02-01").run("2026-02-10")
    assert documents(world) == [
        ("cycle", "2026-01-12", 100, 119),
        ("cycle", "2026-01-13", 50, 60),
        ("cycle", "2026-02-10", 1, 1),
    ]


@pytest.mark.parametrize("grace_days", [0, 3])
def test_a_threshold_that_is_crossed_anew_after_a_void_is_invoiced_anew(db, tenant_id, grace_days):
    """B39, B41: the void invoice keeps its identity, and the run its way."""
    world = World(db, tenant_id).entity(grace_days=grace_days).customer("ann", zone="UTC")
    threshold_world(world)
    world.use("a", 250, "2026-01-14").run("2026-01-14")
    (first,) = (i for i in world.rows("invoices") if i.kind == "threshold")
    world.on(documents_of.void, str(first.invoice_id), day("2026-01-15"), rebills=True)
    world.use("b", 10, "2026-01-17").run("2026-01-18")
    world.run("2026-02-10")
    found = [(i.kind, i.status == "void", i.subtotal_micros) for i in world.rows("invoices")]
    assert sorted(found) == [
        ("cycle", False, 10 * EURO),
        ("cycle", False, 10 * EURO),
        ("threshold", False, 2_600_000),
        ("threshold", True, 2_500_000),
    ]


def test_only_what_usage_may_bill_ahead_is_looked_at_between_bills(world):
    world.customer("bob", zone="UTC").start("plain", "bob", "metered", "2026-01-10")
    world.run("2026-01-10")
    assert [row.usage_watched_at for row in world.rows("schedule")] == [None]
    threshold_world(world)
    assert sum(row.usage_watched_at is not None for row in world.rows("schedule")) == 1


def test_a_void_threshold_that_is_to_be_billed_again_is_by_the_next_run(world):
    """B41: without a further event."""
    threshold_world(world)
    world.use("a", 250, "2026-01-14", recorded="2026-01-14").run("2026-01-14")
    (first,) = (i for i in world.rows("invoices") if i.kind == "threshold")
    world.on(documents_of.void, str(first.invoice_id), day("2026-01-15"), rebills=True)
    assert [world.run(at).done.invoices for at in ("2026-01-17", "2026-01-18")] == [1, 0]
    (again,) = (i for i in world.rows("invoices") if i.kind == "threshold" and i.status != "void")
    assert again.subtotal_micros == first.subtotal_micros


def test_usage_that_cannot_be_taxed_is_parked_and_billed_when_it_can(world):
    """B46."""
    threshold_world(world)
    world.use("a", 250, "2026-01-12").do("country", id=world.id("ann"), country=None)
    report = world.run("2026-01-12")
    assert (report.done.invoices, report.done.parked) == (0, 1)
    world.do("country", id=world.id("ann"), country="DE")
    assert world.run("2026-01-12").done.invoices == 1
    with world.tx() as tx:
        assert runs.parked(tx) == []


def test_one_credit_is_spent_once_on_invoices_of_one_chunk(world):
    """B42: two subscriptions of a customer are not on one invoice, and share its credit."""
    world.plan("flat", {"euros": 10}).do("credit", id=world.id("c"), customer=world.id("ann"), micros=15 * EURO)  # fmt: skip
    for name in ("s", "t"):
        world.start(name, "ann", "flat", "2026-01-10", may_repeat=True)
    world.run("2026-01-10")
    assert sorted(i.credited_micros for i in world.rows("invoices")) == [3_100_000, 11_900_000]
    assert [c.remaining_micros for c in world.rows("credits")] == [0]


# ---- late usage and days of grace


def draft_and_after(db, tenant_id):
    """A plan of a fee, calls and a minimum; drafts stay three days."""
    world = World(db, tenant_id).entity(grace_days=3).customer("ann", zone="UTC")
    least = {"minimum_micros": 2 * EURO}
    world.plan("graced", {"euros": 10}, CALLS | least).start("s", "ann", "graced", "2026-01-10")
    world.run("2026-01-10")
    return world


def test_usage_that_comes_in_the_days_of_grace_refreshes_the_draft(db, tenant_id):
    """B28, B49: one line over all of it; discount and tax follow."""
    world = draft_and_after(db, tenant_id)
    world.run("2026-01-20")
    world.do("discount", id=world.id("d"), subscription=world.id("s"), percent_bp=5000, periods=1)
    world.use("a", 100, "2026-01-20").run("2026-02-10")
    assert billed(world) == [("2026-01-10", 100, 100)]
    world.use("late", 250, "2026-01-25", recorded="2026-02-11")
    world.use("next", 9, "2026-02-11")
    assert (world.run("2026-02-11").refreshed, world.run("2026-02-11").still_due) == (1, 0)
    assert billed(world) == [("2026-01-10", 350, 350)]
    (draft,) = [i for i in world.rows("invoices") if i.status == "draft"]
    assert (draft.subtotal_micros, draft.discount_micros, draft.tax_micros) == (13_500_000, 6_750_000, 1_280_000)  # fmt: skip
    assert {line.kind for line in world.rows("lines")} == {"recurring", "usage"}
    world.run("2026-02-14")
    assert [i.total_micros for i in world.rows("invoices")][1:] == [8_030_000]


def test_usage_that_comes_after_the_days_of_grace_is_on_the_next_invoice(db, tenant_id):
    """B28: on the period it was used in."""
    world = draft_and_after(db, tenant_id)
    world.use("a", 300, "2026-01-20").run("2026-02-10")
    world.run("2026-02-14")
    world.use("late", 50, "2026-01-25", recorded="2026-02-15")
    world.use("b", 500, "2026-02-20").run("2026-03-14")
    assert billed(world) == [
        ("2026-01-10", 300, 300),
        ("2026-01-10", 50, 50),
        ("2026-02-10", 500, 500),
    ]
    assert [i.status for i in world.rows("invoices")] == ["open"] * 3


def test_a_draft_of_usage_in_advance_stays_when_more_comes(db, tenant_id):
    """B28, B49: what is over is billed once more, by an invoice of its own."""
    world = World(db, tenant_id).entity(grace_days=3).customer("ann", zone="UTC")
    world.plan("now", CALLS | {"timing": "in_advance"}).start("s", "ann", "now", "2026-01-10")
    world.order("s", "2026-01-20", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-01-20")
    world.use("a", 100, "2026-02-08").run("2026-02-08")
    world.run("2026-02-10")
    world.use("late", 1, "2026-02-07", recorded="2026-02-10T20:00").run("2026-02-11")
    world.run("2026-02-12")
    assert billed(world)[0] == ("2026-01-10", 100, 100)
    assert [i.status for i in world.rows("invoices")] == ["open", "draft"]
    world.run("2026-02-20")
    assert billed(world) == [("2026-01-10", 100, 100), ("2026-01-10", 1, 1)]


def test_a_draft_whose_refresh_dies_is_as_it_was(db, tenant_id, monkeypatch):
    """B39."""
    world = draft_and_after(db, tenant_id)
    world.use("a", 300, "2026-01-20").run("2026-02-10")
    before = (world.rows("invoices"), world.rows("lines"))
    world.use("late", 50, "2026-01-25", recorded="2026-02-11")
    monkeypatch.setattr(drafts, "redraft", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-02-11")
    assert (world.rows("invoices"), world.rows("lines")) == before
    monkeypatch.undo()
    world.run("2026-02-20")
    assert billed(world) == [("2026-01-10", 350, 350)]


def test_workers_share_the_drafts_that_usage_has_changed(db, tenant_id, monkeypatch):
    """B28, B39: each is drafted anew once."""
    world = World(db, tenant_id).entity(grace_days=3).plan("graced", CALLS)
    for number in range(12):
        world.customer(f"c{number}", zone="UTC").start(f"s{number}", f"c{number}", "graced", "2026-01-10")  # fmt: skip
        world.use(f"a{number}", 100, "2026-01-20", of=f"s{number}")
    world.run("2026-02-10")
    for number in range(12):
        world.use(f"late{number}", 1, "2026-01-25", of=f"s{number}", recorded="2026-02-11")
    with world.tx() as tx:
        agreed = reading.conventions(tx)

    def refresh(_):
        return refreshing.refresh_drafts(db, tenant_id, day("2026-02-11"), agreed)

    monkeypatch.setattr(refreshing, "CHUNK", 3)
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(refresh, range(3))) == 12
    assert billed(world) == [("2026-01-10", 101, 101)] * 12
