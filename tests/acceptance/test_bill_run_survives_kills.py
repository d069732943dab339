"""A bill run that is killed anywhere and run again bills everything once, with numbers without a gap."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.service.billing.worlds import FEE, SEATS, World

from trueup.billing.catalog.model import PriceModel
from trueup.db import create_tenant

RUN = """
import sys
from datetime import datetime
from tests.service.billing.worlds import World
from trueup.db import Database
if __name__ == "__main__":
    with Database.connect(sys.argv[1]) as db:
        print("begun", flush=True)
        World(db, int(sys.argv[2])).run(sys.argv[3], workers=2)
"""


CALLS = {"meter": "calls", "euros": "0.01", "model": PriceModel.PER_UNIT}
GOLD = {"thresholds": ({"amount": "2.00", "is_recurring": True},)}


def killed(url, tenant_id, until, after_ms):
    """A run of two processes, dead some time after it began."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, url, str(tenant_id), until],
        stdout=subprocess.PIPE, cwd=Path.cwd(), start_new_session=True,
    )  # fmt: skip
    run.stdout.readline()
    time.sleep(after_ms / 1000)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()


@pytest.mark.parametrize("after_ms", [30, 120, 300, 600])
def test_killed_and_run_again_nothing_is_billed_twice_or_left_out(
    db, database_url, tenant_id, after_ms
):
    world = World(db, tenant_id).entity().plan("pro", FEE, SEATS)
    for number in range(40):
        world.customer(f"c{number}").start(
            f"s{number}", f"c{number}", "pro", "2026-01-10", quantity=number
        )
    killed(database_url, tenant_id, "2026-12-15", after_ms)
    report = world.run("2026-12-15")
    numbers = [row.number for row in world.rows("invoices")]
    lines = [(line.subscription_id, line.line_key) for line in world.rows("lines")]
    assert (report.still_due, len(numbers)) == (0, 40 * 12)
    assert numbers == [f"INV-{n:06d}" for n in range(1, 40 * 12 + 1)]
    assert len(lines) == len(set(lines)) == 40 * 12 * 2
    assert len(world.rows("outbox")) == 40 * 12


def graced(db, tenant_id):
    """Drafts in their days of grace of which half are to follow usage, and thresholds crossed since."""
    world = World(db, tenant_id).entity(grace_days=3).plan("calls", FEE, CALLS, SEATS)
    world.plan("gold", CALLS, **GOLD).customer("ann", zone="UTC")
    for number in range(30):
        plan = "gold" if number % 3 == 0 else "calls"
        world.start(f"s{number}", "ann", plan, "2026-01-10", may_repeat=True)
        world.use(f"a{number}", 100 + number, "2026-01-20", of=f"s{number}")
    world.run("2026-02-10")
    for number in range(0, 30, 2):
        world.use(f"late{number}", 7, "2026-02-08", of=f"s{number}", recorded="2026-02-11")
        world.use(f"b{number}", 250, "2026-02-11", of=f"s{number}")
    return world


def books(world):
    """Every document with its lines, whatever its number."""
    names = {world.id(f"s{number}"): number for number in range(30)}
    lines = sorted((names[x.subscription_id], x.kind, x.amount_micros, str(x.period_start), x.number is None) for x in world.rows("lines"))  # fmt: skip
    kept = sorted((i.kind, i.status, str(i.issued_at), i.total_micros) for i in world.rows("invoices"))  # fmt: skip
    return kept, lines, sorted(i.number for i in world.rows("invoices") if i.number)


@pytest.mark.parametrize("after_ms", [30, 250, 500, 900])
def test_killed_among_drafts_and_thresholds_it_comes_to_the_same_books(
    db, database_url, tenant_id, after_ms
):
    """B22, B28, B39, B40, B49: refreshed once, billed ahead once, issued with every number."""
    whole, broken = graced(db, create_tenant(db, "never killed")), graced(db, tenant_id)
    whole.run("2026-02-12")
    killed(database_url, tenant_id, "2026-02-12", after_ms)
    broken.run("2026-02-12")
    assert books(broken) == books(whole)
    for world in (whole, broken):
        world.run("2026-02-16")
    assert books(broken) == books(whole)
    assert broken.balance("receivable") == whole.balance("receivable")
