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

RUN = """
import sys
from datetime import datetime
from tests.service.billing.worlds import World
from trueup.db import Database
if __name__ == "__main__":
    with Database.connect(sys.argv[1]) as db:
        print("begun", flush=True)
        World(db, int(sys.argv[2])).run("2026-12-15", workers=2)
"""


@pytest.mark.parametrize("after_ms", [30, 120, 300, 600])
def test_killed_and_run_again_nothing_is_billed_twice_or_left_out(
    db, database_url, tenant_id, after_ms
):
    world = World(db, tenant_id).entity().plan("pro", FEE, SEATS)
    for number in range(40):
        world.customer(f"c{number}").start(
            f"s{number}", f"c{number}", "pro", "2026-01-10", quantity=number
        )
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, database_url, str(tenant_id)],
        stdout=subprocess.PIPE, cwd=Path.cwd(), start_new_session=True,
    )  # fmt: skip
    run.stdout.readline()
    time.sleep(after_ms / 1000)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    report = world.run("2026-12-15")
    numbers = [row.number for row in world.rows("invoices")]
    lines = [(line.subscription_id, line.line_key) for line in world.rows("lines")]
    assert (report.still_due, len(numbers)) == (0, 40 * 12)
    assert numbers == [f"INV-{n:06d}" for n in range(1, 40 * 12 + 1)]
    assert len(lines) == len(set(lines)) == 40 * 12 * 2
    assert len(world.rows("outbox")) == 40 * 12
