"""Test clocks and the schedule by command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE")
    made("plan", "create", "pro")
    made("plan", "price", "pro", "--currency", "EUR", "--amount", "10.00", "--at", "2020-01-01")
    made("customer", "create", "Ann", "--currency", "EUR", "--country", "DE")
    made("subscription", "start", "Ann", "pro", "--at", "2026-01-10")
    return made


def test_in_test_books_now_is_where_the_clock_stands(trueup):
    assert trueup("clock", "create", "spring", "--at", "2030-05-01").out.strip() == "default/spring"
    made = trueup("customer", "create", "Bob", "--currency", "EUR", "--country", "DE", "--tenant", "default/spring")  # fmt: skip
    assert made.status == 0
    key = trueup("subscription", "start", "Bob", "pro", "--tenant", "default/spring").out.strip()
    advanced = json.loads(trueup("clock", "advance", "spring", "--to", "2030-07-02", "--json").out)
    assert (advanced["invoices"], advanced["totals"]) == (
        3,
        [{"currency": "EUR", "total": {"amount": "35.70", "currency": "EUR"}}],
    )
    shown = trueup("bill", "list", "--tenant", "default/spring").said
    assert "TEST-INV-000003" in shown
    assert "2030-05-01" in shown
    assert key not in trueup("bill", "due", "--until", "2031-01-01", "--json").out


def test_a_forecast_is_printed_and_nothing_is_kept(trueup):
    told = json.loads(trueup("bill", "forecast", "Ann", "--months", "3", "--json").out)
    assert [each["currency"] for each in told["totals"]] == ["EUR"]
    assert len(told["invoices"]) >= 3
    assert json.loads(trueup("clock", "list", "--json").out) == []
    assert json.loads(trueup("bill", "list", "--json").out) == []


def test_a_forecast_says_what_it_lacks_and_from_when(trueup):
    """B20: rates of the future are not on file."""
    trueup("fx", "tax-currency", "de", "GBP")
    said = trueup("bill", "forecast", "Ann", "--months", "3").said
    assert "Nothing would be billed" not in said
    assert "Ann is not billed from 2026-01-10 on: No rate between EUR and GBP is on file" in said
    assert "trueup fx add EUR GBP" in said


def test_test_books_are_made_by_a_clock_alone(trueup):
    refused = trueup("customer", "create", "Bob", "--currency", "EUR", "--tenant", "default/spring")
    assert (refused.status, "tenant_not_found" in refused.said) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--every", "1h"), "every hour"),
        (("--at", "02:00", "--at", "14:00", "--zone", "Europe/Berlin"), "at 02:00, 14:00 Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_schedule_is_set_shown_and_removed(trueup, arguments, said):
    assert said in trueup("bill", "schedule", "set", *arguments).said
    assert said in trueup("bill", "schedule", "show").said
    assert json.loads(trueup("bill", "schedule", "show", "--json").out)["workers"] == 1
    assert "Removed." in trueup("bill", "schedule", "remove").said
    assert json.loads(trueup("bill", "schedule", "show", "--json").out) is None


@pytest.mark.parametrize(
    "arguments", [(), ("--every", "1h", "--at", "02:00"), ("--every", "soon"), ("--at", "25:00")]
)
def test_a_schedule_that_says_no_time_is_wrong_usage(trueup, arguments):
    assert trueup("bill", "schedule", "set", *arguments).status == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_keeper_in_good_order(trueup, number):
    """It bills what is due at once, says when the next run is, and ends with status 0."""
    environment = {**os.environ, "TRUEUP_HOME": str(trueup.home), "TRUEUP_DATABASE_URL": trueup.url}
    program = "import sys; from trueup.app.main import main; sys.argv[0] = 'trueup'; main()"
    command = [sys.executable, "-c", program, "bill", "schedule", "--every", "1h", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as keeper:
        watchdog = threading.Timer(120, keeper.kill)
        watchdog.start()
        said = [json.loads(keeper.stdout.readline()) for _ in range(2)]
        keeper.send_signal(number)
        rest, _ = keeper.communicate()
        watchdog.cancel()
    assert [each["event"] for each in said] == ["ran", "waiting"]
    assert said[0]["invoices"] > 0
    assert (json.loads(rest)["event"], keeper.returncode) == ("stopped", 0)
