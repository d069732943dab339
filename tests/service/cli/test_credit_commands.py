"""Credit applied, paid out and left, by command; and customers who are closed or made twice."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    """Ann owes 30.00 EUR, and gets 20.00 EUR of credit afterwards."""
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "A", "--country", "DE", "--no-tax")
    made("customer", "create", "Ann", "--currency", "EUR", "--email", "ann@example.com")
    made("pending", "add", "Ann", "30.00", "Training", "--at", "2026-01-05")
    made("pending", "bill", "Ann", "--at", "2026-01-06")
    assert made("credit", "grant", "Ann", "20.00", "--at", "2026-01-07").status == 0
    return made


def said(ended):
    assert ended.status == 0, ended.said
    return json.loads(ended.out)


def due(trueup):
    (row,) = said(trueup("bill", "list", "--json"))
    amounts = (row["total"], row["paid"], row["credited"])
    return [each["amount"] for each in amounts], row["status"]


def test_credit_is_applied_in_parts_and_then_as_far_as_it_goes(trueup):
    told = trueup("credit", "apply", "INV-000001", "--amount", "5.00")
    assert "5.00 EUR of credit for INV-000001; 25.00 EUR is due." in told.said
    assert (
        "credit_applied_alike" in trueup("credit", "apply", "INV-000001", "--amount", "5.00").said
    )
    made = said(trueup("credit", "apply", "INV-000001", "--json"))
    assert (made["applied"]["amount"], made["due"]["amount"]) == ("15.00", "10.00")
    assert [part["amount"]["amount"] for part in made["parts"]] == ["15.00"]
    again = trueup("credit", "apply", "INV-000001")
    assert (again.status, "nothing_to_spend" in again.said) == (3, True)
    assert due(trueup) == (["30.00", "0.00", "20.00"], "open")


def test_what_was_paid_too_much_is_paid_out_and_listed(trueup):
    trueup("payment", "record", "INV-000001", "42.00", "--reference", "w")
    told = trueup(
        "credit", "pay-out", "--customer", "Ann", "--amount", "5.00", "--reference", "b-1"
    )
    assert "5.00 EUR paid out to Ann (b-1)." in told.said
    own = next(row for row in said(trueup("credit", "list", "--json")) if not row["is_goodwill"])
    made = said(trueup("credit", "pay-out", own["credit_id"], "--reference", "b-2", "--json"))
    assert made["amount"]["amount"] == "7.00"
    listed = said(trueup("credit", "payouts", "--customer", "Ann", "--json"))
    assert sorted((row["reference"], row["amount"]["amount"]) for row in listed) == [("b-1", "5.00"), ("b-2", "7.00")]  # fmt: skip
    assert "b-2" in trueup("credit", "payouts").said


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("pay-out", "--customer", "Ann", "--reference", "b"), 3, "Ann has no credit in EUR that is money of theirs"),
        (("pay-out", "--reference", "b"), 2, "name either a credit by its id or --customer"),
        (("pay-out", "--customer", "Ann", "--reference", " "), 2, "--reference is empty"),
        (("pay-out", "--customer", "Ann", "--reference", "b", "--amount", "-5"), 3, "more than nothing, not -5.00 EUR"),
        (("pay-out", "00000000-0000-0000-0000-000000000001", "--reference", "b"), 3, "There is no credit"),
        (("apply", "INV-000001", "--amount", "-5"), 3, "more than nothing, not -5.00 EUR"),
        (("apply", "INV-000001", "--amount", "30.01"), 3, "30.00 EUR is due, not 30.01 EUR"),
        (("apply", "INV-000001", "--amount", "25.00"), 3, "20.00 EUR of credit is left for this, not 25.00 EUR"),
        (("apply", "INV-000009"), 3, "INV-000009"),
        (("grant", "Ann", "-5"), 3, "A credit is more than nothing."),
    ],
)  # fmt: skip
def test_what_cannot_be_spent_is_refused_in_a_sentence(trueup, arguments, status, told):
    ended = trueup("credit", *arguments)
    assert (ended.status, told in ended.said) == (status, True), ended.said
    assert due(trueup)[0] == ["30.00", "0.00", "0.00"]


def test_an_option_that_is_not_known_is_told_beside_an_amount_below_zero(trueup):
    ended = trueup("credit", "grant", "Ann", "-5", "--raeson", "x")
    assert (ended.status, "--raeson" in ended.said) == (2, True)


def test_a_grant_that_was_taken_back_stays_so_when_its_invoice_is_void(trueup):
    (given,) = said(trueup("credit", "list", "--json"))
    trueup("credit", "apply", "INV-000001", "--amount", "12.00")
    trueup("credit", "take-back", given["credit_id"])
    assert trueup("bill", "void", "INV-000001").status == 0
    (row,) = said(trueup("credit", "list", "--json"))
    assert (row["remaining"]["amount"], row["is_taken_back"]) == ("0.00", True)
    assert "0.00 EUR left, taken back" in trueup("credit", "list").said


def test_a_customer_with_whom_something_is_left_is_closed_only_at_ones_word(trueup):
    trueup("pending", "add", "Ann", "5.00", "More", "--at", "2026-01-08")
    left = "1 open invoice (30.00 EUR due), 1 pending item (5.00 EUR to be billed) and 1 credit (20.00 EUR left)"  # fmt: skip
    refused = trueup("customer", "close", "Ann")
    assert (refused.status, left in refused.said) == (3, True), refused.said
    assert "customer_unsettled" in refused.said
    assert said(trueup("customer", "show", "Ann", "--json"))["status"] == "active"
    closed = trueup("customer", "close", "Ann", "--anyway")
    assert (closed.status, f"what stays: {left}" in closed.said) == (0, True), closed.said


def test_a_customer_who_is_served_is_not_closed_even_so(trueup):
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "9.00", "--at", "2020-01-01")
    trueup("subscription", "start", "Ann", "pro", "--at", "2026-01-01")
    refused = trueup("customer", "close", "Ann", "--anyway")
    assert (refused.status, "customer_served" in refused.said) == (3, True)
    assert "1 subscription that is not over, 1 open invoice (30.00 EUR due) and 1 credit" in refused.said  # fmt: skip


def test_credit_that_has_ended_keeps_nobody_open(trueup):
    trueup("payment", "record", "INV-000001", "30.00", "--reference", "w")
    (given,) = said(trueup("credit", "list", "--json"))
    trueup("credit", "take-back", given["credit_id"])
    trueup("credit", "grant", "Ann", "5.00", "--at", "2026-01-07", "--until", "2026-01-08")
    assert said(trueup("customer", "close", "Ann", "--json"))["left"] == []


@pytest.mark.parametrize("second", [("Ann",), ("Anna", "--email", "ANN@example.com")])
def test_who_may_have_been_made_twice_is_pointed_out_and_made(trueup, second):
    first = said(trueup("customer", "show", "ann@example.com", "--json"))["customer_id"]
    made = trueup("customer", "create", *second, "--currency", "EUR")
    assert (made.status, len(made.out.split())) == (0, 1)  # a script reads the id alone
    assert f"Another customer has this name or e-mail address: {first}." in " ".join(made.err.split())  # fmt: skip
    told = said(trueup("customer", "create", *second, "--currency", "EUR", "--json"))
    assert first in [each["customer_id"] for each in told["alike"]]
    assert trueup("customer", "create", "Bob", "--currency", "EUR").err == ""


def test_what_is_least_due_is_set_right_by_currency(trueup):
    trueup("bill", "entity-change", "de", "--least-due", "EUR=50.00", "--least-due", "USD=1.00")
    trueup("customer", "create", "Bob", "--currency", "EUR")
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "9.00", "--at", "2020-01-01")
    trueup("subscription", "start", "Bob", "pro", "--at", "2026-01-01")
    assert "0 invoices" in trueup("bill", "run", "--until", "2026-01-02").said
    changed = said(trueup("bill", "entity-change", "de", "--least-due", "EUR=0", "--json"))
    assert changed["least_due"] == {"EUR": 0, "USD": 1_000_000}
    assert "1 invoice until" in trueup("bill", "run", "--until", "2026-02-02").said  # both months


def test_a_day_that_is_none_is_named(trueup):
    ended = trueup("credit", "grant", "Ann", "5.00", "--at", "2026-02-30")
    assert ended.status == 2
    assert "'2026-02-30' is no day or instant" in ended.err
