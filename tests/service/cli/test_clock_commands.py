"""Test clocks and forecasts by command."""

from __future__ import annotations

import json

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
    assert (advanced["invoices"], advanced["totals"]) == (3, {"EUR": "35.70 EUR"})
    shown = trueup("bill", "list", "--tenant", "default/spring").said
    assert "TEST-INV-000003" in shown
    assert "2030-05-01" in shown
    assert key not in trueup("bill", "due", "--until", "2031-01-01", "--json").out


def test_a_forecast_is_printed_and_nothing_is_kept(trueup):
    told = json.loads(trueup("bill", "forecast", "Ann", "--months", "3", "--json").out)
    assert told["totals"]["EUR"].endswith(" EUR")
    assert len(told["invoices"]) >= 3
    assert json.loads(trueup("clock", "list", "--json").out) == []
    assert json.loads(trueup("bill", "list", "--json").out) == []


def test_test_books_are_made_by_a_clock_alone(trueup):
    refused = trueup("customer", "create", "Bob", "--currency", "EUR", "--tenant", "default/spring")
    assert (refused.status, "tenant_not_found" in refused.said) == (3, True)
