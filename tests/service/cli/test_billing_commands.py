"""Billing by command: from a legal entity to a paid invoice, as a person would do it."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    return CommandLine(tmp_path, database_url)


@pytest.fixture
def subscription(trueup):
    trueup(
        "bill",
        "entity",
        "de",
        "--name",
        "Acme GmbH",
        "--country",
        "DE",
        "--vat-number",
        "DE123456789",
    )
    trueup("customer", "create", "Ann", "--currency", "EUR", "--country", "DE")
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "12.50", "--at", "2020-01-01")
    tiers = '[{"up_to": "10", "unit": "1.00"}, {"up_to": null, "unit": "0.50"}]'
    trueup("plan", "price", "pro", "--currency", "EUR", "--charge", "seats", "--model", "graduated", "--tiers", tiers, "--at", "2020-01-01")  # fmt: skip
    return trueup(
        "subscription", "start", "Ann", "pro", "--at", "2026-01-10", "--quantity", "25"
    ).out.strip()


def test_what_is_due_is_billed_shown_and_explained(trueup, subscription):
    assert subscription in trueup("bill", "due", "--until", "2026-01-11").said
    done = json.loads(trueup("bill", "run", "--until", "2026-01-11", "--json").out)
    assert (done["invoices"], done["still_due"], done["totals"]) == (
        1,
        0,
        [{"currency": "EUR", "total": {"amount": "35.70", "currency": "EUR"}}],
    )
    said = trueup("bill", "show", "INV-000001", "--explain").said
    assert "10 × €1.00 (up to 10) + 15 × €0.50 (above 10) = €17.50" in said
    assert "DOES NOT COMPUTE" not in said
    shown = json.loads(trueup("bill", "show", "INV-000001", "--json").out)
    assert [line["amount"]["amount"] for line in shown["lines"]] == ["12.50", "17.50"]


def test_a_change_is_previewed_before_it_is_ordered(trueup, subscription):
    trueup("bill", "run", "--until", "2026-01-11")
    shown = json.loads(
        trueup("subscription", "quantity", subscription, "30", "--preview", "--json").out
    )
    assert {line["kind"] for line in shown["invoice"]["lines"]} == {"recurring"}
    listed = json.loads(trueup("bill", "list", "--json").out)
    assert len(listed) == 1


@pytest.mark.usefixtures("subscription")
def test_a_payment_settles_an_invoice(trueup):
    trueup("bill", "run", "--until", "2026-01-11")
    trueup("payment", "record", "INV-000001", "--reference", "wire-7")
    (invoice,) = json.loads(trueup("bill", "list", "--json").out)
    assert (invoice["status"], invoice["due"]["amount"]) == ("paid", "0.00")


@pytest.mark.parametrize("reference", [("--reference", "wire-7"), ()])
@pytest.mark.usefixtures("subscription")
def test_a_payment_given_again_is_known_not_one_too_many(trueup, reference):
    trueup("bill", "run", "--until", "2026-01-11")
    (invoice,) = json.loads(trueup("bill", "list", "--json").out)
    assert invoice["due"]["amount"] == "35.70"
    pay = ("payment", "record", "INV-000001", *reference)
    assert trueup(*pay).status == 0
    for amount in (), ("35.70",):
        again = trueup(*pay[:3], *amount, *reference)
        assert (again.status, "is recorded" in again.said) == (3, True)
        assert "Nothing, if it is the same payment" in again.said
    assert "is paid and takes no payment" in trueup(*pay[:3], "1.00", "--again").said


@pytest.mark.parametrize(("country", "says"), [("JP", True), ("DE", False)])
@pytest.mark.usefixtures("subscription")
def test_an_invoice_without_tax_says_why_there_is_none(trueup, country, says):
    trueup("customer", "create", "Eve", "--currency", "EUR", "--country", country)
    begun = trueup("subscription", "start", "Eve", "pro", "--at", "2026-01-10").out.strip()
    foreseen = trueup("bill", "preview", begun, "--at", "2026-01-11").said
    assert ("no tax: Supply outside the scope of VAT." in foreseen) is says
    trueup("bill", "run", "--until", "2026-01-11")
    shown = " ".join(trueup("bill", "show", f"INV-00000{number}").said for number in (1, 2))
    assert ("no tax: Supply outside the scope of VAT." in shown) is says
    assert ("no tax:" in shown) is says


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("bill", "show", "INV-999999"), "invoice_unknown"),
        (("subscription", "start", "Bob", "pro"), "customer_unknown"),
        (("subscription", "start", "Ann", "gold"), "plan_unknown"),
        (("bill", "void", "INV-000001"), "invoice_unknown"),
        (("bill", "run", "--tenant", "nobody"), "tenant_not_found"),
    ],
)
@pytest.mark.usefixtures("subscription")
def test_a_mistake_is_told_with_its_fix(trueup, arguments, code):
    ended = trueup(*arguments)
    assert (ended.status, code in ended.said, "fix" in ended.said) == (3, True, True)


def test_a_cancellation_can_be_taken_back(trueup, subscription):
    trueup("bill", "run", "--until", "2026-01-11")
    trueup("subscription", "cancel", subscription, "--period-end")
    assert trueup("subscription", "uncancel", subscription).status == 0
    shown = json.loads(trueup("subscription", "show", subscription, "--json").out)
    assert (shown["cancel_at"], [o["kind"] for o in shown["orders"]]) == (
        None,
        ["start", "cancel", "uncancel"],
    )


@pytest.mark.usefixtures("subscription")
def test_an_amount_is_added_to_the_next_invoice_taken_back_or_billed_now(trueup):
    added = trueup("pending", "add", "Ann", "-5.00", "Sorry", "--at", "2026-01-09")
    dropped = trueup("pending", "add", "Ann", "70.00", "Mistake", "--at", "2026-01-09")
    assert (added.status, trueup("pending", "drop", dropped.out.strip()).status) == (0, 0)
    assert added.out.strip() in trueup("pending", "list").said
    done = json.loads(trueup("bill", "run", "--until", "2026-01-11", "--json").out)
    assert (done["waiting"], done["totals"]) == (
        0,
        [{"currency": "EUR", "total": {"amount": "29.75", "currency": "EUR"}}],
    )
    assert "Sorry: -€5.00" in trueup("bill", "show", "INV-000001", "--explain").said
    trueup("pending", "add", "Ann", "50.00", "Training")
    said = trueup("pending", "bill", "Ann", "--net-days", "14").said
    assert said == "INV-000002: 59.50 EUR"
    assert json.loads(trueup("pending", "list", "--json").out) == []
    assert "INV-000002" in trueup("pending", "list", "--all").said
    assert "nothing_pending" in trueup("pending", "bill", "Ann").said
