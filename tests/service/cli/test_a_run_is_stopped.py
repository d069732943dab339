"""Ctrl-C at a bill run of several processes: all end, in one sentence, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from tests.service.billing.worlds import FEE, World
from tests.service.cli.command_line import CommandLine

from trueup.cli import failures
from trueup.db import create_tenant

PROGRAM = Path(sys.executable).with_name("trueup")
SECONDS_MAX = 60
WAITING = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"  # fmt: skip
STARTED = "select from billing.bill_run where finished_at is null"


@pytest.fixture
def world(db):
    """Eight bills due."""
    made = World(db, create_tenant(db, "default")).entity().plan("pro", FEE)
    for number in range(4):
        # Those on joint invoices are claimed by customer: each worker finds one to bill.
        made.customer(f"c{number}").start(f"s{number}", f"c{number}", "pro", "2026-01-01", is_joint=True)  # fmt: skip
    return made


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("is_early", [True, False], ids=["while workers start", "while they bill"])
def test_ctrl_c_stops_all_workers_in_one_sentence(database_url, tmp_path, is_early):
    with psycopg.connect(database_url) as connection:
        connection.execute("lock table billing.invoice in access exclusive mode")
        child = subprocess.Popen(
            [PROGRAM, "bill", "run", "--until", "2026-02-02", "--workers", "3"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TRUEUP_HOME": str(tmp_path), "TRUEUP_DATABASE_URL": database_url},
            start_new_session=True,  # a terminal sends it to every process of the group
        )
        until(database_url, STARTED if is_early else WAITING)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=SECONDS_MAX)
    assert (child.returncode, out) == (failures.INTERRUPTED, "")
    assert err.splitlines()[-1] == failures.STOPPED
    assert "Traceback" not in err
    by(lambda: not is_there(child.pid))  # nobody of the group is left
    again = CommandLine(tmp_path, database_url)("bill", "run", "--until", "2026-02-02", "--json")
    done = json.loads(again.out)
    assert (done["invoices"], done["still_due"], again.status) == (8, 0, failures.DONE)


def until(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        by(lambda: connection.execute(query).rowcount > 0)


def is_there(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def by(is_so):
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)
