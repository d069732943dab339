"""Usage that no bill holds is told by the run that meets it, once; what is over is billed once more (B28)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.service.billing.worlds import World, day

from trueup.billing.catalog.model import PriceModel
from trueup.billing.invoicing import left_out, runs
from trueup.billing.subscriptions.rules import planning
from trueup.db.errors import TransactionConflict
from trueup.kernel.ids import new_id

CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}


@pytest.fixture
def world(db, tenant_id):
    world = World(db, tenant_id).entity().plan("metered", CALLS).customer("ann", zone="UTC")
    return world.dialect(late_usage_periods=1).start("s", "ann", "metered", "2026-01-10")


def told(report):
    return [(r.reason, r.meter, str(r.starts_at.date()), int(r.quantity), r.events) for r in report.left_out]  # fmt: skip


def billed(world):
    """First day and quantity of each line, in the order of invoices."""
    return [(str(x.period_start.date()), int(x.quantity)) for x in world.rows("lines")]


def test_usage_that_comes_too_late_is_told_by_the_next_run_and_by_no_other(world):
    """B28: though the renewal would have been a plain one."""
    world.use("a", 3, "2026-01-20").run("2026-04-10")
    world.use("x", 5, "2026-01-25", recorded="2026-04-12").use("y", 2, "2026-01-26", recorded="2026-04-12")  # fmt: skip
    world.use("in time", 9, "2026-03-20", recorded="2026-04-12")
    report = world.run("2026-05-10")
    assert told(report) == [("too_late", "calls", "2026-01-10", 7, 2)]
    assert report.done.left_out == 1
    assert billed(world)[3:] == [("2026-03-10", 9), ("2026-04-10", 0)]
    world.use("z", 1, "2026-01-27", recorded="2026-05-12")
    found = [told(world.run(at)) for at in ("2026-06-10", "2026-06-11", "2026-07-10")]
    assert found == [[("too_late", "calls", "2026-01-10", 1, 1)], [], []]
    with world.tx() as tx:
        assert [r.quantity for r in runs.left_out(tx)] == [1, 7]
        assert sorted(r.left_out for r in runs.past_runs(tx)) == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("is_steady", [True, False])
def test_a_run_that_catches_up_holds_usage_for_late_either_way(world, is_steady):
    """B28: plain renewals by kind, and one by one."""
    world.run("2026-02-10")
    world.use("x", 5, "2026-02-25", recorded="2026-06-12").use("y", 2, "2026-05-26", recorded="2026-06-12")  # fmt: skip
    if not is_steady:
        world.do("unsteady")
    assert told(world.run("2026-06-13")) == [("too_late", "calls", "2026-02-10", 5, 1)]
    assert billed(world)[1:] == [("2026-02-10", 0), ("2026-03-10", 0), ("2026-04-10", 0), ("2026-05-10", 2)]  # fmt: skip


def test_workers_tell_together_what_each_of_them_met(world):
    for n in range(6):
        world.customer(f"c{n}", zone="UTC").start(f"s{n}", f"c{n}", "metered", "2026-01-10")
    world.run("2026-04-10")
    for n in range(6):
        world.use(f"x{n}", 5, "2026-01-25", of=f"s{n}", recorded="2026-04-12")
    report = world.run("2026-05-10", workers=2)
    assert (report.done.left_out, len(report.left_out)) == (6, 6)


def test_usage_of_a_meter_without_a_price_is_told_once(world):
    world.run("2026-02-10")
    world.use("x", 5, "2026-02-12", meter="disk").use("y", 6, "2026-02-13", meter="disk")
    assert told(world.run("2026-02-15")) == [("unpriced", "disk", "2026-02-12", 11, 2)]
    world.use("z", 1, "2026-02-16", meter="disk").use("ok", 1, "2026-02-16")
    assert told(world.run("2026-02-17")) == [("unpriced", "disk", "2026-02-16", 1, 1)]
    assert told(world.run("2026-03-10")) == []


def test_usage_without_a_price_that_showed_after_a_run_began_is_told_once(world):
    """B28: an event is seen when its batch commits, and carries the time at which it began."""
    world.use("x", 5, "2026-02-12", meter="disk").run("2026-02-12")
    world.use("slow", 3, "2026-02-01", recorded="2026-02-11T23:10", meter="disk")
    world.clock.at = day("2026-02-13")
    assert told(world.run("2026-02-13")) == [("unpriced", "disk", "2026-02-01", 3, 1)]
    assert told(world.run("2026-02-14")) == []


def test_two_runs_that_begin_at_once_tell_usage_without_a_price_once(world):
    """B28, B39: the second waits until the first has told it."""
    world.use("x", 5, "2026-02-12", meter="disk")
    until = day("2026-02-13")
    with ThreadPoolExecutor(1) as pool:
        with world.tx() as tx:
            _, first = runs._opened(tx, new_id(world.clock), until, world.clock)
            second = pool.submit(runs.run, world.db, world.tenant_id, until, world.clock)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        assert (first.left_out, second.result(timeout=60).done.left_out) == (1, 0)
    with world.tx() as tx:
        assert [(r.events, r.quantity) for r in runs.left_out(tx)] == [(1, 5)]


def test_a_run_that_stood_in_anothers_way_as_it_began_begins_anew(world, monkeypatch):
    """B39: as every chunk of it; what was undone is told by the second attempt alone."""
    world.use("x", 5, "2026-02-12", meter="disk")
    seen, leave_out = [], left_out.leave_out

    def undone_once(*arguments):
        seen.append(leave_out(*arguments))
        if len(seen) == 1:
            raise TransactionConflict("undone")
        return seen[-1]

    monkeypatch.setattr(left_out, "leave_out", undone_once)
    assert told(world.run("2026-02-13")) == [("unpriced", "disk", "2026-02-12", 5, 1)]
    assert seen == [1, 1]


def test_two_meters_of_one_charge_are_both_priced(world):
    world.plan("both", CALLS | {"meter": "up+down"}).customer("bob", zone="UTC")
    world.start("t", "bob", "both", "2026-01-10")
    world.use("x", 5, "2026-01-12", of="t", meter="up").use("y", 6, "2026-01-13", of="t", meter="down")  # fmt: skip
    assert told(world.run("2026-01-15")) == []


def test_usage_that_comes_after_the_last_bill_is_billed_by_the_next_run(world):
    """B28, B35, B39: once; and what was used after the end is told."""
    world.use("a", 3, "2026-01-20")
    world.order("s", "2026-01-25", lambda s, d, o: planning.cancel(s, o, d))
    world.run("2026-02-10")
    assert [row.next_bill_at for row in world.rows("schedule")] == [None]
    world.use("late", 5, "2026-01-22", recorded="2026-02-12").use("after", 7, "2026-01-27", recorded="2026-02-12")  # fmt: skip
    report = world.run("2026-02-13")
    assert (report.due, report.done.invoices, report.still_due) == (1, 1, 0)
    assert told(report) == [("not_served", "calls", "2026-01-10", 7, 1)]
    assert [world.run("2026-02-13").done.invoices for _ in range(2)] == [0, 0]
    for at in ("2026-02-14", "2026-03-13"):
        world.clock.at = day(at)
        again = world.run(at)
    assert (again.due, again.done.invoices, again.done.left_out) == (0, 0, 0)
    assert billed(world) == [("2026-01-10", 3), ("2026-01-10", 5)]
    assert [(row.status, row.next_bill_at) for row in world.rows("schedule")] == [("cancelled", None)]  # fmt: skip


def test_a_batch_that_began_before_the_last_bill_and_committed_after_it_is_billed(world):
    """B28, B39."""
    world.use("a", 3, "2026-01-20")
    world.order("s", "2026-01-25", lambda s, d, o: planning.cancel(s, o, d, at_period_end=True))
    world.run("2026-02-10")
    world.use("slow", 5, "2026-01-22", recorded="2026-02-09T23:30").clock.at = day("2026-02-11")
    world.run("2026-02-11")
    assert billed(world) == [("2026-01-10", 3), ("2026-01-10", 5)]


def test_a_run_that_dies_finds_what_came_after_the_last_bill_the_next_time(world, monkeypatch):
    world.use("a", 3, "2026-01-20")
    world.order("s", "2026-01-25", lambda s, d, o: planning.cancel(s, o, d))
    world.run("2026-02-10")
    world.use("late", 5, "2026-01-22", recorded="2026-02-12")
    monkeypatch.setattr(runs, "work_in_processes", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-02-13")
    monkeypatch.undo()
    assert world.run("2026-02-14").done.invoices == 1


def test_what_a_run_told_that_was_killed_is_not_told_again(world, monkeypatch):
    """B39: it was kept with the run that began."""
    world.use("o", 4, "2026-01-20", meter="other")
    monkeypatch.setattr(runs, "work_in_processes", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.run("2026-02-10")
    monkeypatch.undo()
    assert told(world.run("2026-02-10")) == []
    with world.tx() as tx:
        assert [(r.reason, r.quantity) for r in runs.left_out(tx)] == [("unpriced", 4)]
