"""Customers, credits and coupons by command: made, set right, and seen in the next bill."""

from __future__ import annotations

import json

import pytest
from tests.service.cli.command_line import CommandLine


@pytest.fixture
def trueup(tmp_path, database_url):
    made = CommandLine(tmp_path, database_url)
    made("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE", "--no-tax")
    return made


@pytest.fixture
def subscription(trueup):
    trueup("customer", "create", "Ann", "--currency", "EUR", "--email", "ann@example.com")
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "20.00", "--at", "2020-01-01")
    return trueup("subscription", "start", "Ann", "pro", "--at", "2026-01-01").out.strip()


def said(ended):
    return json.loads(ended.out)


def test_a_customer_is_made_and_found_by_name(trueup):
    where = ("--address", "Gasse 1", "--city", "Wien", "--postal-code", "1010", "--country", "AT")
    identity = trueup(
        "customer", "create", "Eva", "--currency", "EUR", *where, "--vat-number", "ATU12345675"
    ).out.strip()
    shown = said(trueup("customer", "show", "Eva", "--json"))
    assert (shown["customer_id"], shown["city"], shown["authority"]) == (identity, "Wien", "target")
    assert [row["value"] for row in shown["tax_identities"]] == ["ATU12345675"]
    assert "Gasse 1, 1010 Wien, AT" in trueup("customer", "show", "Eva").said


def test_a_closed_customer_is_meant_only_where_no_other_is(trueup):
    again = ("customer", "create", "Bob", "--currency", "EUR")
    first = json.loads(trueup(*again, "--json").out)["customer_id"]
    assert trueup("customer", "close", first).status == 0
    assert json.loads(trueup("customer", "show", "Bob", "--json").out)["customer_id"] == first
    second = json.loads(trueup(*again, "--json").out)["customer_id"]
    assert json.loads(trueup("customer", "show", "Bob", "--json").out)["customer_id"] == second
    trueup(*again)
    assert "customer_ambiguous" in trueup("customer", "show", "Bob").said


def test_a_customer_is_set_right_and_the_rest_stays(trueup, subscription):
    assert subscription
    trueup("customer", "change", "ann@example.com", "--country", "FR")
    shown = said(trueup("customer", "show", "Ann", "--json"))
    assert (shown["country"], shown["email"]) == ("FR", "ann@example.com")


def test_a_tax_number_on_file_is_renewed_not_repeated(trueup, subscription):
    assert subscription
    trueup("customer", "tax-id", "Ann", "DE123456789")
    trueup("customer", "tax-id", "Ann", "DE123456789", "--evidence", "answer-7")
    (number,) = said(trueup("customer", "show", "Ann", "--json"))["tax_identities"]
    assert number["evidence"] == "answer-7"


def test_what_was_parked_is_billed_once_the_customer_is_set_right(tmp_path, database_url):
    trueup = CommandLine(tmp_path, database_url)
    trueup("bill", "entity", "de", "--name", "Acme GmbH", "--country", "DE")
    trueup("customer", "create", "Bob", "--currency", "EUR")
    trueup("plan", "create", "pro")
    trueup("plan", "price", "pro", "--currency", "EUR", "--amount", "20.00", "--at", "2020-01-01")
    trueup("subscription", "start", "Bob", "pro", "--at", "2026-01-01")
    run = ("bill", "run", "--until", "2026-01-02", "--json")
    assert (said(trueup(*run))["parked"], said(trueup(*run))["invoices"]) == (1, 0)
    trueup("customer", "change", "Bob", "--country", "DE")
    mended = said(trueup(*run))
    assert (mended["parked"], mended["totals"]) == (
        0,
        [{"currency": "EUR", "total": {"amount": "23.80", "currency": "EUR"}}],
    )


def test_a_credit_settles_the_next_invoice_and_is_in_the_books(trueup, subscription):
    assert subscription
    trueup("credit", "grant", "Ann", "5.00", "--at", "2025-12-31", "--reason", "goodwill")
    trueup("bill", "run", "--until", "2026-01-02")
    (invoice,) = said(trueup("bill", "list", "--json"))
    assert (invoice["total"]["amount"], invoice["credited"]["amount"]) == ("20.00", "5.00")
    (left,) = said(trueup("credit", "list", "--customer", "Ann", "--json"))
    assert left["remaining"] == {"amount": "0.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("terms", "totals"),
    [
        (("--percent", "25", "--times", "2"), [15, 15, 20]),
        (("--amount", "30.00", "--times", "1"), [0, 10, 20]),  # what is left is carried (B44)
        (("--percent", "100", "--charge", "other"), [20, 20, 20]),
    ],
)
def test_a_coupon_is_off_the_bills_it_was_given_for(trueup, subscription, terms, totals):
    trueup("coupon", "give", subscription, "HELLO", "--at", "2026-01-01", *terms)
    trueup("bill", "run", "--until", "2026-03-02")
    listed = said(trueup("bill", "list", "--json"))
    billed = sorted(listed, key=lambda row: row["issued_at"])
    assert [row["total"]["amount"] for row in billed] == [f"{each}.00" for each in totals]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (
            ("customer", "create", "X", "--currency", "EUR", "--country", "de"),
            3,
            "country_misspelt",
        ),
        (
            ("customer", "create", "X", "--currency", "EUR", "--time-zone", "Mars/X"),
            3,
            "time_zone_unknown",
        ),
        (
            ("customer", "create", "4111 1111 1111 1111", "--currency", "EUR"),
            3,
            "card_number_found",
        ),
        (("customer", "change", "Nobody", "--country", "DE"), 3, "customer_unknown"),
        (("customer", "change", "Ann"), 2, "name something to change"),
        (("credit", "grant", "Ann", "0"), 3, "credit_not_positive"),
        (("credit", "grant", "Ann", "5", "--until", "2020-01-01"), 3, "credit_expired"),
        (("credit", "grant", "Ann", "5", "--at", "2999-01-01"), 3, "credit_ahead"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(trueup, subscription, arguments, status, told):
    assert subscription
    ended = trueup(*arguments)
    assert (ended.status, told in ended.said) == (status, True)


@pytest.mark.parametrize(
    ("terms", "status", "told"),
    [
        ((), 2, "either --percent or --amount"),
        (("--percent", "5", "--amount", "5"), 2, "either --percent or --amount"),
        (("--percent", "12.345"), 3, "coupon_too_fine"),
        (("--percent", "101"), 3, "coupon_needs_one_kind"),
        (("--percent", "5", "--times", "0"), 3, "coupon_uses_out_of_range"),
    ],
)
def test_a_coupon_without_sense_is_refused(trueup, subscription, terms, status, told):
    ended = trueup("coupon", "give", subscription, "HELLO", *terms)
    assert (ended.status, told in ended.said) == (status, True)
    assert said(trueup("coupon", "list", subscription, "--json")) == []
