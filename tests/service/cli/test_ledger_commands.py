"""The books by command: accounts, balances as of any day, entries; what is shown is what was posted."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    """An invoice of the 10th of January and one of February, 100.00 and 19 % each; the first is paid."""
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE", "--time-zone", "Europe/Berlin")  # fmt: skip
    made("plan", "create", "pro")
    for money in ("EUR", "USD"):
        made("plan", "price", "pro", "--currency", money, "--amount", "100.00", "--at", "2020-01-01")  # fmt: skip
    for name, money in (("Ann", "EUR"), ("Bob", "USD")):
        made("customer", "create", name, "--currency", money, "--country", "DE", "--time-zone", "Europe/Berlin")  # fmt: skip
        made("subscription", "start", name, "pro", "--at", "2026-01-10")
    made("bill", "run", "--until", "2026-02-11")
    made("payment", "record", "INV-000001", "150.00", "--reference", "w1", "--at", "2026-01-12")
    return made


def said(ended):
    assert ended.status == 0, ended.said
    return json.loads(ended.out)


def amounts(rows, *names):
    return [tuple(row[name]["amount"] if name in {"debits", "credits", "balance"} else row[name] for name in names) for row in rows]  # fmt: skip


def test_the_accounts_of_a_customer_are_listed_with_what_stands_on_them(trueup):
    """B59."""
    rows = said(trueup("ledger", "accounts", "--customer", "Ann", "--json"))
    moved = [row for row in rows if row["debits"]["amount"] != row["credits"]["amount"]]
    assert amounts(moved, "kind", "customer", "debits", "credits", "balance") == [
        ("receivable", "Ann", "238.00", "119.00", "119.00"),
        ("customer_credit", "Ann", "0.00", "31.00", "31.00"),
    ]
    assert "119.00 EUR" in trueup("ledger", "accounts", "--account", "receivable").said


def test_debits_equal_credits_in_each_currency_and_are_never_summed_across(trueup):
    """B20, B59."""
    ended = trueup("ledger", "balance")
    assert "EUR: debits equal credits, 388.00 EUR each" in ended.said
    assert "USD: debits equal credits, 238.00 USD each" in ended.said
    rows = said(trueup("ledger", "balance", "--json"))
    for money in ("EUR", "USD"):
        own = [row for row in rows if row["debits"]["currency"] == money]
        assert sum(Decimal(row["debits"]["amount"]) - Decimal(row["credits"]["amount"]) for row in own) == 0  # fmt: skip
    assert {row["currency"] for row in said(trueup("ledger", "balance", "--currency", "USD", "--json"))} == {"USD"}  # fmt: skip


@pytest.mark.parametrize(
    ("until", "receivable", "cash"),
    [
        ("2026-01-10", [], []),
        ("2026-01-11", ["119.00"], []),  # a day stands for its first instant, in Berlin
        ("2026-01-12", ["119.00"], []),
        ("2026-01-13", ["0.00"], ["150.00"]),
        ("2026-02-10T00:00+01:00", ["0.00"], ["150.00"]),
        ("2026-02-10T00:01+01:00", ["119.00"], ["150.00"]),
    ],
)
def test_a_balance_is_of_any_day(trueup, until, receivable, cash):
    """B59: what takes effect before it counts, whenever it was written."""
    rows = said(trueup("ledger", "balance", "--currency", "EUR", "--until", until, "--json"))
    found = {kind: [row["balance"]["amount"] for row in rows if row["kind"] == kind] for kind in ("receivable", "cash")}  # fmt: skip
    assert found == {"receivable": receivable, "cash": cash}
    listed = said(trueup("ledger", "accounts", "--account", "receivable", "--customer", "Ann", "--until", until, "--json"))  # fmt: skip
    assert [row["balance"]["amount"] for row in listed] == (receivable or ["0.00"])


def test_entries_show_what_each_fact_debited_and_credited(trueup):
    """B59: newest first, by customer, account, fact and time."""
    (payment,) = said(trueup("payment", "list", "--json"))
    rows = said(trueup("ledger", "entries", "--entry", payment["payment_id"], "--json"))
    assert {(row["debit"], row["credit"], row["amount"]["amount"]) for row in rows} == {
        ("cash", "receivable", "119.00"),
        ("cash", "customer_credit", "31.00"),
    }
    of_bob = said(trueup("ledger", "entries", "--customer", "Bob", "--json"))
    assert [(row["template"], row["amount"]["currency"]) for row in of_bob] == [("invoice", "USD")] * 4  # fmt: skip
    assert [row["effective_at"][:10] for row in of_bob] == ["2026-02-09"] * 2 + ["2026-01-09"] * 2
    february = ("--since", "2026-02-01", "--until", "2026-03-01", "--account", "tax_payable")
    assert len(said(trueup("ledger", "entries", *february, "--json"))) == 2
    shown = trueup("ledger", "entries", "--entry", payment["payment_id"]).said
    assert "2026-01-12 31.00 EUR: debit cash, credit customer_credit of Ann" in shown
    assert "Nothing has moved." in trueup("ledger", "entries", "--until", "2020-01-01").said


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("balance", "--account", "wallet"), 2, "'wallet' is no account; name one of receivable"),
        (("accounts", "--currency", "QQQ"), 3, "QQQ"),
        (("entries", "--customer", "Nobody"), 3, "Nobody"),
        (("entries", "--tenant", "nobody"), 3, "nobody"),
    ],
)
def test_what_is_not_there_is_refused(trueup, arguments, status, told):
    ended = trueup("ledger", *arguments)
    assert (ended.status, told in " ".join(ended.said.replace("│", " ").split())) == (status, True), ended.said  # fmt: skip
