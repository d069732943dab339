"""Days given to commands are those of whom the command is about (B4), and shown as such."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from tests.service.cli.command_line import CommandLine

FAR_WEST, FAR_EAST = "America/Los_Angeles", "Pacific/Auckland"


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "A", "--country", "DE", "--no-tax", "--time-zone", "Europe/Berlin")  # fmt: skip
    made("plan", "create", "pro")
    made("plan", "price", "pro", "--currency", "EUR", "--amount", "31.00", "--at", "2020-01-01")
    for name, zone in (("Ann", FAR_WEST), ("Bob", FAR_EAST)):
        made("customer", "create", name, "--currency", "EUR", "--time-zone", zone)
    return made


def said(ended):
    assert ended.status == 0, ended.said
    return json.loads(ended.out)


def start(trueup, name, at):
    return trueup("subscription", "start", name, "pro", "--at", at).out.strip()


@pytest.mark.parametrize("name", ["Ann", "Bob"])
def test_a_subscription_begins_and_is_paused_on_the_customers_own_days(trueup, name):
    subscription = start(trueup, name, "2026-03-01")
    trueup("subscription", "pause", subscription, "--at", "2026-03-11")
    trueup("subscription", "resume", subscription, "--at", "2026-04-11")
    shown = said(trueup("subscription", "show", subscription, "--json"))
    assert shown["items"][0]["from"] == "2026-03-01"
    listed = trueup("subscription", "show", subscription).said
    assert "start, from 2026-03-01" in listed
    assert "pause, from 2026-03-11" in listed
    # Clocks are changed while it is paused: its days are shares of the month all the same.
    trueup("bill", "run", "--until", "2026-05-02")
    invoices = said(trueup("bill", "list", "--json"))
    # Ten days of March, twenty of April, all of May.
    billed = sum(Decimal(row["total"]["amount"]) for row in invoices)
    assert billed == Decimal("10.00") + Decimal("20.67") + Decimal("31.00")


def test_a_run_until_a_day_bills_what_is_due_as_the_legal_entitys_day_begins(trueup):
    """Berlin is west of Auckland and east of Los Angeles: only the former's first has begun."""
    start(trueup, "Ann", "2026-06-01")
    start(trueup, "Bob", "2026-06-01")
    due = said(trueup("bill", "due", "--until", "2026-06-01", "--json"))
    assert [row["customer"] for row in due] == ["Bob"]
    run = trueup("bill", "run", "--until", "2026-06-01")
    assert "1 invoice until 2026-06-01 00:00 CEST" in run.said
    assert "2026-06-01" in trueup("bill", "list").said  # issued: Bob's own day
    assert "until 2026-06-01 00:00 CEST" in trueup("bill", "runs").said
    assert said(trueup("bill", "run", "--until", "2026-06-02", "--json"))["invoices"] == 1


def test_coupons_and_credits_count_from_days_of_their_customer(trueup):
    subscription = start(trueup, "Ann", "2026-06-01")
    trueup("coupon", "give", subscription, "HI", "--percent", "10", "--at", "2026-06-01", "--until", "2026-07-01")  # fmt: skip
    assert "from 2026-06-01 until 2026-07-01" in trueup("coupon", "list", subscription).said
    trueup("credit", "grant", "Bob", "5.00", "--at", "2026-06-01", "--until", "2099-01-01")
    assert "5.00 EUR left, from 2026-06-01 until 2099-01-01" in trueup("credit", "list").said
    (credit,) = said(trueup("credit", "list", "--json"))
    assert credit["granted_at"] == "2026-05-31T12:00:00+00:00"
    assert credit["expires_at"] == "2098-12-31T11:00:00+00:00"


@pytest.mark.parametrize(("name", "where"), [("Ann", FAR_WEST), ("Bob", FAR_EAST)])
def test_credit_that_names_no_day_counts_from_all_of_today(trueup, name, where):
    """B4, B42: what fell due this morning and is not written yet is settled by it."""
    credit = said(trueup("credit", "grant", name, "5.00", "--json"))
    began = datetime.fromisoformat(credit["granted_at"]).astimezone(ZoneInfo(where))
    assert began.time() == time()
    assert began <= datetime.now(UTC) < began + timedelta(hours=26)


def test_a_preview_and_a_payment_are_of_the_customers_days(trueup):
    subscription = start(trueup, "Bob", "2026-06-01")
    preview = said(trueup("bill", "preview", subscription, "--at", "2026-06-01", "--json"))
    assert preview["invoice"]["lines"][0]["from"] == "2026-06-01"
    trueup("bill", "run", "--until", "2026-06-01")
    assert trueup("payment", "record", "INV-000001", "--at", "2026-06-03").status == 0


@pytest.mark.parametrize(
    ("command", "whose"),
    [
        (("subscription", "start"), "customer's time zone"),
        (("subscription", "change"), "subscription's time zone"),
        (("coupon", "give"), "subscription's time zone"),
        (("credit", "grant"), "customer's time zone"),
        (("plan", "price"), "legal entity's time zone"),
        (("bill", "run"), "legal entity's time zone"),
        (("bill", "due"), "legal entity's time zone"),
        (("payment", "record"), "customer's time zone"),
    ],
)
def test_the_help_says_whose_days_are_meant(trueup, command, whose):
    told = trueup(*command, "--help").said.replace("│", "")
    assert whose in " ".join(told.split())
